"""Matches a feed's clients with the home-delivery clients, without writing anything (DP9)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.merge.candidates import Candidates
from pharmacy.merge.match import make_proposals
from pharmacy.merge.people import Person
from pharmacy.merge.processes import Helpers
from pharmacy.merge.proposal import Proposal

CHUNK_ROWS = 2_000
"""Clients fetched and searched at once. They are read as a stream, so there may be any number."""

MIN_CLIENTS_FOR_PROCESSES = 10_000
"""For more new clients, helper processes save more time than they take to start."""
MAX_PROCESSES = 2
"""Each has all home-delivery clients in memory."""


@dataclass(frozen=True)
class HomeSearch:
    """The search for a feed's clients among the home-delivery clients; `numbers` is empty if there is nothing to do.

    `home` are their ids, `new_home` those of new ones: added, or freed from a wrong merge, since the previous feed.
    """

    connection: AsyncConnection
    given: dict[str, Any]
    home: Sequence[str] = ()
    new_home: frozenset[str] = frozenset()
    merged: Sequence[tuple[str, str]] = ()
    numbers: Sequence[int] = ()

    def imported(self) -> AsyncGenerator[Sequence[str]]:
        """Yields the clients to search for, all new ones among them, as `people_of` takes them in JSON."""
        return stream_people(self.connection, _IMPORTED, self.given)

    async def propose(self, found: Sequence[Candidates], helpers: Helpers) -> list[Proposal]:
        """Returns proposals for the feed's new clients, new home-delivery clients, and merges that they put in doubt.

        The exception from M1 is never made: practices keep one card per household now and then, under whoever came.
        """
        if not found:
            return []
        [candidates] = found
        if partners := _unsearched_partners(candidates, self.home, dict(self.merged)):
            others = stream_people(self.connection, _BY_ID, self.given | {"ids": partners})
            candidates.add(*await helpers.find(self.numbers, others))
        if self.merged:
            new = set((await self.connection.execute(_NEW_CLIENTS, self.given)).scalars())
            for pair in candidates.pairs:
                imported, existing = candidates.imported[pair.imported], self.home[pair.existing]
                pair.newly_compared = imported in new or existing in self.new_home
        return await asyncio.to_thread(make_proposals, self.home, candidates)


@asynccontextmanager
async def home_search(
    connection: AsyncConnection, practice: str, feed: int, new_clients: int, helpers: Helpers
) -> AsyncIterator[HomeSearch]:
    """Begins the search, and ends it with the block."""
    given = {"practice": practice, "feed": feed}
    new_home = frozenset((await connection.execute(_NEW_HOME, given)).scalars())
    home = (await connection.execute(_HOME, given)).all() if new_clients or new_home else ()
    if not home:
        yield HomeSearch(connection, given)
        return
    different, merged = await _pairs(connection, _DECIDED, practice), await automatic_merges(connection, practice)
    ids, people = zip(*home, strict=True)
    async with helpers.search(people, different, merged) as number:
        yield HomeSearch(connection, given, ids, new_home, merged, [number])


def process_count(new_clients: int) -> int:
    """Returns how many helper processes to use; 0 for few clients."""
    return min(MAX_PROCESSES, os.cpu_count() or 1) if new_clients > MIN_CLIENTS_FOR_PROCESSES else 0


def _unsearched_partners(candidates: Candidates, home: Sequence[str], merged: dict[str, str]) -> list[str]:
    """Returns the ids of clients that are merged with a candidate, but were not searched themselves."""
    searched = set(candidates.imported)
    partners = {merged.get(home[pair.existing]) for pair in candidates.pairs}
    return [id for id in partners if id is not None and id not in searched]


async def automatic_merges(connection: AsyncConnection, practice: str) -> list[tuple[str, str]]:
    """Returns home-delivery client and client of each merge that no person made or confirmed."""
    return await _pairs(connection, _MERGED, practice)


async def _pairs(connection: AsyncConnection, query: TextClause, practice: str) -> list[tuple[str, str]]:
    rows = await connection.execute(query, {"practice": practice})
    return [(row.home_client, row.client) for row in rows]


async def stream_people(
    connection: AsyncConnection, query: TextClause, parameters: dict[str, Any]
) -> AsyncGenerator[Sequence[str]]:
    """Yields chunks of people, each person as `people_of` takes it, in JSON."""
    async with connection.stream(query, parameters, execution_options={"yield_per": CHUNK_ROWS}) as rows:
        async for chunk in rows.scalars().partitions(CHUNK_ROWS):
            yield chunk


_FIELDS = ", ".join(f"coalesce(c.{field.name}, '')" for field in fields(Person) if field.name not in ("id", "patients"))
PETS = "json_agg(json_build_array(p.name, coalesce(p.species, ''), coalesce(p.breed, '')))"


def person_json(patients: str, id: str = "c.id", practice: str = ":practice") -> str:
    """Returns SQL for a client `c` as JSON, with its patients from this table."""
    pets = f"(SELECT {PETS} FROM {patients} p WHERE p.practice = {practice} AND p.client = c.id)"  # noqa: S608 - constants
    return person_with(pets, id)


def person_with(pets: str, id: str = "c.id") -> str:
    """Returns SQL for a client `c` as JSON with these patients, aggregated as `PETS`."""
    return f"CAST(json_build_array({id}, {_FIELDS}, {pets}) AS text)"


IS_AUTOMATIC = """l.state = 'merged' AND l.by IS NULL AND NOT EXISTS (
        SELECT FROM link_decisions d WHERE d.practice = :practice AND d.link = l.number AND d.decided = 'same'
        AND NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number)
    )"""
"""SQL: `l` is a merge that no person made or confirmed."""
_BY_PERSON = f"l.practice = :practice AND l.state = 'merged' AND NOT ({IS_AUTOMATIC})"
_PREVIOUS_FEED = "(SELECT max(started_at) FROM feeds WHERE practice = :practice AND state = 'done')"
_NEW_HOME_IDS = f"""
    SELECT h.id FROM home_clients h WHERE h.practice = :practice AND h.created_at > {_PREVIOUS_FEED}
    UNION SELECT l.home_client FROM link_decisions d JOIN client_links l ON l.number = d.link
    WHERE d.practice = :practice AND d.became = 'undone' AND d.at > {_PREVIOUS_FEED}
