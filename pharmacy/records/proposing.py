"""What merging makes of a feed's clients, before anything is written (DP9): who is compared with whom."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge.candidates import Candidates
from pharmacy.merge.match import make_proposals
from pharmacy.merge.people import Person, people_from_json
from pharmacy.merge.processes import Searcher, candidate_searchers
from pharmacy.merge.proposal import Proposal
from pharmacy.records.clinic import clinic

PORTION = 2_000
"""Clients who are fetched at once. Merging reads them as a stream, so that there may be any number."""

WORTH_PROCESSES = 10_000
"""So many new clients take longer to search for than helper processes take to start."""
MOST_PROCESSES = 2
"""Each has the home-delivery clients in its memory."""


async def propose(engine: AsyncEngine, practice: str, number: int) -> list[Proposal]:
    """Proposals for the feed's new clients and for fresh home-delivery clients, and for those whom they bring in doubt.

    Fresh are home-delivery clients who were entered, or freed from a wrong merge, since the feed before. Practices keep
    one card a household now and then, under whoever came: so another given name is another person, however rarely two
    clients share a house.
    """
    async with clinic(engine, practice) as connection:
        given = {"practice": practice, "feed": number}
        new = await connection.scalar(_HOW_MANY, given) or 0
        fresh = set((await connection.execute(_FRESH, given)).scalars())
        home = [written async for part in _written(connection, _HOME, given) for written in part]
        if not home or not (new or fresh):
            return []
        people = await asyncio.to_thread(people_from_json, home)
        different, merged = await _pairs(connection, _DECIDED, practice), await merged_by_rules(connection, practice)
        async with candidate_searchers(home, different, merged, helpers(new)) as free:
            found = await _found(free, _written(connection, _IMPORTED, given))
            unseen = _unseen(found, people, dict(merged))
            found.add(await _found(free, _written(connection, _THESE, {"practice": practice, "ids": unseen})))
        if merged:
            came = set((await connection.execute(_NEW, given)).scalars())
            for pair in found.pairs:
                pair.newly_compared = found.imported[pair.imported].id in came or people[pair.existing].id in fresh
    return await asyncio.to_thread(make_proposals, people, found)


def helpers(new_clients: int) -> int:
    """How many processes search for so many; none besides this one for few."""
    return min(MOST_PROCESSES, os.cpu_count() or 1) if new_clients > WORTH_PROCESSES else 0


def _unseen(found: Candidates, people: Sequence[Person], merged: dict[str, str]) -> list[str]:
    """Clients merged with one of those whom somebody may be, and not searched for yet."""
    seen = {person.id for person in found.imported}
    partners = {merged.get(people[pair.existing].id) for pair in found.pairs}
    return [each for each in partners if each is not None and each not in seen]


async def _found(searchers: list[Searcher], portions: AsyncIterator[Sequence[str]]) -> Candidates:
    """What is found in the portions, which are fetched only as fast as they are searched."""
    free, busy = list(searchers), dict[asyncio.Task[Candidates], Searcher]()
    tasks: list[asyncio.Task[Candidates]] = []
    try:
        async for part in portions:
            if not free:
                done, _ = await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                    free.append(busy.pop(task))
            searcher = free.pop()
            tasks.append(asyncio.create_task(searcher.find(part)))
            busy[tasks[-1]] = searcher
        whole = Candidates()
        for task in tasks:
            whole.add(await task)
        return whole
    finally:
        for task in tasks:
            task.cancel()


async def merged_by_rules(connection: AsyncConnection, practice: str) -> list[tuple[str, str]]:
    """Home-delivery client and client of each merge that no person made or confirmed."""
    return await _pairs(connection, _MERGED, practice)


async def _pairs(connection: AsyncConnection, query: TextClause, practice: str) -> list[tuple[str, str]]:
    found = await connection.execute(query, {"practice": practice})
    return [(each.home_client, each.client) for each in found]


async def _written(
    connection: AsyncConnection, query: TextClause, given: dict[str, Any]
) -> AsyncIterator[Sequence[str]]:
    """People as `read_written` reads them."""
    async with connection.stream(query, given, execution_options={"yield_per": PORTION}) as found:
        async for part in found.scalars().partitions(PORTION):
            yield part


_FIELDS = ", ".join(f"coalesce(c.{field.name}, '')" for field in fields(Person) if field.name not in ("id", "patients"))
_ANIMAL = "json_build_array(p.name, coalesce(p.species, ''), coalesce(p.breed, ''))"


def _told(patients: str) -> str:
    """A client as JSON, with the patients who stand in this table."""
    return (
        f"CAST(json_build_array(c.id, {_FIELDS}, (SELECT json_agg({_ANIMAL}) FROM {patients} p "  # noqa: S608 - names of our own columns
        "WHERE p.practice = :practice AND p.client = c.id)) AS text)"
    )


BY_THE_RULES = """l.state = 'merged' AND l.by IS NULL AND NOT EXISTS (
        SELECT FROM link_decisions d WHERE d.practice = :practice AND d.link = l.number AND d.decided = 'same'
        AND NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number)
    )"""
"""A merge `l` that no person made or confirmed."""
_BY_A_PERSON = f"l.practice = :practice AND l.state = 'merged' AND NOT ({BY_THE_RULES})"
_BEFORE = "(SELECT max(started_at) FROM feeds WHERE practice = :practice AND state = 'done')"
_FRESH_ONES = f"""
    SELECT h.id FROM home_clients h WHERE h.practice = :practice AND h.created_at > {_BEFORE}
    UNION SELECT l.home_client FROM link_decisions d JOIN client_links l ON l.number = d.link
    WHERE d.practice = :practice AND d.became = 'undone' AND d.at > {_BEFORE}
