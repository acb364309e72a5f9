"""The queue of pairs that wait for review, oldest first; recent decisions; and the current merges (DP9).

A pair does not wait while one of its clients is merged with somebody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.review_pairs import DecisionKind, State
from pharmacy.records.review_sample import IN_SAMPLE

PER_PAGE = 50


@dataclass(frozen=True)
class PracticeQueue:
    """How many pairs of a practice wait, since when the oldest, and how many clients are merged.

    `unsure` counts the waiting pairs of which somebody was not sure.
    """

    id: str
    name: str
    pairs: int
    oldest: datetime | None
    merged: int
    unsure: int = 0


@dataclass(frozen=True)
class RecentDecision:
    """A decision that can be undone, with the names of the two, and what merging said of them."""

    decision: int
    link: int
    decided: DecisionKind
    was: State
    by: str
    at: datetime
    imported: str
    home: str
    reasons: list[str]


@dataclass(frozen=True)
class Merge:
    """A current merge. `by` is None if the rules made it."""

    number: int
    imported: str
    imported_id: str
    home: str
    home_id: str
    score: float
    by: str | None
    at: datetime


async def practice_queues(engine: AsyncEngine) -> list[PracticeQueue]:
    """Returns all practices that have pairs, merges or decisions, the one with the oldest pair first."""
    # Across clinics, since it counts and reads no client's data.
    async with engine.connect() as connection:
        await connection.execute(_NO_NESTED_LOOPS)
        return [PracticeQueue(**row) for row in (await connection.execute(_ALL_QUEUES)).mappings()]


async def practice_queue(engine: AsyncEngine, practice: str) -> PracticeQueue:
    """Returns one practice's queue. Raises `LookupError` if there is no such practice."""
    async with clinic_transaction(engine, practice) as connection:
        await connection.execute(_NO_NESTED_LOOPS)
        row = (await connection.execute(_ONE_QUEUE, {"practice": practice})).mappings().first()
    if row is None:
        raise LookupError(f"There is no practice {practice}.")
    return PracticeQueue(**row)


async def next_pair(engine: AsyncEngine, practice: str, *, checking: bool = False) -> int | None:
    """Returns the number of the pair to decide next; those of which somebody was not sure come last.

    With `checking`, sampled automatic merges are mixed in, in an order that gives nothing away.
    """
    async with clinic_transaction(engine, practice) as connection:
        await connection.execute(_NO_NESTED_LOOPS)
        number: int | None = await connection.scalar(_NEXT_MIXED if checking else _NEXT, {"practice": practice})
    return number


async def recent_decisions(
    engine: AsyncEngine, practice: str, query: str = "", before: int | None = None, limit: int = PER_PAGE
) -> list[RecentDecision]:
    """Returns the decisions that can be undone, newest first: those about pairs that `query` finds, as in
    `search_merges`; with `before`, of smaller numbers."""
    return [RecentDecision(**row) for row in await _page_of(engine, _RECENT, practice, query, before, limit)]


async def search_merges(engine: AsyncEngine, practice: str, query: str = "", before: int | None = None) -> list[Merge]:
    """Returns current merges, newest first, whose names or ids contain every word of `query`; with `before`, of smaller
    numbers."""
    return [Merge(**row) for row in await _page_of(engine, _MERGES, practice, query, before, PER_PAGE)]


async def _page_of(
    engine: AsyncEngine, statement: TextClause, practice: str, query: str, before: int | None, limit: int
) -> Sequence[RowMapping]:
    literally = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    words = [f"%{word}%" for word in literally.split()]
    parameters = {"practice": practice, "words": words, "before": before, "limit": limit}
    async with clinic_transaction(engine, practice) as connection:
        await connection.execute(_NO_NESTED_LOOPS)
        return (await connection.execute(statement, parameters)).mappings().all()


_IS_WAITING = """l.state = 'review'
    AND NOT EXISTS (SELECT FROM client_links m
        WHERE m.practice = l.practice AND m.client = l.client AND m.state = 'merged')
    AND NOT EXISTS (SELECT FROM client_links m
        WHERE m.practice = l.practice AND m.home_client = l.home_client AND m.state = 'merged')"""
