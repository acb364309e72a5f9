"""Joins the clients of several clinics who are one person, by the rules of merging (RS4, DP9).

A clinic sees each person once: certain pairs become one client; likely ones wait for a person to decide.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Row, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.merge.match import make_proposals
from pharmacy.merge.processes import Helpers, helper_processes
from pharmacy.merge.proposal import Decision, Proposal
from pharmacy.records.clinic import also_as
from pharmacy.records.matching import CHUNK_ROWS, stream_people
from pharmacy.sharing.near import IN_FEED, OF_IDS, PEOPLE, New
from pharmacy.sharing.tables import person_links

BY_HAND = "Joined by a person"
SAME_PRACTICE = "Another client of the same clinic is this person already; a person decides."

Client = Row[Any]
Pair = tuple[str, str]
T = TypeVar("T")


class View(NamedTuple):
    """What some clinics see alike: other clinics' clients, the ids of new ones, and pairs that are not to be found.

    Of a pair, the other's key comes first: those whom a person told apart, and those who are one already.
    """

    clinics: list[str]
    others: list[Client]
    new: list[str]
    settled: frozenset[Pair]


async def join_everywhere(connection: AsyncConnection, practice: str, ids: Sequence[str]) -> None:
    """Joins clients who were just added or taken with those of other clinics, wherever both are seen."""
    async with helper_processes() as helpers:
        await _join(connection, OF_IDS, {"practice": practice, "ids": list(ids)}, helpers)


async def join_feed(connection: AsyncConnection, practice: str, feed: int, helpers: Helpers) -> None:
    """Joins the new clients of a feed, whose patients need not be in yet. To do so again changes nothing."""
    await _join(connection, IN_FEED, {"practice": practice, "feed": feed}, helpers)


async def join_pets(connection: AsyncConnection, practice: str, feed: int) -> None:
    """Joins the new patients of a feed with those of other clinics whose owners are joined."""
    await connection.execute(_NEW_PETS_IN_FEED, {"practice": practice, "feed": feed})


async def _join(connection: AsyncConnection, new: New, given: dict[str, Any], helpers: Helpers) -> None:
    """Joins certain pairs, and notes likely ones for a person to decide."""
    members = (await connection.execute(new.members, given)).scalars().all()
    if not members:
        return
    async with also_as(connection, *members), AsyncExitStack() as searches:
        views = await _views(connection, new, given, members)
        numbers = []
        for view in views:
            people = await _people(connection, view.others)
            numbers.append(await searches.enter_async_context(helpers.search(people, view.settled, (), view.new)))
        ids = list({id for view in views for id in view.new})
        found = await helpers.find(numbers, stream_people(connection, new.people, given | {"ids": ids}))
        for view, candidates in zip(views, found, strict=True):
            proposals = await asyncio.to_thread(make_proposals, [_key(row) for row in view.others], candidates)
            joined = await _join_certain(connection, given["practice"], proposals)
            await _add_links(connection, given["practice"], view.clinics, proposals, joined)


async def _views(connection: AsyncConnection, new: New, given: dict[str, Any], members: Sequence[str]) -> list[View]:
    """Returns what these clinics see; those that see the same have one view."""
    rows = (await connection.execute(new.near, given)).all()
    circles = {row.circle: row.members for row in await connection.execute(_CIRCLES)}
    apart = defaultdict[str, set[Pair]](set)
    for row in await connection.execute(new.different, given):
        apart[row.clinic].add((row.one, row.other))
    here = {row.circle for row in rows}
    clinics = defaultdict[tuple[frozenset[str], frozenset[Pair]], list[str]](list)
    for clinic in members:
        seen = frozenset(circle for circle in here if clinic in circles[circle])
        clinics[seen, frozenset(apart[clinic])].append(clinic)
    views = []
    for (seen, different), alike in clinics.items():
        others, ids, same = _split(given["practice"], [row for row in rows if row.circle in seen])
        if others:
            views.append(View(alike, others, ids, different | same))
    return views


def _split(practice: str, seen: Sequence[Client]) -> tuple[list[Client], list[str], set[Pair]]:
    """Returns the clients of others, each person once, the new ones of the practice, and who is one person already."""
    new = [row for row in seen if row.practice == practice]
    joined = {row.person: row.id for row in new if row.person}
    others = {row.person or _key(row): row for row in reversed(seen) if row.practice != practice}.values()
    same = {(_key(row), joined[row.person]) for row in others if row.person in joined}
    return list(others), [row.id for row in new], same


async def _people(connection: AsyncConnection, clients: Sequence[Client]) -> list[str]:
    """Returns these clients as `people_of` takes them, in JSON."""
    people: list[str] = []
    for chunk in _chunks(clients):
        keys = {"practices": [row.practice for row in chunk], "ids": [row.id for row in chunk]}
        people += (await connection.execute(PEOPLE, keys)).scalars()
    return people


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
    "WHERE p.practice = :practice AND p.feed = :feed AND c.person IS NOT NULL "
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
