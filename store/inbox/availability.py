"""When we could hear: the web server says so every minute, and what lies between is a gap (DP10).

While we could not hear, no silence of a practice counts: it may have called, and nobody was there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once

EVERY = timedelta(minutes=1)
"""How often the web server says that it is there."""
GAP = timedelta(minutes=5)
"""So long without a word of it, and it was not there."""
KEPT = timedelta(days=400)


@dataclass(frozen=True)
class Gap:
    begin: datetime
    end: datetime


async def hear(engine: AsyncEngine) -> None:
    """Says that events can be taken now. Any number of processes may: what counts is that one can."""
    async with at_once(engine) as connection:
        await connection.execute(_HEAR, {"gap": GAP, "kept": KEPT})


async def gaps(engine: AsyncEngine, since: datetime) -> list[Gap]:
    """The gaps since a time, the present one included. Before it first said anything nobody knows, and nothing counts
    as a gap."""
    async with at_once(engine) as connection:
        rows = await connection.execute(_GAPS, {"since": since, "gap": GAP})
        return [Gap(begin, end) for begin, end in rows]


async def waiting(engine: AsyncEngine, onboarding: str) -> int:
    """How many events about a practice wait in the inbox to be recorded."""
    async with at_once(engine) as connection:
        return await connection.scalar(_WAITING, {"onboarding": onboarding}) or 0


# One stretch goes on for as long as anybody speaks; after a gap a new one begins.
_HEAR = text(
    """
    WITH old AS (DELETE FROM availability WHERE seen_at < now() - :kept),
    going_on AS (
        UPDATE availability SET seen_at = now()
        WHERE begin_at = (SELECT begin_at FROM availability ORDER BY seen_at DESC LIMIT 1) AND seen_at > now() - :gap
        RETURNING begin_at
    )
    INSERT INTO availability (begin_at, seen_at) SELECT now(), now() WHERE NOT EXISTS (SELECT FROM going_on)
    ON CONFLICT DO NOTHING
    """
)

_GAPS = text(
    """
    WITH heard AS (
        SELECT begin_at, seen_at FROM availability
        UNION ALL SELECT now(), now() WHERE EXISTS (SELECT FROM availability)
    ), before AS (
        SELECT begin_at AS ends, max(seen_at) OVER (
            ORDER BY begin_at, seen_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS begins
        FROM heard
    )
    SELECT begins, ends FROM before WHERE ends - begins > :gap AND ends > :since ORDER BY begins
    """
)

_WAITING = text("SELECT count(*) FROM inbox WHERE onboarding = :onboarding AND state = 'new'")
