"""Applies a staged feed, links its clients to home-delivery clients (DP9), and ends it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any, TypeVar

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
from pharmacy.sharing.persons import SisterSearch, sister_search

T = TypeVar("T")
U = TypeVar("U")
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
    async with AsyncExitStack() as stack:
        helpers = await stack.enter_async_context(helper_processes(process_count(row.new_clients)))
        joining = await stack.enter_async_context(clinic_transaction(engine, practice))
        await allow_long_statements(joining)
        # Helpers prepare the comparison with sister clinics' clients while PostgreSQL takes in the patients.
        _, sisters = await _both(
            apply_rows(engine, practice, number, "patient", heartbeat, batch),
            stack.enter_async_context(sister_search(joining, practice, number, helpers)),
        )
        async with clinic_transaction(engine, practice) as connection:
            row = await lock_feed(connection, practice, number)
            if row.state != "linking":
                return
            # What is joined is committed first: joining again changes nothing.
            async with stack.pop_all():
                merged, to_review = await _join_and_link(connection, practice, row, sisters, helpers)
            await update_feed(
                connection, practice, number, state="done", finished_at=func.now(), merged=merged, to_review=to_review
            )


async def _join_and_link(
    connection: AsyncConnection, practice: str, row: Any, sisters: SisterSearch, helpers: Helpers
) -> tuple[int, int]:
    """Does both at once: neither reads what the other writes, and each new client is read once for both.

    Returns how many are merged with home-delivery clients, and to be reviewed.
    """
    async with home_search(connection, practice, row.number, row.new_clients, helpers) as home:
        imported = home.imported() if home.numbers else sisters.imported()
        found = await helpers.find([*home.numbers, *sisters.numbers], imported)
        of_home, of_sisters = found[: len(home.numbers)], found[len(home.numbers) :]

        async def link() -> tuple[int, int]:
            counts = await _write(connection, practice, await home.propose(of_home, helpers), row)
            given = {"practice": practice, "feed": row.number, "at": row.made_at, "scope": row.scope}
            await connection.execute(statements.SEEN_AGAIN, given)
            await delete_content(connection, practice, row.number)
            return counts

        counts, _ = await _both(link(), sisters.join(of_sisters))
    return counts


async def _both(one: Coroutine[Any, Any, T], other: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Awaits two at the same time. If the first fails, the other has ended too."""
    task = asyncio.create_task(other)
    try:
        return await one, await task
    finally:
        task.cancel()
        await asyncio.wait([task])


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
