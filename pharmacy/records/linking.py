"""Imported clients meet the home-delivery clients (DP9): what merging proposes becomes links, and the feed is in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge.proposal import Decision, Proposal
from pharmacy.records import link_statements, statements
from pharmacy.records.clinic import alone, clinic
from pharmacy.records.feeds import change, forget, locked
from pharmacy.records.proposing import merged_by_rules, propose

PORTION = 2_000
EARLIER = "The client came with an earlier feed and was not merged then; a person decides."
DOUBTED = "These two were merged; now somebody else fits as well, so a person decides."


async def link(engine: AsyncEngine, practice: str, number: int) -> None:
    """Links clients to home-delivery clients, and ends the feed.

    Only clients who came with this feed are merged; an earlier one who turns out to fit waits for a person, and so does
    a merge of the rules that is in doubt now. The links and the end are one transaction: whoever is interrupted begins
    this step anew.
    """
    proposals = await propose(engine, practice, number)
    async with clinic(engine, practice) as connection:
        row = await locked(connection, practice, number)
        if row.state != "linking":
            return
        merged, to_review = await _write(connection, practice, proposals, row)
        await connection.execute(
            statements.SEEN_AGAIN, {"practice": practice, "feed": number, "at": row.made_at, "scope": row.scope}
        )
        await change(
            connection, practice, number, state="done", finished_at=func.now(), merged=merged, to_review=to_review
        )
        await forget(connection, practice, number)


async def _write(connection: AsyncConnection, practice: str, proposals: list[Proposal], row: Any) -> tuple[int, int]:
    """Makes links of the proposals; returns how many are merged and to be reviewed. What people decided stays."""
    await alone(connection, f"links {practice}")
    given = {"practice": practice, "feed": row.number, "at": row.started_at}
    merged = set(await merged_by_rules(connection, practice))
    doubted = [each for each in proposals if (each.existing, each.imported) in merged and _is_review(each)]
    states: Counter[str] = Counter()
    for found in _portions(doubted):
        states["review"] += (
            await connection.execute(link_statements.DOUBT, {**given, "found": found, "doubted": DOUBTED})
        ).rowcount
    for found in _portions(proposals):
        states.update(
            (await connection.execute(link_statements.ADD, {**given, "found": found, "earlier": EARLIER})).scalars()
        )
    return states["merged"], states["review"]


def _is_review(proposal: Proposal) -> bool:
    return proposal.decision is Decision.REVIEW


def _portions(proposals: list[Proposal]) -> Iterator[str]:
    """The proposals as the statements take them."""
    for start in range(0, len(proposals), PORTION):
        yield json.dumps(
            [
                {
                    "client": each.imported,
                    "home_client": each.existing,
                    "state": "review" if _is_review(each) else "merged",
                    "score": each.score,
                    "reasons": each.reasons,
                }
                for each in proposals[start : start + PORTION]
            ]
        )
