"""Collects the attention items of onboardings, for the console and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.alerts import alert_items, held_items, mail_items
from desk.attention.data import CONNECTED, data_items
from desk.attention.item import AttentionItem, deduplicated, item_of
from desk.attention.requests import request_items
from integrations.registry import RECONNECTION
from playbooks.engine.listed import Row
from playbooks.engine.states import STATUSES
from store.journal.listing import Filter, list_onboardings

AT_ONCE = 100
"""Onboardings whose undelivered mails are queried at once."""


async def items_of(engine: AsyncEngine, identity: str) -> tuple[AttentionItem, ...]:
    """Returns the attention items of the latest onboarding with this ID (`PLAYBOOK/PRACTICE`), the most urgent first.

    For a practice that is or was connected, those of its data, of an open reconnection and of unanswered requests are
    included. They are read from the journal, which may lag a moment behind the workflow.
    """
    playbook, _, practice = identity.partition("/")
    ids = [f"{each}/{practice}" for each in CONNECTED] if playbook in CONNECTED else [identity]
    rows = await list_onboardings(engine, Filter(ids=ids, status=STATUSES), order="newest")
    latest = {row.id: row for row in reversed(rows)}
    row = latest.get(identity)
    if row is None:
        return ()
    rows = [row, *(other for other in latest.values() if other is not row and other.playbook == RECONNECTION)]
    is_open = row.closed_at is None
    calls, mails, data = await asyncio.gather(
        alert_items(engine, [identity]) if is_open else _nothing(),
        mail_items(engine, [identity]) if is_open else _nothing(),
        data_items(engine, practice),
    )
    data = (*data, *await request_items(engine, practice), *await held_items(engine, practice))
    if playbook not in CONNECTED:
        data = tuple(item for item in data if item.id == identity)
    return deduplicated(
        [*position_items(rows), *(replace(item, assignee=row.assignee) for item in (*calls, *mails)), *data]
    )


async def practice_items(engine: AsyncEngine) -> tuple[AttentionItem, ...]:
    """Returns what needs a person whether an onboarding is open or not: of data, of requests, and held mails."""
    return (*await data_items(engine), *await request_items(engine), *await held_items(engine))


async def _nothing() -> tuple[AttentionItem, ...]:
    return ()


async def items_of_all(engine: AsyncEngine, rows: Sequence[Row]) -> dict[str, tuple[AttentionItem, ...]]:
    open_ones = [row.id for row in rows if row.closed_at is None]
    mails: list[AttentionItem] = []
    for begin in range(0, len(open_ones), AT_ONCE):
        mails += await mail_items(engine, open_ones[begin : begin + AT_ONCE])
    return group_by_onboarding(rows, await alert_items(engine), mails, await practice_items(engine))


def group_by_onboarding(
    rows: Iterable[Row], calls: Iterable[AttentionItem], mails: Iterable[AttentionItem], data: Iterable[AttentionItem]
) -> dict[str, tuple[AttentionItem, ...]]:
    """Returns the items of these rows by ID: those of their positions, and of the given ones."""
    open_only: dict[str, list[AttentionItem]] = {}
    always: dict[str, list[AttentionItem]] = {}
    for given, by_id in (((*calls, *mails), open_only), (data, always)):
        for item in given:
            by_id.setdefault(item.id, []).append(item)
    return {
        row.id: deduplicated(
            [
                *position_items([row]),
                *(open_only.get(row.id, ()) if row.closed_at is None else ()),
                *always.get(row.id, ()),
            ]
        )
        for row in rows
    }


def position_items(rows: Iterable[Row]) -> tuple[AttentionItem, ...]:
    return tuple(item for row in rows if (item := item_of(row, row.practice, row.practice_name)))
