"""How much of ezyVet's limits is used, and who waits: for pages and commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.limits import Limits
from integrations.ezyvet.places import Asking, read_load
from integrations.ezyvet.tables import queue
from store.database import at_once

_LAST = Asking("", "", priority=2**31 - 1)
"""All that waits is before it."""


@dataclass(frozen=True)
class Usage:
    """One endpoint's limit, or all of the site's for None. `next_place` is when one is free again, None for now."""

    endpoint: str | None
    limit: int
    used: int
    free: int
    waiting: int
    next_place: datetime | None = None
    closed_until: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """A call that waits since then for a place; `due_at` is when its turn is expected."""

    key: str
    endpoint: str
    priority: int
    since: datetime
    due_at: datetime


async def read_usage(engine: AsyncEngine, site: str, limits: Limits | None = None) -> list[Usage]:
    """Returns the use of the whole site, then of each endpoint with calls. A site is `Site.id`."""
    limits = limits or Limits()
    async with at_once(engine) as connection:
        now, load = await read_load(connection, limits, site, _LAST)
    frees, waiting, closed = load.frees, Counter(load.ahead), load.closed
    everywhere = [time for times in frees.values() for time in times]
    whole = _usage(None, limits.per_site, everywhere, waiting.total(), 0.0, now)
    endpoints = sorted({*frees, *waiting, *closed})
    return [
        whole,
        *(
            _usage(each, limits.per_endpoint, frees.get(each, []), waiting[each], closed.get(each, 0.0), now)
            for each in endpoints
        ),
    ]


async def read_waiting(engine: AsyncEngine, site: str, limit: int = 100) -> list[Waiting]:
    """Returns the calls that wait, those first that go first."""
    columns = queue.c.key, queue.c.endpoint, queue.c.priority, queue.c.since, queue.c.due_at
    query = select(*columns).where(queue.c.site == site)
    query = query.order_by(queue.c.priority, queue.c.position, queue.c.key).limit(limit)
    async with at_once(engine) as connection:
        return [Waiting(**row) for row in (await connection.execute(query)).mappings()]


def _usage(
    endpoint: str | None, limit: int, frees: Sequence[float], waiting: int, closed: float, now: datetime
) -> Usage:
    until = now + timedelta(seconds=closed) if closed else None
    if left := max(0, limit - len(frees)):
        return Usage(endpoint, limit, len(frees), 0 if closed else left, waiting, until, until)
    first = now + timedelta(seconds=max(closed, sorted(frees)[len(frees) - limit]))
    return Usage(endpoint, limit, len(frees), 0, waiting, first, until)