"""  # noqa: S608 - our own texts
_HOW_MANY = text("SELECT new_clients FROM feeds WHERE practice = :practice AND number = :feed")
_NEW = text("SELECT id FROM clients WHERE practice = :practice AND feed = :feed")
_FRESH = text(_FRESH_ONES)
_HOME = text(
    f"""
    SELECT {_told("home_patients")} FROM home_clients c
    WHERE c.practice = :practice AND NOT EXISTS (
        SELECT FROM client_links l WHERE l.home_client = c.id AND {_BY_A_PERSON}
    )
    """  # noqa: S608 - our own texts
)
# With the new ones come those who share a name, a telephone or an e-mail address with one of them, and those who wait
# for review: rivals have to be seen, and a number that many have is no evidence. At the first import everybody is new.
_IMPORTED = text(
    f"""
    WITH fresh AS MATERIALIZED (
        SELECT surname, phone, email FROM clients WHERE practice = :practice AND feed = :feed
        UNION ALL SELECT surname, phone, email FROM home_clients WHERE practice = :practice AND id IN ({_FRESH_ONES})
    )
    SELECT {_told("patients")} FROM clients c
    WHERE c.practice = :practice AND NOT EXISTS (
        SELECT FROM client_links l WHERE l.client = c.id AND {_BY_A_PERSON}
    ) AND (
        c.feed = :feed OR lower(c.surname) IN (SELECT lower(surname) FROM fresh)
        OR c.phone IN (SELECT phone FROM fresh) OR c.email IN (SELECT email FROM fresh)
        OR c.id IN (SELECT l.client FROM client_links l WHERE l.practice = :practice AND l.state = 'review')
    )
    """  # noqa: S608 - our own texts
)
_THESE = text(f"SELECT {_told('patients')} FROM clients c WHERE c.practice = :practice AND c.id = ANY(:ids)")  # noqa: S608
_DECIDED = text(
    "SELECT home_client, client FROM client_links WHERE practice = :practice AND state IN ('different', 'undone')"
)
_MERGED = text(f"SELECT home_client, client FROM client_links l WHERE l.practice = :practice AND {BY_THE_RULES}")  # noqa: S608
