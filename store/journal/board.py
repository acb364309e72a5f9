"""The board's figures: how many open onboardings there are of each kind, and which have changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.journal.tables import onboardings

OVERLAP = timedelta(seconds=10)
"""How long a change may take to be stored after its time was noted, and still be noticed."""

MOST_CHANGES = 5_000
"""If more have changed at once, all are read."""

_NEVER = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


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


@dataclass(frozen=True)
class Mark:
    """Up to where changes have been read: the time of the newest, and the versions read shortly before it."""

    at: datetime
    versions: Mapping[tuple[str, str], int]


async def changes(engine: AsyncEngine, since: Mark | None) -> tuple[Mark, frozenset[str]]:
    """The IDs of the onboardings that have changed since the mark, and the mark to ask with next time.

    What is stored a little late, with an earlier time than others that came before it, is noticed as well. Without a
    mark nothing counts as changed.
    """
    table = onboardings.c
    async with at_once(engine) as connection:
        # A query of its own, because the planner would not know that few rows are newer.
        newest = since.at if since else await connection.scalar(select(func.max(table.updated_at)))
        begin = (newest or _NEVER) - OVERLAP
        query = select(table.id, table.run, table.version, table.updated_at).where(table.updated_at > begin)
        found = (await connection.execute(query)).all()
    latest = max((each.updated_at for each in found), default=since.at if since else _NEVER)
    versions = {(each.id, each.run): each.version for each in found if each.updated_at > latest - OVERLAP}
    earlier = since.versions if since else versions
    changed = {each.id for each in found if earlier.get((each.id, each.run)) != each.version} if since else set()
    return Mark(latest, versions), frozenset(changed)


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
    headline: str
    assignee: str | None


async def chosen(engine: AsyncEngine, identities: Iterable[str]) -> list[Chosen]:
    """Those of these that are open, by name."""
    table = onboardings.c
    columns = [table[name] for name in Chosen.__dataclass_fields__]
    query = select(*columns).where(table.closed_at.is_(None), table.id.in_(list(identities)))
    async with at_once(engine) as connection:
        found = await connection.execute(query.order_by(table.practice_name, table.id))
        return [Chosen(**row) for row in found.mappings()]
