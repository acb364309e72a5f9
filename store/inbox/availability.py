"""Availability of the webhook receiver: the web server records a heartbeat every minute (DP10).

Gaps count as our own downtime: a practice's silence during a gap does not count, because its events may be lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once

HEARTBEAT_INTERVAL = timedelta(minutes=1)
"""How often the web server records a heartbeat."""
MIN_GAP = timedelta(minutes=5)
"""A longer time without a heartbeat counts as downtime."""
KEPT = timedelta(days=400)


@dataclass(frozen=True)
class Gap:
    begin: datetime
    end: datetime


async def record_heartbeat(engine: AsyncEngine) -> None:
    """Records that events can be received now; any number of processes may."""
    async with at_once(engine) as connection:
        await connection.execute(_HEAR, {"gap": MIN_GAP, "kept": KEPT})


async def gaps(engine: AsyncEngine, since: datetime) -> list[Gap]:
    """Returns the gaps since a time, a present one included; the time before the first heartbeat counts as none."""
    async with at_once(engine) as connection:
        rows = await connection.execute(_GAPS, {"since": since, "gap": MIN_GAP})
        return [Gap(begin, end) for begin, end in rows]


async def waiting(engine: AsyncEngine, onboarding: str) -> int:
    """Counts the events of an onboarding that wait in the inbox."""
    async with at_once(engine) as connection:
        return await connection.scalar(_WAITING, {"onboarding": onboarding}) or 0


# A heartbeat prolongs the last period, or after a gap begins a new one.
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