_NO_NESTED_LOOPS = text("SET LOCAL enable_nestloop = off")
"""Just after a large feed PostgreSQL has no statistics, and its nested loops take more than 30 s for 20,000 links.
Reading each table once takes a tenth of a second."""
_NAMES = """coalesce(nullif(concat_ws(' ', c.given_name, c.surname), ''), c.id) AS imported,
    coalesce(nullif(concat_ws(' ', h.given_name, h.surname), ''), h.id) AS home"""
_SIDES = """JOIN clients c ON c.practice = l.practice AND c.id = l.client
    JOIN home_clients h ON h.practice = l.practice AND h.id = l.home_client"""
_FITS = """concat_ws(' ', c.id, c.given_name, c.surname, h.id, h.given_name, h.surname)
    ILIKE ALL (CAST(:words AS text[]))"""
# The last time that somebody was not sure, unless it was undone.
_SKIPPED = """LEFT JOIN (
        SELECT d.link, max(d.number) AS number FROM link_decisions d
        WHERE d.practice = :practice AND d.decided = 'not_sure'
        AND NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number)
        GROUP BY d.link
    ) skipped ON skipped.link = l.number"""


def _counts(where: str) -> str:
    return f"""
    SELECT p.id, p.name, coalesce(w.pairs, 0) AS pairs, w.oldest, coalesce(m.merged, 0) AS merged,
        coalesce(w.unsure, 0) AS unsure
    FROM practices p
    LEFT JOIN (
        SELECT l.practice, count(*) AS pairs, min(l.at) AS oldest, count(*) FILTER (WHERE l.number IN (
            SELECT d.link FROM link_decisions d WHERE d.decided = 'not_sure'
            AND NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number)
        )) AS unsure
        FROM client_links l WHERE {_IS_WAITING} GROUP BY l.practice
    ) w ON w.practice = p.id
    LEFT JOIN (
        SELECT practice, count(*) AS merged FROM client_links WHERE state = 'merged' GROUP BY practice
    ) m ON m.practice = p.id
    WHERE {where}
    ORDER BY w.oldest NULLS LAST, p.name
    """  # noqa: S608 - constants


_ALL_QUEUES = text(_counts("w.pairs > 0 OR m.merged > 0 OR p.id IN (SELECT practice FROM link_decisions)"))
_ONE_QUEUE = text(_counts("p.id = :practice"))
_NEXT = text(
    f"""
    SELECT l.number FROM client_links l {_SKIPPED}
    WHERE l.practice = :practice AND {_IS_WAITING}
    ORDER BY skipped.number NULLS FIRST, l.at, l.number LIMIT 1
    """  # noqa: S608 - constants
)
_NEXT_MIXED = text(
    f"""
    SELECT l.number FROM client_links l {_SKIPPED}
    WHERE l.practice = :practice AND (({_IS_WAITING}) OR l.number IN ({IN_SAMPLE}))
    ORDER BY skipped.number NULLS FIRST, md5(l.practice || l.number), l.number LIMIT 1
    """  # noqa: S608 - constants
)
_RECENT = text(
    f"""
    SELECT d.number AS decision, l.number AS link, d.decided, d.was, d.by, d.at, l.reasons, {_NAMES}
    FROM link_decisions d JOIN client_links l ON l.number = d.link {_SIDES}
    WHERE d.practice = :practice AND d.undoes IS NULL AND {_FITS}
        AND (CAST(:before AS bigint) IS NULL OR d.number < :before)
        AND NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number)
        AND NOT EXISTS (
            SELECT FROM link_decisions e WHERE e.practice = d.practice AND e.link = d.link AND e.number > d.number
            AND e.undoes IS NULL AND NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = e.number)
        )
    ORDER BY d.number DESC LIMIT :limit
    """  # noqa: S608 - constants
)
_MERGES = text(
    f"""
    SELECT l.number, c.id AS imported_id, h.id AS home_id, l.score, l.by, l.at, {_NAMES}
    FROM client_links l {_SIDES}
    WHERE l.practice = :practice AND l.state = 'merged' AND (CAST(:before AS bigint) IS NULL OR l.number < :before)
        AND {_FITS}
    ORDER BY l.number DESC LIMIT :limit
    """  # noqa: S608 - constants
)
