"""The queue of pairs that wait for a person, the longest waiting first; and the merges that can be looked at (DP9).

A pair of which one client is merged with somebody else waits no longer; undo that merge, and it waits again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic
from pharmacy.records.review_pairs import State, Verdict
from pharmacy.records.review_sample import IN_SAMPLE

MERGES_SHOWN = 50


@dataclass(frozen=True)
class Waiting:
    """A practice, how many pairs wait there, since when the first of them, and how many clients are merged. Of `unsure`
    of those that wait somebody has said that they are not sure."""

    id: str
    name: str
    pairs: int
    oldest: datetime | None
    merged: int
    unsure: int = 0


@dataclass(frozen=True)
class Recent:
    """A decision that stands and can be taken back, with the names of the two."""

    decision: int
    link: int
    decided: Verdict
    was: State
    by: str
    at: datetime
    imported: str
    home: str


@dataclass(frozen=True)
class Merge:
    """A merge that stands. `by` is None if the rules made it."""

    number: int
    imported: str
    imported_id: str
    home: str
    home_id: str
    score: float
    by: str | None
    at: datetime


async def everywhere(engine: AsyncEngine) -> list[Waiting]:
    """All practices that have pairs or merges, the one where somebody has waited longest first."""
    # Counts for the whole team and no client's data: therefore across clinics.
    async with engine.begin() as connection:
        await connection.execute(_WHOLE)
        return [Waiting(**row) for row in (await connection.execute(_EVERYWHERE)).mappings()]


async def waiting(engine: AsyncEngine, practice: str) -> Waiting:
    """The same of one practice. Raises `LookupError` if it is not known."""
    async with clinic(engine, practice) as connection:
        await connection.execute(_WHOLE)
        row = (await connection.execute(_HERE, {"practice": practice})).mappings().first()
    if row is None:
        raise LookupError(f"There is no practice {practice}.")
    return Waiting(**row)


async def next_pair(engine: AsyncEngine, practice: str, *, checking: bool = False) -> int | None:
    """The number of the pair to decide next: those of which somebody was not sure come last.

    `checking`: automatic merges of the sample are mixed in, in an order that tells nothing.
    """
    async with clinic(engine, practice) as connection:
        await connection.execute(_WHOLE)
        found: int | None = await connection.scalar(_NEXT_MIXED if checking else _NEXT, {"practice": practice})
    return found


async def recent(engine: AsyncEngine, practice: str, limit: int = 5) -> list[Recent]:
    """The last decisions that stand, the latest first."""
    async with clinic(engine, practice) as connection:
        await connection.execute(_WHOLE)
        found = await connection.execute(_RECENT, {"practice": practice, "limit": limit})
        return [Recent(**row) for row in found.mappings()]


async def merges(engine: AsyncEngine, practice: str, said: str = "", before: int | None = None) -> list[Merge]:
    """Merges that stand, the latest first; of those whose names or ids contain `said`, and older than `before`."""
    like = "%" + said.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    given = {"practice": practice, "said": like, "before": before, "limit": MERGES_SHOWN}
    async with clinic(engine, practice) as connection:
        await connection.execute(_WHOLE)
        return [Merge(**row) for row in (await connection.execute(_MERGES, given)).mappings()]


_WAITS = """l.state = 'review'
    AND NOT EXISTS (SELECT FROM client_links m
        WHERE m.practice = l.practice AND m.client = l.client AND m.state = 'merged')
    AND NOT EXISTS (SELECT FROM client_links m
        WHERE m.practice = l.practice AND m.home_client = l.home_client AND m.state = 'merged')"""
_WHOLE = text("SET LOCAL enable_nestloop = off")
"""Just after a large feed the database has not counted its rows yet. It would take row by row, each with a search
through all others (more than 30 s for 20,000 links); each table read once as a whole takes a tenth of a second.
"""
_NAMES = """coalesce(nullif(concat_ws(' ', c.given_name, c.surname), ''), c.id) AS imported,
    coalesce(nullif(concat_ws(' ', h.given_name, h.surname), ''), h.id) AS home"""
_SIDES = """JOIN clients c ON c.practice = l.practice AND c.id = l.client
    JOIN home_clients h ON h.practice = l.practice AND h.id = l.home_client"""
# The last time that somebody was not sure; what was taken back counts for nothing.
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
        FROM client_links l WHERE {_WAITS} GROUP BY l.practice
    ) w ON w.practice = p.id
    LEFT JOIN (
        SELECT practice, count(*) AS merged FROM client_links WHERE state = 'merged' GROUP BY practice
    ) m ON m.practice = p.id
    WHERE {where}
    ORDER BY w.oldest NULLS LAST, p.name
    """  # noqa: S608 - our own words


_EVERYWHERE = text(_counts("w.pairs > 0 OR m.merged > 0"))
_HERE = text(_counts("p.id = :practice"))
_NEXT = text(
    f"""
    SELECT l.number FROM client_links l {_SKIPPED}
    WHERE l.practice = :practice AND {_WAITS}
    ORDER BY skipped.number NULLS FIRST, l.at, l.number LIMIT 1
    """  # noqa: S608 - our own words
)
_NEXT_MIXED = text(
    f"""
    SELECT l.number FROM client_links l {_SKIPPED}
    WHERE l.practice = :practice AND (({_WAITS}) OR l.number IN ({IN_SAMPLE}))
    ORDER BY skipped.number NULLS FIRST, md5(l.practice || l.number), l.number LIMIT 1
    """  # noqa: S608 - our own words
)
_RECENT = text(
    f"""
    SELECT d.number AS decision, l.number AS link, d.decided, d.was, d.by, d.at, {_NAMES}
    FROM link_decisions d JOIN client_links l ON l.number = d.link {_SIDES}
    WHERE d.practice = :practice AND d.undoes IS NULL
        AND NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number)
        AND NOT EXISTS (
            SELECT FROM link_decisions e WHERE e.practice = d.practice AND e.link = d.link AND e.number > d.number
            AND e.undoes IS NULL AND NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = e.number)
        )
    ORDER BY d.number DESC LIMIT :limit
    """  # noqa: S608 - our own words
)
_MERGES = text(
    f"""
    SELECT l.number, c.id AS imported_id, h.id AS home_id, l.score, l.by, l.at, {_NAMES}
    FROM client_links l {_SIDES}
    WHERE l.practice = :practice AND l.state = 'merged' AND (CAST(:before AS bigint) IS NULL OR l.number < :before)
        AND concat_ws(' ', c.id, c.given_name, c.surname, h.id, h.given_name, h.surname) ILIKE :said
    ORDER BY l.number DESC LIMIT :limit
    """  # noqa: S608 - our own words
)
