"""The board's figures: how many open onboardings there are of each kind, and which have changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.changes import Mark, changes_in
from store.database import at_once
from store.journal.tables import onboardings

MOST_CHANGES = 5_000
"""If more have changed at once, all are read."""


@dataclass(frozen=True)
class Kind:
    playbook: str
    stage: str
    waiting_on: str | None
    waiting_on_title: str | None
    sla: str
    status: str
    assignee: str | None


@dataclass(frozen=True)
class Group(Kind):
    """The number of open onboardings that have all these values."""

    count: int


async def changes(engine: AsyncEngine, since: Mark | None) -> tuple[Mark, frozenset[str]]:
    """The IDs of the onboardings that have changed since the mark, and the mark to ask with next time."""
    mark, changed = await changes_in(engine, onboardings, ("id", "run"), since)
    return mark, frozenset(id for id, _ in changed)


class Census:
    """The open onboardings, counted by what the board filters by: all are read once, and then those that change.

    One for a process; who asks at the same moment waits for the same answer.
    """

    def __init__(self) -> None:
        self._mark: Mark | None = None
        self._open: dict[str, list[Kind]] = {}
        self._counts: Counter[Kind] = Counter()
        self._lock = asyncio.Lock()

    async def groups(self, engine: AsyncEngine) -> list[Group]:
        async with self._lock:
            mark, changed = await changes(engine, self._mark)
            whole = self._mark is None or len(changed) > MOST_CHANGES
            if whole or changed:
                found = await _open_ones(engine, None if whole else changed)
                for identity in list(self._open) if whole else changed:
                    self._counts.subtract(self._open.pop(identity, ()))
                for identity, kind in found:
                    self._open.setdefault(identity, []).append(kind)
                    self._counts[kind] += 1
            self._mark = mark
            return [Group(**vars(kind), count=count) for kind, count in self._counts.items() if count]


async def _open_ones(engine: AsyncEngine, identities: Collection[str] | None) -> list[tuple[str, Kind]]:
    table = onboardings.c
    query = select(table.id, *(table[name] for name in Kind.__dataclass_fields__)).where(table.closed_at.is_(None))
    if identities is not None:
        query = query.where(table.id.in_(list(identities)))
    async with at_once(engine) as connection:
        # Equal values are stored once.
        same: dict[Kind, Kind] = {}
        return [(each[0], same.setdefault(kind := Kind(*each[1:]), kind)) for each in await connection.execute(query)]


@dataclass(frozen=True)
class Chosen:
    id: str
    playbook: str
    practice_name: str
    stage: str
    stage_title: str
    waiting_on_title: str | None
    status: str
    due_at: datetime | None
    assignee: str | None


async def chosen(engine: AsyncEngine, identities: Iterable[str]) -> list[Chosen]:
    """Those of these that are open, by name."""
    table = onboardings.c
    columns = [table[name] for name in Chosen.__dataclass_fields__]
    query = select(*columns).where(table.closed_at.is_(None), table.id.in_(list(identities)))
    async with at_once(engine) as connection:
        found = await connection.execute(query.order_by(table.practice_name, table.id))
        return [Chosen(**row) for row in found.mappings()]
