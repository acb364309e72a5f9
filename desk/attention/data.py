"""What of the practices' data needs a person: feeds that ask, pairs of clients to review, differences held back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.item import Action, Need
from pharmacy.records.overview import (
    OpenDecisions,
    StoppedFeed,
    practices_with_open_differences,
    practices_with_pairs_to_review,
    stopped_feeds,
)
from playbooks.datapoint_reconnection import RECONNECTION
from store.journal.listing import EVERY, list_onboardings
from store.journal.rows import Row

MOST = 1_000
"""Pairs and differences are counted up to here."""
FEEDS = 100
CONNECTED = ("datapoint", RECONNECTION.name)
"""The playbooks whose practices have data."""


async def undecided(engine: AsyncEngine, of: str | None = None) -> tuple[Need, ...]:
    """As of now; of all practices, or of one. Each belongs to who has the practice now: the open onboarding's assignee,
    or the one who connected it."""
    feeds = await stopped_feeds(engine, FEEDS, of)
    pairs = await practices_with_pairs_to_review(engine, MOST, of)
    differences = await practices_with_open_differences(engine, MOST, of)
    owners = await _owners(engine, {*(each.id for each in feeds), *(each.id for each in (*pairs, *differences))})
    return (
        *(_feed(each, owners.get(each.id)) for each in feeds),
        *(_pairs(each, owners.get(each.id)) for each in pairs),
        *(_differences(each, owners.get(each.id)) for each in differences),
    )


async def _owners(engine: AsyncEngine, practices: Collection[str]) -> dict[str, Row]:
    ids = [f"{playbook}/{practice}" for practice in practices for playbook in CONNECTED]
    found = await list_onboardings(engine, ids=ids, status=EVERY, order="newest", limit=20 * len(ids)) if ids else []
    owners: dict[str, Row] = {}
    for row in found:
        # Several may have ended at a practice: the latest counts, and one that is open before all that ended.
        if row.practice not in owners or (row.closed_at is None and owners[row.practice].closed_at):
            owners[row.practice] = row
    return owners


def _feed(feed: StoppedFeed, owner: Row | None) -> Need:
    place = f"/practices/{feed.id}/data"
    return Need(
        kind="feed",
        **_at(feed.id, feed.name, owner),
        why="Feed asks",
        tone="bad",
        text=f"Feed {feed.number} stopped: {feed.question}",
        todo="Ask the clinic whether that can be right; then take the feed in, or refuse it.",
        actions=(Action("Take it in, or refuse it", place),),
        since=feed.since,
    )


def _pairs(held: OpenDecisions, owner: Row | None) -> Need:
    many = _counted(held.count, "pair", "pairs")
    return Need(
        kind="pairs",
        **_at(held.id, held.name, owner),
        why=f"{many} to review",
        tone="calm",
        text="Imported clients who may be home-delivery clients; none is merged until somebody says so.",
        todo=f"Review {many} of clients.",
        actions=(Action("Review the pairs", f"/review/{held.id}"),),
        since=held.since,
    )


def _differences(held: OpenDecisions, owner: Row | None) -> Need:
    many = _counted(held.count, "difference", "differences")
    return Need(
        kind="differences",
        **_at(held.id, held.name, owner),
        why=f"{many} held back",
        tone="calm",
        text="The clinic says otherwise than we have on record; ours counts until somebody decides.",
        todo=f"Decide {many}.",
        actions=(Action("Decide the differences", f"/practices/{held.id}/differences"),),
        since=held.since,
    )


def _at(practice: str, name: str, owner: Row | None) -> dict[str, Any]:
    """Where it is, and whose."""
    identity = owner.id if owner else f"datapoint/{practice}"
    assignee = owner.assignee if owner else None
    return {"id": identity, "practice": practice, "practice_name": name, "assignee": assignee}


def _counted(count: int, one: str, many: str) -> str:
    if count >= MOST:
        return f"{MOST:,} or more {many}"
    return f"{count:,} {one if count == 1 else many}"