"""  # noqa: S608 - constants
_NEW_CLIENTS = text("SELECT id FROM clients WHERE practice = :practice AND feed = :feed")
_NEW_HOME = text(_NEW_HOME_IDS)
_HOME = text(
    f"""
    SELECT c.id, {person_json("home_patients")} FROM home_clients c
    WHERE c.practice = :practice AND NOT EXISTS (
        SELECT FROM client_links l WHERE l.home_client = c.id AND {_BY_PERSON}
    )
    """  # noqa: S608 - constants
)
# New clients are compared together with those that share surname, telephone or e-mail address with one of them, or wait
# for review: they may be rivals (M11), and count for shared contacts (M13). At the first import all clients are new.
_IMPORTED = text(
    f"""
    WITH new_clients AS MATERIALIZED (
        SELECT surname, phone, email FROM clients WHERE practice = :practice AND feed = :feed
        UNION ALL SELECT surname, phone, email FROM home_clients WHERE practice = :practice AND id IN ({_NEW_HOME_IDS})
    )
    SELECT {person_json("patients")} FROM clients c
    WHERE c.practice = :practice AND NOT EXISTS (
        SELECT FROM client_links l WHERE l.client = c.id AND {_BY_PERSON}
    ) AND (
        c.feed = :feed OR lower(c.surname) IN (SELECT lower(surname) FROM new_clients)
        OR c.phone IN (SELECT phone FROM new_clients) OR c.email IN (SELECT email FROM new_clients)
        OR c.id IN (SELECT l.client FROM client_links l WHERE l.practice = :practice AND l.state = 'review')
    )
    """  # noqa: S608 - constants
)
_BY_ID = text(f"SELECT {person_json('patients')} FROM clients c WHERE c.practice = :practice AND c.id = ANY(:ids)")  # noqa: S608
_DECIDED = text(
    "SELECT home_client, client FROM client_links WHERE practice = :practice AND state IN ('different', 'undone')"
)
_MERGED = text(f"SELECT home_client, client FROM client_links l WHERE l.practice = :practice AND {IS_AUTOMATIC}")  # noqa: S608
