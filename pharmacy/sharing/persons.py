"""Joins the clients of several clinics who are one person, by the rules of merging (RS4, DP9).

A clinic sees each person once: certain pairs become one client; likely ones wait for a person to decide.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Row, TextClause, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.merge.candidates import Candidates
from pharmacy.merge.match import make_proposals
from pharmacy.merge.processes import Helpers, helper_processes
from pharmacy.merge.proposal import Decision, Proposal
from pharmacy.records.clinic import also_as
from pharmacy.records.matching import CHUNK_ROWS
from pharmacy.sharing.near import IN_FEED, NEW_PEOPLE, OF_IDS, PEOPLE, New
from pharmacy.sharing.tables import person_links

BY_HAND = "Joined by a person"
SAME_PRACTICE = "Another client of the same clinic is this person already; a person decides."

Client = Row[Any]
Pair = tuple[str, str]
T = TypeVar("T")


class View(NamedTuple):
    """What some clinics see alike: the keys of other clinics' clients, the ids of new ones, and who searches them."""

    clinics: list[str]
    others: list[str]
    new: list[str]
    number: int


@dataclass(frozen=True)
class SisterSearch:
    """The search for new clients of a practice among those of other clinics, once for the clinics that see the same."""

    connection: AsyncConnection
    practice: str
    views: list[View]

    @property
    def numbers(self) -> list[int]:
        return [view.number for view in self.views]

    def imported(self) -> AsyncGenerator[Sequence[str]]:
        """Yields the new clients to search for, as `people_of` takes them in JSON."""
        new = sorted({id for view in self.views for id in view.new})
        return _people(self.connection, NEW_PEOPLE, [(self.practice, id) for id in new])

    async def join(self, found: Sequence[Candidates]) -> None:
        """Joins certain pairs, and notes likely ones for a person to decide."""
        for view, candidates in zip(self.views, found, strict=True):
            proposals = await asyncio.to_thread(make_proposals, view.others, candidates)
            joined = await _join_certain(self.connection, self.practice, proposals)
            await _add_links(self.connection, self.practice, view.clinics, proposals, joined)


async def join_everywhere(connection: AsyncConnection, practice: str, ids: Sequence[str]) -> None:
    """Joins clients who were just added or taken with those of other clinics, wherever both are seen."""
    given = {"practice": practice, "ids": list(ids)}
    async with helper_processes() as helpers, _search(connection, OF_IDS, given, helpers) as search:
        await search.join(await helpers.find(search.numbers, search.imported()))


@asynccontextmanager
async def sister_search(
    connection: AsyncConnection, practice: str, feed: int, helpers: Helpers
) -> AsyncIterator[SisterSearch]:
    """Begins the search for the new clients of a feed. Afterwards joins new patients of clients who were joined before.

    To do so again changes nothing.
    """
    given = {"practice": practice, "feed": feed}
    async with _search(connection, IN_FEED, given, helpers) as search:
        yield search
    await connection.execute(_NEW_PETS_IN_FEED, given)


@asynccontextmanager
async def _search(
    connection: AsyncConnection, new: New, given: dict[str, Any], helpers: Helpers
) -> AsyncIterator[SisterSearch]:
    search = SisterSearch(connection, given["practice"], [])
    members = (await connection.execute(new.members, given)).scalars().all()
    if not members:
        yield search
        return
    async with also_as(connection, *members), AsyncExitStack() as stack:
        rows = (await connection.execute(new.near, given)).all()
        circles = {row.circle: row.members for row in await connection.execute(_CIRCLES)}
        apart = defaultdict[str, set[Pair]](set)
        for row in await connection.execute(new.different, given):
            apart[row.clinic].add((row.one, row.other))
        # Clinics that see the same have it compared once.
        here = {row.circle for row in rows}
        views = defaultdict[tuple[frozenset[str], frozenset[Pair]], list[str]](list)
        for clinic in members:
            seen = frozenset(circle for circle in here if clinic in circles[circle])
            views[seen, frozenset(apart[clinic])].append(clinic)
        for (seen, different), clinics in views.items():
            others, ids, same = _split(given["practice"], [row for row in rows if row.circle in seen])
            if others:
                people = [person async for chunk in _people(connection, PEOPLE, others) for person in chunk]
                begun = helpers.search(people, different | same, (), ids)
                number = await stack.enter_async_context(begun)
                search.views.append(View(clinics, [_key(row) for row in others], ids, number))
        yield search


