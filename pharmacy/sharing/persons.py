"""Joins the clients of several clinics who are one person, by the rules of merging (RS4, DP9).

A clinic sees each person once: certain pairs become one client; likely ones wait for a person to decide.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Row, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge.match import make_proposals
from pharmacy.merge.people import people_from_json
from pharmacy.merge.processes import Helpers, helper_processes
from pharmacy.merge.proposal import Decision, Proposal
from pharmacy.records.clinic import also_as, clinic_transaction
from pharmacy.records.feeds import lock_feed
from pharmacy.records.matching import CHUNK_ROWS, process_count, search_candidates
from pharmacy.sharing.near import IN_FEED, OF_IDS, PEOPLE, New
from pharmacy.sharing.tables import person_links

BY_HAND = "Joined by a person"
SAME_PRACTICE = "Another client of the same clinic is this person already; a person decides."

Client = Row[Any]
Pair = tuple[str, str]
T = TypeVar("T")


class View(NamedTuple):
    """Other clinics' clients and new ones whom a clinic sees, and the pairs of them that are not compared."""

    others: list[Client]
    new: list[Client]
    apart: frozenset[Pair]


async def join_feed(engine: AsyncEngine, practice: str, number: int, helpers: Helpers) -> None:
    """Joins the new clients of a feed, and new patients of clients who were joined before. Again changes nothing."""
    given = {"practice": practice, "feed": number}
    async with clinic_transaction(engine, practice) as connection:
        if (await lock_feed(connection, practice, number)).state != "linking":
            return
        await _join(connection, IN_FEED, given, helpers)
        await connection.execute(_NEW_PETS_IN_FEED, given)


async def join_everywhere(connection: AsyncConnection, practice: str, ids: Sequence[str]) -> None:
    """Joins clients who were just added or taken with those of other clinics, wherever both are seen."""
    async with helper_processes() as helpers:
        await _join(connection, OF_IDS, {"practice": practice, "ids": list(ids)}, helpers)


async def _join(connection: AsyncConnection, new: New, given: dict[str, Any], helpers: Helpers) -> None:
    members = (await connection.execute(new.members, given)).scalars().all()
    if not members:
        return
    async with also_as(connection, *members):
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
            view = _view(given["practice"], [row for row in rows if row.circle in seen], different)
            proposals = await _compare(connection, view, helpers)
            joined = await _join_certain(connection, proposals)
            await _add_links(connection, clinics, proposals, joined)


def _view(practice: str, seen: Sequence[Client], apart: frozenset[Pair]) -> View:
    new = [row for row in seen if row.practice == practice]
    joined = {row.person: row for row in new if row.person}
    # Each person once.
    others = {row.person or _key(row): row for row in reversed(seen) if row.practice != practice}.values()
    same = {(_key(row), _key(joined[row.person])) for row in others if row.person in joined}
    return View(list(others), new, apart | same)


async def _compare(connection: AsyncConnection, view: View, helpers: Helpers) -> list[Proposal]:
    if not view.others:
        return []
    existing = [person async for chunk in _people(connection, view.others) for person in chunk]
    async with helpers.searchers(existing, view.apart, (), process_count(len(view.new))) as searchers:
        candidates = await search_candidates(searchers, _people(connection, view.new))
    return await asyncio.to_thread(lambda: make_proposals(people_from_json(existing), candidates))


async def _people(connection: AsyncConnection, clients: Sequence[Client]) -> AsyncIterator[Sequence[str]]:
    """Yields these clients in chunks, each as `people_from_json` takes it."""
    for chunk in _chunks(clients):
        keys = {"practices": [row.practice for row in chunk], "ids": [row.id for row in chunk]}
        yield (await connection.execute(PEOPLE, keys)).scalars().all()


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + CHUNK_ROWS] for start in range(0, len(rows), CHUNK_ROWS))


async def _join_certain(connection: AsyncConnection, proposals: Sequence[Proposal]) -> dict[Pair, bool]:
    """Joins those whom the rules are certain of. Returns whether each pair is one person now."""
    certain = [(each.existing, each.imported) for each in proposals if each.decision is Decision.MERGE]
    joined: dict[Pair, bool] = {}
    for pairs in _chunks(certain):
        given = [[*one.split(" ", 1), *other.split(" ", 1)] for one, other in pairs]
        rows = await connection.execute(_JOIN, {"pairs": json.dumps(given)})
        joined |= dict(zip(pairs, rows.scalars(), strict=True))
    return joined


async def _add_links(
    connection: AsyncConnection, clinics: Sequence[str], proposals: Sequence[Proposal], joined: dict[Pair, bool]
) -> None:
    links = []
    for each in proposals:
        is_joined = joined.get((each.existing, each.imported))
        reasons = [*([SAME_PRACTICE] if is_joined is False else []), *each.reasons]
        decided = ("same" if is_joined else "review", each.score, reasons)
        links.append((*each.existing.split(" ", 1), *each.imported.split(" ", 1), *decided))
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
_ADD_LINKS = text(
    f"INSERT INTO person_links (clinic, {', '.join(_LINK)}) SELECT each, {', '.join(_LINK)} "  # noqa: S608 - constants
    "FROM jsonb_populate_recordset(NULL::person_links, cast(:links AS jsonb)), unnest(cast(:clinics AS text[])) each "
    "ON CONFLICT DO NOTHING"
)


async def settle_link(connection: AsyncConnection, pair: Mapping[str, str], same: bool, by: str) -> None:
    """Records what a person decided about a pair, by the columns of its key; the rules need not have found it."""
    key = [each.name for each in person_links.primary_key]
    decided = {"state": "same" if same else "different", "by": by, "at": func.now()}
    new = {**{name: pair[name] for name in key}, **decided, "score": 0, "reasons": [BY_HAND]}
    link = insert(person_links).values(new)
    await connection.execute(link.on_conflict_do_update(index_elements=key, set_=decided))
