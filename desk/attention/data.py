"""Attention items that do not come from onboardings: of practices' data, and what integrations bring themselves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.item import Action, AttentionItem
from integrations.registry import BRINGS_DATA, INTEGRATIONS
from pharmacy.records import overview
from pharmacy.records.overview import OpenDecisions, StoppedFeed
from playbooks.engine.listed import Row
from playbooks.engine.states import STATUSES
from playbooks.registry import PLAYBOOKS
from store.journal.listing import Filter, list_onboardings

MOST = 1_000
"""Pairs and differences are counted up to here."""
FEEDS = 100
CONNECTED = tuple(name for name, each in INTEGRATIONS.items() if each.feed)
"""The playbooks that connect a practice, and keep it connected."""


async def data_items(engine: AsyncEngine, of: str | None = None) -> tuple[AttentionItem, ...]:
    """Returns the items of all practices, or of one.

    They are assigned to the assignee of the practice's open onboarding, else of the one that connected it.
    """
    feeds = await overview.stopped_feeds(engine, FEEDS, of)
    pairs = await overview.practices_with_pairs_to_review(engine, MOST, of)
    differences = await overview.practices_with_open_differences(engine, MOST, of)
    owners = await _owners(engine, {*(each.id for each in feeds), *(each.id for each in (*pairs, *differences))})
    return (
        *await _matters(engine, of),
        *(_feed(each, owners.get(each.id)) for each in feeds),
        *(_pairs(each, owners.get(each.id)) for each in pairs),
        *(_differences(each, owners.get(each.id)) for each in differences),
    )


async def _matters(engine: AsyncEngine, of: str | None) -> list[AttentionItem]:
    """Returns what needs a person by the integrations themselves, with the onboardings that connected the practices."""
    found: list[AttentionItem] = []
    for integration in INTEGRATIONS.values():
        if integration.matters is None or integration.console is None:
            continue
        matters = await integration.matters(engine, of)
        ids = [integration.onboarding(each.practice) for each in matters]
        wanted = Filter(ids=ids, status=STATUSES)
        rows = await list_onboardings(engine, wanted, order="newest", limit=20 * len(ids)) if ids else []
        latest = {row.id: row for row in reversed(rows)}
        for matter, id in zip(matters, ids, strict=True):
            row, page = latest.get(id), f"/practices/{matter.practice}/{integration.console.path}"
            found.append(
                AttentionItem(
                    kind=matter.kind,
                    id=id,
                    practice=matter.practice,
                    practice_name=row.practice_name if row else matter.name or matter.practice,
                    assignee=row.assignee if row else None,
                    why=matter.why,
                    tone=matter.tone,
                    text=matter.text,
                    todo=matter.todo,
                    actions=(Action(matter.action, f"{page}{matter.part}"),),
                    since=matter.since,
                    page=None if row else page,
                )
            )
    return found


async def _owners(engine: AsyncEngine, practices: Collection[str]) -> dict[str, Row]:
    ids = [f"{playbook}/{practice}" for practice in practices for playbook in PLAYBOOKS]
    wanted = Filter(ids=ids, status=STATUSES)
    found = await list_onboardings(engine, wanted, order="newest", limit=20 * len(ids)) if ids else []
    owners: dict[str, Row] = {}
    # Of several at a practice an open one counts first, then the latest.
    for row in sorted(found, key=lambda row: (row.playbook not in CONNECTED, row.closed_at is not None)):
        owners.setdefault(row.practice, row)
    return owners


def _feed(feed: StoppedFeed, owner: Row | None) -> AttentionItem:
    place = f"/practices/{feed.id}/data"
    return AttentionItem(
        kind="feed",
        **_at(feed.id, feed.name, owner),
        why="Feed stopped",
        tone="bad",
        text=f"Feed {feed.number} stopped: {feed.question}",
        todo="Ask the clinic whether this is right, then approve or refuse the feed.",
        actions=(Action("Approve or refuse it", place),),
        since=feed.since,
    )


def _pairs(decisions: OpenDecisions, owner: Row | None) -> AttentionItem:
    many = _counted(decisions.count, "pair", "pairs")
    return AttentionItem(
        kind="pairs",
        **_at(decisions.id, decisions.name, owner),
        why=f"{many} to review",
        tone="calm",
        text="Some imported clients may be home-delivery clients. Somebody has to decide before they are merged.",
        todo=f"Review {many} of clients.",
        actions=(Action("Review the pairs", f"/review/{decisions.id}"),),
        since=decisions.since,
    )


def _differences(decisions: OpenDecisions, owner: Row | None) -> AttentionItem:
    many = _counted(decisions.count, "difference", "differences")
    return AttentionItem(
        kind="differences",
        **_at(decisions.id, decisions.name, owner),
        why=f"{many} held back",
        tone="calm",
        text="The clinic's values differ from ours. We keep ours until somebody decides.",
        todo=f"Decide {many}.",
        actions=(Action("Decide the differences", f"/practices/{decisions.id}/differences"),),
        since=decisions.since,
    )


def _at(practice: str, name: str, owner: Row | None) -> dict[str, Any]:
    """Returns the fields that say which onboarding it is, and who is assigned."""
    identity = owner.id if owner else BRINGS_DATA.onboarding(practice)
    assignee = owner.assignee if owner else None
    return {"id": identity, "practice": practice, "practice_name": name, "assignee": assignee}


def _counted(count: int, one: str, many: str) -> str:
    if count >= MOST:
        return f"{MOST:,} or more {many}"
    return f"{count:,} {one if count == 1 else many}"
