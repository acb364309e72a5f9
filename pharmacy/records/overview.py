"""An overview of all practices' data for the team: states and counts, and nothing of any client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once

MAX_PRACTICES = 500


@dataclass(frozen=True)
class PracticeData:
    """A practice's data. `watch_state` is the feed watch's state since `since`, None before it begins.

    `last_made_at` is when its last feed was made, by the practice's clock, and `last_imported_at` when one was last
    imported, by ours. `stopped_feed` is the number of a feed that waits for a person, and `question` its question.
    `importing`: a feed is being imported. `differing` counts the open differences.
    """

    id: str
    name: str
    watch_state: str | None
    since: datetime | None
    last_made_at: datetime | None
    last_imported_at: datetime | None
    stopped_feed: int | None
    question: str | None
    importing: bool
    differing: int


async def practices_with_data(engine: AsyncEngine) -> list[PracticeData]:
    """Returns all practices with data or a feed watch: those that need a person first, then by name."""
    async with at_once(engine) as connection:
        return [PracticeData(**row) for row in (await connection.execute(_ALL, {"limit": MAX_PRACTICES})).mappings()]


@dataclass(frozen=True)
class StoppedFeed:
    """A feed that stopped, its question for a person, and since when it waits."""

    id: str
    name: str
    number: int
    question: str
    since: datetime


async def count_stopped_feeds(engine: AsyncEngine) -> int:
    async with at_once(engine) as connection:
        return await connection.scalar(text("SELECT count(*) FROM feeds WHERE state = 'asking'")) or 0


async def stopped_feeds(engine: AsyncEngine, limit: int, practice: str | None = None) -> list[StoppedFeed]:
    """Returns the feeds that wait for a person, oldest first; of all practices, or of one."""
    async with at_once(engine) as connection:
        rows = await connection.execute(_STOPPED, {"limit": limit, "practice": practice})
        return [StoppedFeed(**row) for row in rows.mappings()]


@dataclass(frozen=True)
class OpenDecisions:
    """How many differences or pairs of a practice wait for a decision, and since when."""

    id: str
    name: str
    count: int
    since: datetime


async def practices_with_open_differences(
    engine: AsyncEngine, limit: int, practice: str | None = None
) -> list[OpenDecisions]:
    """Returns the practices with open differences, counted up to `limit` in all (DP13); of all practices, or of one."""
    async with at_once(engine) as connection:
        rows = await connection.execute(_OPEN_DIFFERENCES, {"limit": limit, "practice": practice})
        return [OpenDecisions(**row) for row in rows.mappings()]


async def practices_with_pairs_to_review(
    engine: AsyncEngine, limit: int, practice: str | None = None
) -> list[OpenDecisions]:
    """Returns the practices with pairs to review, counted up to `limit` in all (DP9); of all practices, or of one."""
    async with engine.connect() as connection:
        # Just after a large feed PostgreSQL plans as if the tables were small, and would read them whole.
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        rows = await connection.execute(_TO_REVIEW, {"limit": limit, "practice": practice})
        return [OpenDecisions(**row) for row in rows.mappings()]


_OPEN_DIFFERENCES = text(
    """
    SELECT p.id, p.name, d.count, d.since FROM practices p JOIN (
        SELECT practice, count(*) AS count, min(first_seen) AS since FROM (
            SELECT practice, first_seen FROM differences WHERE state IN ('open', 'asked')
                AND (CAST(:practice AS text) IS NULL OR practice = :practice) LIMIT :limit
        ) waiting GROUP BY practice
    ) d ON d.practice = p.id
    ORDER BY p.name, p.id
    """
)
# Subqueries for each pair, not joins: the merged links are many and need not be read.
_TO_REVIEW = text(
    """
    SELECT p.id, p.name, d.count, d.since FROM practices p JOIN (
        SELECT practice, count(*) AS count, min(at) AS since FROM (
            SELECT practice, client, home_client, at FROM client_links WHERE state = 'review'
                AND (CAST(:practice AS text) IS NULL OR practice = :practice) LIMIT :limit
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
    SELECT p.id, p.name, f.number, f.why AS question, f.received_at AS since
    FROM feeds f JOIN practices p ON p.id = f.practice
    WHERE f.state = 'asking' AND (CAST(:practice AS text) IS NULL OR p.id = :practice)
    ORDER BY f.received_at, p.id LIMIT :limit
    """
)
_ALL = text(
    """
    SELECT coalesce(p.id, w.practice) AS id, coalesce(p.name, w.practice_name) AS name, w.state AS watch_state,
        w.since, w.feed_at AS last_made_at, f.last_imported_at, a.number AS stopped_feed, a.why AS question,
        coalesce(f.importing, false) AS importing, coalesce(d.differing, 0) AS differing
    FROM practices p FULL JOIN watched_feeds w ON w.practice = p.id
    LEFT JOIN (
        SELECT practice, max(finished_at) FILTER (WHERE state = 'done') AS last_imported_at,
            bool_or(state NOT IN ('done', 'refused', 'asking')) AS importing
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
