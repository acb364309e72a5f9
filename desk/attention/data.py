"""What of the practices' data needs a person: feeds that ask, pairs of clients to review, differences held back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.item import Action, Need
from integrations.registry import BRINGS_DATA, INTEGRATIONS
from pharmacy.records.overview import (
    OpenDecisions,
    StoppedFeed,
    practices_with_open_differences,
    practices_with_pairs_to_review,
    stopped_feeds,
)
from playbooks.engine.listed import Row
from playbooks.engine.states import STATUSES
from playbooks.registry import PLAYBOOKS
from store.journal.listing import Filter, list_onboardings

MOST = 1_000
"""Pairs and differences are counted up to here."""
FEEDS = 100
CONNECTED = tuple(name for name, each in INTEGRATIONS.items() if each.feed)
"""The playbooks that connect a practice, and keep it connected."""


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
    ids = [f"{playbook}/{practice}" for practice in practices for playbook in PLAYBOOKS]
    wanted = Filter(ids=ids, status=STATUSES)
    found = await list_onboardings(engine, wanted, order="newest", limit=20 * len(ids)) if ids else []
    owners: dict[str, Row] = {}
    # Several may have ended at a practice: the latest counts, and one that is open before all that ended.
    for row in sorted(found, key=lambda row: (row.playbook not in CONNECTED, row.closed_at is not None)):
        owners.setdefault(row.practice, row)
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
    identity = owner.id if owner else BRINGS_DATA.onboarding(practice)
    assignee = owner.assignee if owner else None
    return {"id": identity, "practice": practice, "practice_name": name, "assignee": assignee}


def _counted(count: int, one: str, many: str) -> str:
    if count >= MOST:
        return f"{MOST:,} or more {many}"
    return f"{count:,} {one if count == 1 else many}"
