"""Imported clients meet the home-delivery clients (DP9): what merging proposes becomes links, and the feed is in."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import TextClause, func, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge import Decision, Person, Proposal
from pharmacy.merge.match import decide
from pharmacy.merge.people import read_written
from pharmacy.merge.processes import Searcher, searching
from pharmacy.merge.search import Found
from pharmacy.records.clinic import clinic
from pharmacy.records.feeds import change, forget, locked

PORTION = 2_000
"""Clients who are fetched at once. Merging reads them as a stream, so that there may be any number."""

WORTH_PROCESSES = 10_000
"""So many new clients take longer to search for than helper processes take to start."""
MOST_PROCESSES = 2
"""Each has the home-delivery clients in its memory."""

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
    """What merging makes of the feed's new clients, and of those who could be mistaken for one of them.

    Practices keep one card a household now and then, under whoever came. So another given name is another person,
    however rarely two clients share a house.
    """
    async with clinic(engine, practice) as connection:
        given = {"practice": practice, "feed": number}
        new = await connection.scalar(_NEW, given)
        if not new:
            return []
        home = [written async for part in _written(connection, _HOME, given) for written in part]
        if not home:
            return []
        decided = await connection.execute(_DECIDED, given)
        different = {(each.home_client, each.client) for each in decided}
        async with searching(home, different, helpers(new)) as free:
            found = await _found(free, _written(connection, _IMPORTED, given))
    return await asyncio.to_thread(lambda: decide(read_written(home), found))


def helpers(new_clients: int) -> int:
    """How many processes search for so many; none besides this one for few."""
    return min(MOST_PROCESSES, os.cpu_count() or 1) if new_clients > WORTH_PROCESSES else 0


async def _found(searchers: list[Searcher], portions: AsyncIterator[Sequence[str]]) -> Found:
    """What is found in the portions, which are fetched only as fast as they are searched."""
    free: asyncio.Queue[Searcher] = asyncio.Queue()
    for searcher in searchers:
        free.put_nowait(searcher)

    async def search(searcher: Searcher, part: Sequence[str]) -> Found:
        found = await searcher.find(part)
        free.put_nowait(searcher)
        return found

    tasks = []
    try:
        async with asyncio.TaskGroup() as group:
            async for part in portions:
                tasks.append(group.create_task(search(await free.get(), part)))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    whole = Found()
    for task in tasks:
        whole.add(task.result())
    return whole


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


async def _written(
    connection: AsyncConnection, query: TextClause, given: dict[str, Any]
) -> AsyncIterator[Sequence[str]]:
    """People as `read_written` reads them."""
    async with connection.stream_scalars(query, given, execution_options={"yield_per": PORTION}) as found:
        async for part in found.partitions(PORTION):
            yield part


_NEW = text("SELECT new_clients FROM feeds WHERE practice = :practice AND number = :feed")
_FIELDS = ", ".join(f"coalesce(c.{field.name}, '')" for field in fields(Person) if field.name not in ("id", "patients"))
_ANIMAL = "json_build_array(p.name, coalesce(p.species, ''), coalesce(p.breed, ''))"


def _told(patients: str) -> str:
    """The columns of a client, in JSON, with the patients who stand in this table."""
    return (
        f"CAST(json_build_array(c.id, {_FIELDS}, (SELECT json_agg({_ANIMAL}) FROM {patients} p "  # noqa: S608 - names of our own columns
        "WHERE p.practice = :practice AND p.client = c.id)) AS text)"
    )


_HOME = text(
    f"""
    SELECT {_told("home_patients")} FROM home_clients c
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
    SELECT {_told("patients")} FROM clients c
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
