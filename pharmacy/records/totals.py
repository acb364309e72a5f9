"""How the data of all practices stand: counts for the whole team, and nothing of any client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once

SHOWN = 500


@dataclass(frozen=True)
class Standing:
    """A practice's data. `health` is the watch's state, None before it begins, that since `since`; `heard_at` is when
    it last had a feed, by its own clock, and `last_at` when one was in, by ours. `asking` is a feed that waits for a
    person, `asks` its question; `moving` says whether one is being brought in, `differing` counts what waits."""

    id: str
    name: str
    health: str | None
    since: datetime | None
    heard_at: datetime | None
    last_at: datetime | None
    asking: int | None
    asks: str | None
    moving: bool
    differing: int


async def standings(engine: AsyncEngine) -> list[Standing]:
    """All practices with data or a watch: those that need a person first, then by name."""
    async with at_once(engine) as connection:
        return [Standing(**row) for row in (await connection.execute(_ALL, {"limit": SHOWN})).mappings()]


@dataclass(frozen=True)
class Stopped:
    """A feed that stopped, what it asks, and since when."""

    id: str
    name: str
    number: int
    asks: str
    since: datetime


async def asking(engine: AsyncEngine) -> int:
    """How many feeds stopped and wait for a person."""
    async with at_once(engine) as connection:
        return await connection.scalar(text("SELECT count(*) FROM feeds WHERE state = 'asking'")) or 0


async def stopped(engine: AsyncEngine, limit: int, of: str | None = None) -> list[Stopped]:
    """Feeds that wait for a person, the one that has waited longest first; of all practices, or of one."""
    async with at_once(engine) as connection:
        found = (await connection.execute(_STOPPED, {"limit": limit, "of": of})).mappings()
        return [Stopped(**row) for row in found]


@dataclass(frozen=True)
class Held:
    """How much of a practice's data waits for somebody's decision, and since when."""

    id: str
    name: str
    count: int
    since: datetime


async def held_back(engine: AsyncEngine, most: int, of: str | None = None) -> list[Held]:
    """Practices whose feeds say otherwise than we do, and where nobody has decided yet; counted up to `most` (DP13).

    Of all practices, or of one.
    """
    async with at_once(engine) as connection:
        return [Held(**row) for row in (await connection.execute(_HELD, {"most": most, "of": of})).mappings()]


async def to_review(engine: AsyncEngine, most: int, of: str | None = None) -> list[Held]:
    """Practices with pairs of clients that wait to be reviewed; counted up to `most` (DP9). Of all, or of one."""
    async with engine.begin() as connection:
        # Just after a large feed the database takes its tables for small, and would read them as a whole.
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        return [Held(**row) for row in (await connection.execute(_TO_REVIEW, {"most": most, "of": of})).mappings()]


_HELD = text(
    """
    SELECT p.id, p.name, d.count, d.since FROM practices p JOIN (
        SELECT practice, count(*) AS count, min(first_seen) AS since FROM (
            SELECT practice, first_seen FROM differences WHERE state IN ('open', 'asked')
                AND (CAST(:of AS text) IS NULL OR practice = :of) LIMIT :most
        ) waiting GROUP BY practice
    ) d ON d.practice = p.id
    ORDER BY p.name, p.id
    """
)
# Pair by pair and not joined: what is merged already is not read for it, however much that is.
_TO_REVIEW = text(
    """
    SELECT p.id, p.name, d.count, d.since FROM practices p JOIN (
        SELECT practice, count(*) AS count, min(at) AS since FROM (
            SELECT practice, client, home_client, at FROM client_links WHERE state = 'review'
                AND (CAST(:of AS text) IS NULL OR practice = :of) LIMIT :most
        ) l
        WHERE coalesce((SELECT false FROM client_links m WHERE m.practice = l.practice AND m.client = l.client
                AND m.state = 'merged' LIMIT 1), true)
            AND coalesce((SELECT false FROM client_links m WHERE m.practice = l.practice
                AND m.home_client = l.home_client AND m.state = 'merged' LIMIT 1), true)
        GROUP BY practice
    ) d ON d.practice = p.id
    ORDER BY p.name, p.id
    """
)
_STOPPED = text(
    """
    SELECT p.id, p.name, f.number, f.why AS asks, f.received_at AS since
    FROM feeds f JOIN practices p ON p.id = f.practice
    WHERE f.state = 'asking' AND (CAST(:of AS text) IS NULL OR p.id = :of) ORDER BY f.received_at, p.id LIMIT :limit
    """
)
_ALL = text(
    """
    SELECT coalesce(p.id, w.practice) AS id, coalesce(p.name, w.practice_name) AS name, w.state AS health, w.since,
        w.feed_at AS heard_at, f.last_at, a.number AS asking, a.why AS asks, coalesce(f.moving, false) AS moving,
        coalesce(d.differing, 0) AS differing
    FROM practices p FULL JOIN watched_feeds w ON w.practice = p.id
    LEFT JOIN (
        SELECT practice, max(finished_at) FILTER (WHERE state = 'done') AS last_at,
            bool_or(state NOT IN ('done', 'refused', 'asking')) AS moving
        FROM feeds GROUP BY practice
    ) f ON f.practice = p.id
    LEFT JOIN (
        SELECT DISTINCT ON (practice) practice, number, why FROM feeds WHERE state = 'asking' ORDER BY practice, number
    ) a ON a.practice = p.id
    LEFT JOIN (
        SELECT practice, count(*) AS differing FROM differences WHERE state IN ('open', 'asked') GROUP BY practice
    ) d ON d.practice = p.id
    ORDER BY a.number IS NULL, coalesce(w.state, '') NOT IN ('silent', 'reconnecting'), name, id LIMIT :limit
    """
)
