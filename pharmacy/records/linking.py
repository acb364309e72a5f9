"""Links imported clients to home-delivery clients (DP9), and ends the feed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge.processes import helper_processes
from pharmacy.merge.proposal import Decision, Proposal
from pharmacy.records import link_statements, statements
from pharmacy.records.clinic import clinic_transaction, lock
from pharmacy.records.feeds import delete_content, lock_feed, update_feed
from pharmacy.records.matching import automatic_merges, match_feed
from pharmacy.sharing.persons import join_feed

PROPOSALS_PER_STATEMENT = 2_000
EARLIER_FEED = "The client came with an earlier feed and was not merged then; a person decides."
MERGE_IN_DOUBT = "These two were merged; now somebody else fits as well, so a person decides."


async def link_feed(engine: AsyncEngine, practice: str, number: int) -> None:
    """Joins clients with sister clinics' (RS4), then links them to home-delivery clients and ends the feed at once.

    Only clients of this feed are merged. An earlier one that turns out to match waits for a person, and so does an
    automatic merge that is now in doubt.
    """
    proposals = await _join_and_match(engine, practice, number)
    async with clinic_transaction(engine, practice) as connection:
        row = await lock_feed(connection, practice, number)
        if row.state != "linking":
            return
        merged, to_review = await _write(connection, practice, proposals, row)
        await connection.execute(
            statements.SEEN_AGAIN, {"practice": practice, "feed": number, "at": row.made_at, "scope": row.scope}
        )
        await update_feed(
            connection, practice, number, state="done", finished_at=func.now(), merged=merged, to_review=to_review
        )
        await delete_content(connection, practice, number)


async def _join_and_match(engine: AsyncEngine, practice: str, number: int) -> list[Proposal]:
    """Does both at once: neither reads what the other writes, and one often waits for PostgreSQL."""
    async with helper_processes() as helpers:
        matching = asyncio.create_task(match_feed(engine, practice, number, helpers))
        try:
            await join_feed(engine, practice, number, helpers)
            return await matching
        finally:
            # It has to be done with the helpers before they end.
            matching.cancel()
            await asyncio.wait([matching])


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
