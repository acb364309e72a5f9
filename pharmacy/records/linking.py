"""Imported clients meet the home-delivery clients (DP9): what merging proposes becomes links, and the feed is in."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

from sqlalchemy import TextClause, func, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge import Animal, Decision, Person, Proposal, match
from pharmacy.records.clinic import clinic
from pharmacy.records.feeds import change, forget, locked
from pharmacy.records.tables import CLIENT_VALUES

PORTION = 2_000
"""Clients who are fetched at once. Merging reads them as a stream, so that there may be any number."""

EARLIER = "The client came with an earlier feed and was not merged then; a person decides."


async def link(engine: AsyncEngine, practice: str, number: int) -> None:
    """Links clients to home-delivery clients who are not merged yet, and ends the feed.

    Only clients who came with this feed are merged; an earlier one who turns out to fit waits for a person. The
    links and the end are one transaction: whoever is interrupted begins this step anew.
    """
    proposals = await propose(engine, practice, number)
    async with clinic(engine, practice) as connection:
        row = await locked(connection, practice, number)
        if row.state != "linking":
            return
        merged, to_review = await _write(connection, practice, proposals, row)
        await connection.execute(_SEEN, {"practice": practice, "feed": number, "at": row.made_at, "scope": row.scope})
        await change(
            connection, practice, number, state="done", finished_at=func.now(), merged=merged, to_review=to_review
        )
        await forget(connection, practice, number)


async def propose(engine: AsyncEngine, practice: str, number: int) -> list[Proposal]:
    """What merging makes of the feed's new clients, and of those who could be mistaken for one of them."""
    loop = asyncio.get_running_loop()
    async with clinic(engine, practice) as connection:
        given = {"practice": practice, "feed": number}
        if not await connection.scalar(_NEW, given):
            return []
        home = [person async for part in _people(connection, _HOME, given) for person in part]
        if not home:
            return []
        decided = await connection.execute(_DECIDED, given)
        different = {(each.home_client, each.client) for each in decided}
        portions = _people(connection, _IMPORTED, given)
        given_up = threading.Event()

        def imported() -> Iterator[Person]:
            """Runs in the thread that merges; meanwhile the loop that we wait in fetches the next portion."""
            coming = asyncio.run_coroutine_threadsafe(_next(portions), loop)
            while not given_up.is_set() and (part := coming.result()):
                coming = asyncio.run_coroutine_threadsafe(_next(portions), loop)
                yield from part

        try:
            # Practices keep one card a household now and then, under whoever came: there another given name is another
            # person, however rarely two clients share a house.
            return await asyncio.to_thread(match, home, imported, different=different, strict=True)
        finally:
            # A worker that is told to end does not wait for a thread that merges for nobody.
            given_up.set()


async def _write(connection: AsyncConnection, practice: str, proposals: list[Proposal], row: Any) -> tuple[int, int]:
    """Makes links of the proposals; returns how many are merged and to be reviewed. Whoever is linked stays so."""
    states: Counter[str] = Counter()
    for start in range(0, len(proposals), PORTION):
        found = [
            {
                "client": proposal.imported,
                "home_client": proposal.existing,
                "state": "merged" if proposal.decision is Decision.MERGE else "review",
                "score": proposal.score,
                "reasons": proposal.reasons,
            }
            for proposal in proposals[start : start + PORTION]
        ]
        given = {"practice": practice, "feed": row.number, "at": row.started_at, "found": json.dumps(found)}
        given["earlier"] = EARLIER
        states.update((await connection.execute(_LINK, given)).scalars())
    return states["merged"], states["review"]


async def _people(connection: AsyncConnection, query: TextClause, given: dict[str, Any]) -> AsyncIterator[list[Person]]:
    async with connection.stream(query, given, execution_options={"yield_per": PORTION}) as found:
        async for part in found.partitions():
            yield [_person(row) for row in part]


async def _next(portions: AsyncIterator[list[Person]]) -> list[Person]:
    return await anext(portions, [])


def _person(row: Any) -> Person:
    animals = zip(row.names or (), row.species or (), row.breeds or (), strict=True)
    patients = tuple(Animal(name, species or "", breed or "") for name, species, breed in animals if name)
    told: dict[str, str] = {name: getattr(row, name) or "" for name in CLIENT_VALUES}
    return Person(row.id, **told, patients=patients)


_NEW = text("SELECT new_clients FROM feeds WHERE practice = :practice AND number = :feed")
_VALUES = ", ".join(f"c.{name}" for name in CLIENT_VALUES)
_HOME = text(
    f"""
    SELECT c.id, {_VALUES}, p.names, p.species, p.breeds
    FROM home_clients c LEFT JOIN LATERAL (
        SELECT array_agg(name) AS names, array_agg(species) AS species, array_agg(breed) AS breeds
        FROM home_patients p WHERE p.practice = :practice AND p.client = c.id
    ) p ON true
    WHERE c.practice = :practice AND NOT EXISTS (
        SELECT FROM client_links l WHERE l.practice = :practice AND l.home_client = c.id AND l.state = 'merged'
    )
    """  # noqa: S608 - names of our own columns
)
# With the new ones come those who share a name, a telephone or an e-mail address with one of them, and those who wait
# for review: rivals have to be seen, and a number that many have is no evidence. At the first import everybody is new.
_IMPORTED = text(
    f"""
    WITH new AS MATERIALIZED (
        SELECT lower(surname) AS surname, phone, email FROM clients WHERE practice = :practice AND feed = :feed
    )
    SELECT c.id, {_VALUES}, p.names, p.species, p.breeds
    FROM clients c LEFT JOIN LATERAL (
        SELECT array_agg(name) AS names, array_agg(species) AS species, array_agg(breed) AS breeds
        FROM patients p WHERE p.practice = :practice AND p.client = c.id
    ) p ON true
    WHERE c.practice = :practice AND NOT EXISTS (
        SELECT FROM client_links l WHERE l.practice = :practice AND l.client = c.id AND l.state = 'merged'
    ) AND (
        c.feed = :feed OR lower(c.surname) IN (SELECT surname FROM new)
        OR c.phone IN (SELECT phone FROM new) OR c.email IN (SELECT email FROM new)
        OR c.id IN (SELECT l.client FROM client_links l WHERE l.practice = :practice AND l.state = 'review')
    )
    """  # noqa: S608 - names of our own columns
)
_DECIDED = text(
    "SELECT home_client, client FROM client_links WHERE practice = :practice AND state IN ('different', 'undone')"
)
# Of the earlier clients not all are here: what one of them agrees in may seem rarer than it is, and a rival be unseen.
_LINK = text(
    """
    INSERT INTO client_links (practice, client, home_client, state, score, reasons, feed, at)
    SELECT :practice, f.client, f.home_client,
        CASE WHEN c.feed = :feed THEN f.state ELSE 'review' END, f.score,
        CASE WHEN c.feed = :feed OR f.state = 'review' THEN f.reasons ELSE CAST(:earlier AS text) || f.reasons END,
        :feed, :at
    FROM jsonb_to_recordset(CAST(:found AS jsonb))
        AS f(client text, home_client text, state text, score float, reasons text[])
    JOIN clients c ON c.practice = :practice AND c.id = f.client
    ON CONFLICT DO NOTHING RETURNING state
    """
)
_SEEN = text(
    """
    UPDATE differences d SET last_feed = :feed, last_seen = :at
    WHERE practice = :practice AND state IN ('open', 'asked') AND last_feed < :feed AND :scope = 'full'
    """
)
