"""Applies a staged feed, links its clients to home-delivery clients (DP9), and ends it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge.processes import Helpers, helper_processes
from pharmacy.merge.proposal import Decision, Proposal
from pharmacy.records import link_statements, statements
from pharmacy.records.apply import BATCH_ROWS, apply_rows
from pharmacy.records.clinic import clinic_transaction, lock
from pharmacy.records.feeds import allow_long_statements, delete_content, lock_feed, update_feed
from pharmacy.records.matching import automatic_merges, home_search, process_count
from pharmacy.records.staging import Heartbeat
from pharmacy.sharing.persons import join_feed, join_pets

PROPOSALS_PER_STATEMENT = 2_000
EARLIER_FEED = "The client came with an earlier feed and was not merged then; a person decides."
MERGE_IN_DOUBT = "These two were merged; now somebody else fits as well, so a person decides."


async def apply_and_link(
    engine: AsyncEngine, practice: str, number: int, heartbeat: Heartbeat, batch: int = BATCH_ROWS
) -> None:
    """Applies a staged feed, joins clients with sister clinics' (RS4), links them to home-delivery ones, and ends it.

    Only clients of this feed are merged. An earlier one that turns out to match waits for a person, and so does an
    automatic merge that is now in doubt. Continues where it was interrupted.
    """
    row = await apply_rows(engine, practice, number, "client", heartbeat, batch)
    if row.state not in ("applying", "linking"):
        return
    async with (
        helper_processes(process_count(row.new_clients)) as helpers,
        _meanwhile(_join(engine, practice, number, helpers)) as joined,
    ):
        await apply_rows(engine, practice, number, "patient", heartbeat, batch)
        async with clinic_transaction(engine, practice) as connection:
            row = await lock_feed(connection, practice, number)
            if row.state == "linking":
                merged, to_review = await _link(connection, practice, row, helpers)
                # What is joined is committed first: to join again changes nothing.
                await joined
                await join_pets(connection, practice, number)
                ended = {"state": "done", "finished_at": func.now(), "merged": merged, "to_review": to_review}
                await update_feed(connection, practice, number, **ended)


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Does this work while the block runs, as a task, which has ended after it."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _join(engine: AsyncEngine, practice: str, number: int, helpers: Helpers) -> None:
    async with clinic_transaction(engine, practice) as connection:
        await allow_long_statements(connection)
        await join_feed(connection, practice, number, helpers)


async def _link(connection: AsyncConnection, practice: str, row: Any, helpers: Helpers) -> tuple[int, int]:
    """Links the feed's clients to home-delivery clients. Returns how many are merged with them, and to be reviewed."""
    async with home_search(connection, practice, row.number, row.new_clients, helpers) as home:
        found = await helpers.find(home.numbers, home.imported())
        counts = await _write(connection, practice, await home.propose(found, helpers), row)
    given = {"practice": practice, "feed": row.number, "at": row.made_at, "scope": row.scope}
    await connection.execute(statements.SEEN_AGAIN, given)
    await delete_content(connection, practice, row.number)
    return counts


async def _write(connection: AsyncConnection, practice: str, proposals: list[Proposal], row: Any) -> tuple[int, int]:
    """Turns the proposals into links, except where a person decided. Returns how many are merged and to be reviewed."""
    await lock(connection, f"links {practice}")
    parameters = {"practice": practice, "feed": row.number, "at": row.started_at}
    merged = set(await automatic_merges(connection, practice))
    in_doubt = [each for each in proposals if (each.existing, each.imported) in merged and _is_review(each)]
    states: Counter[str] = Counter()
    for chunk in _as_json(in_doubt):
        given = {**parameters, "proposals": chunk, "doubted": MERGE_IN_DOUBT}
        states["review"] += (await connection.execute(link_statements.DOUBT, given)).rowcount
    for chunk in _as_json(proposals):
        given = {**parameters, "proposals": chunk, "earlier": EARLIER_FEED}
        states.update((await connection.execute(link_statements.ADD, given)).scalars())
    return states["merged"], states["review"]


def _is_review(proposal: Proposal) -> bool:
    return proposal.decision is Decision.REVIEW


def _as_json(proposals: list[Proposal]) -> Iterator[str]:
    """Yields the proposals in chunks, as the statements take them."""
    for start in range(0, len(proposals), PROPOSALS_PER_STATEMENT):
        yield json.dumps(
            [
                {
                    "client": each.imported,
                    "home_client": each.existing,
                    "state": "review" if _is_review(each) else "merged",
                    "score": each.score,
                    "reasons": each.reasons,
                }
                for each in proposals[start : start + PROPOSALS_PER_STATEMENT]
            ]
        )
