"""What needs a person at one onboarding, or at each of some: the same for the console and for the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.alerts import refused, told
from desk.attention.data import CONNECTED, undecided
from desk.attention.item import Need, need_of, once
from integrations.registry import RECONNECTION
from playbooks.engine.listed import Row
from playbooks.engine.states import STATUSES
from store.journal.listing import Filter, list_onboardings

AT_ONCE = 100
"""Onboardings whose mails are asked for in one go: no more such mails are told of at once."""


async def needing_of(engine: AsyncEngine, identity: str) -> tuple[Need, ...]:
    """What needs a person at one onboarding now, the most urgent first; empty if nothing does.

    `identity` is `PLAYBOOK/PRACTICE`, of the latest onboarding with that ID. It is what the board's row of it and the
    page of all that needs a person say: how it stands (overdue, our turn, a lost connection), calls for help, what is
    missing, and mails that did not arrive. Of a practice that is connected, or was, also what its data needs and the
    reconnection that is open, whichever of its onboardings is asked for. Read from the journal, which may lag a moment
    behind the workflow.
    """
    playbook, _, practice = identity.partition("/")
    ids = [f"{each}/{practice}" for each in CONNECTED] if playbook in CONNECTED else [identity]
    rows = await list_onboardings(engine, Filter(ids=ids, status=STATUSES), order="newest")
    latest = {row.id: row for row in reversed(rows)}
    mine = latest.get(identity)
    if mine is None:
        return ()
    standing = [mine, *(row for row in latest.values() if row is not mine and row.playbook == RECONNECTION)]
    is_open, has_data = mine.closed_at is None, playbook in CONNECTED
    asked, mails, data = await asyncio.gather(
        told(engine, [identity]) if is_open else _nothing(),
        refused(engine, [identity]) if is_open else _nothing(),
        undecided(engine, practice) if has_data else _nothing(),
    )
    said = [*asked, *mails]
    return once([*by_standing(standing), *(replace(need, assignee=mine.assignee) for need in said), *data])


async def _nothing() -> tuple[Need, ...]:
    return ()


async def needing_of_all(engine: AsyncEngine, rows: Sequence[Row]) -> dict[str, tuple[Need, ...]]:
    """Why each of these needs a person, by their IDs."""
    open_ones = [row.id for row in rows if row.closed_at is None]
    mails: list[Need] = []
    for begin in range(0, len(open_ones), AT_ONCE):
        mails += await refused(engine, open_ones[begin : begin + AT_ONCE])
    return sorted_out(rows, await told(engine), mails, await undecided(engine))


def sorted_out(
    rows: Iterable[Row], said: Iterable[Need], mails: Iterable[Need], data: Iterable[Need]
) -> dict[str, tuple[Need, ...]]:
    """By the IDs of these rows what needs a person there: by how they stand, and of what is told of all."""
    told_of: dict[str, list[Need]] = {}
    for need in (*said, *mails):
        told_of.setdefault(need.id, []).append(need)
    held: dict[str, list[Need]] = {}
    for need in data:
        held.setdefault(need.id, []).append(need)
    return {
        row.id: once(
            [*by_standing([row]), *(told_of.get(row.id, ()) if row.closed_at is None else ()), *held.get(row.id, ())]
        )
        for row in rows
    }


def by_standing(rows: Iterable[Row]) -> tuple[Need, ...]:
    """What there is to do about each by how it stands."""
    return tuple(need for row in rows if (need := need_of(row, row.practice, row.practice_name)))