def _split(practice: str, seen: Sequence[Client]) -> tuple[list[Client], list[str], set[Pair]]:
    """Returns the clients of others, each person once, the new ones of the practice, and who is one person already."""
    new = [row for row in seen if row.practice == practice]
    joined = {row.person: row.id for row in new if row.person}
    others = {row.person or _key(row): row for row in reversed(seen) if row.practice != practice}.values()
    same = {(_key(row), joined[row.person]) for row in others if row.person in joined}
    return list(others), [row.id for row in new], same


async def _people(
    connection: AsyncConnection, people: TextClause, clients: Sequence[Sequence[Any]]
) -> AsyncGenerator[Sequence[str]]:
    """Yields these clients, of whom each begins with practice and ID, in chunks of JSON as `people_of` takes it."""
    for chunk in _chunks(clients):
        keys = {"practices": [row[0] for row in chunk], "ids": [row[1] for row in chunk]}
        yield (await connection.execute(people, keys)).scalars().all()


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + CHUNK_ROWS] for start in range(0, len(rows), CHUNK_ROWS))


async def _join_certain(connection: AsyncConnection, practice: str, proposals: Sequence[Proposal]) -> dict[Pair, bool]:
    """Joins those whom the rules are certain of. Returns whether each pair is one person now."""
    certain = [(each.existing, each.imported) for each in proposals if each.decision is Decision.MERGE]
    joined: dict[Pair, bool] = {}
    for pairs in _chunks(certain):
        given = [[*one.split(" ", 1), practice, other] for one, other in pairs]
        rows = await connection.execute(_JOIN, {"pairs": json.dumps(given)})
        joined |= dict(zip(pairs, rows.scalars(), strict=True))
    return joined


async def _add_links(
    connection: AsyncConnection,
    practice: str,
    clinics: Sequence[str],
    proposals: Sequence[Proposal],
    joined: dict[Pair, bool],
) -> None:
    links = []
    for each in proposals:
        is_joined = joined.get((each.existing, each.imported))
        reasons = [*([SAME_PRACTICE] if is_joined is False else []), *each.reasons]
        decided = ("same" if is_joined else "review", each.score, reasons)
        links.append((*each.existing.split(" ", 1), practice, each.imported, *decided))
    for chunk in _chunks(links):
        given = {"links": json.dumps([dict(zip(_LINK, link, strict=True)) for link in chunk])}
        await connection.execute(_ADD_LINKS, given | {"clinics": list(clinics)})


def _key(row: Client) -> str:
    return f"{row.practice} {row.id}"


_CIRCLES = text("SELECT circle, members_of(circle) AS members FROM unnest(own_circles()) circle")
_JOIN = text("SELECT joined FROM join_all(cast(:pairs AS jsonb)) WITH ORDINALITY j (joined, n) ORDER BY n")
_NEW_PETS_IN_FEED = text(
    "SELECT same_animals(array_agg(DISTINCT c.person)) FROM patients p JOIN clients c "
    "ON c.practice = p.practice AND c.id = p.client "
    "WHERE p.practice = :practice AND p.feed = :feed AND c.feed <> p.feed AND c.person IS NOT NULL "
    "AND (SELECT cardinality(own_circles()) > 1)"
)
_LINK = ("practice", "id", "other_practice", "other_id", "state", "score", "reasons")
# The two are locked once, not for each clinic.
_ADD_LINKS = text(
    f"""
    WITH pair AS MATERIALIZED (
        SELECT l.* FROM jsonb_populate_recordset(NULL::person_links, cast(:links AS jsonb)) l
        JOIN clients one ON one.practice = l.practice AND one.id = l.id
        JOIN clients other ON other.practice = l.other_practice AND other.id = l.other_id FOR KEY SHARE OF one, other
    )
    INSERT INTO person_links (clinic, {", ".join(_LINK)}) SELECT each, {", ".join(_LINK)}
    FROM pair, unnest(cast(:clinics AS text[])) each ON CONFLICT DO NOTHING
    """  # noqa: S608 - constants
)


async def settle_link(connection: AsyncConnection, pair: Mapping[str, str], same: bool, by: str) -> None:
    """Records what a person decided about a pair, given by the key of its link; the rules need not have found it."""
    decided = {"state": "same" if same else "different", "by": by, "at": func.now()}
    link = insert(person_links).values({**pair, **decided, "score": 0, "reasons": [BY_HAND]})
    await connection.execute(link.on_conflict_do_update(index_elements=list(pair), set_=decided))
