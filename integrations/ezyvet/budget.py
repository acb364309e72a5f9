"""ezyVet's limits, kept by all processes together: places of calls in PostgreSQL, by its clock alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from integrations.ezyvet.limits import Limits, Load, Wait, time_to_go
from integrations.ezyvet.tables import closures, places, queue
from store.database import at_once

LATE = 10.0
"""Seconds after its time from which one that waits and does not ask keeps no other from a place."""
FORGOTTEN = 600.0
"""Seconds after its time from which it is no longer shown."""
_SOON = 0.005
"""Seconds by which one asks too late rather than too early."""


@dataclass(frozen=True)
class Asking:
    """A call that wants a place: it waits under `key`, the smallest priority and position first."""

    endpoint: str
    key: str
    priority: int
    position: int = 0


class Budget:
    """Places for the calls to each site. A site is `Credentials.site`."""

    def __init__(self, engine: AsyncEngine, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._engine = engine

    async def take(self, site: str, asking: Asking) -> int:
        """Takes a place for a call that begins now, and returns its number for `finish`.

        Raises `Wait` if others go first or no place is free; who waits asks again with the same key.
        """
        async with self._engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:site, 16))"), {"site": site})
            # The time of the transaction is from before the lock: what was written in between would be in the future.
            now = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
            await _clear(connection, site, now)
            load = await self._load(connection, site, now, asking)
            if (seconds := time_to_go(self.limits, load, asking.endpoint)) <= 0:
                return await self._grant(connection, site, asking)
            wait = Wait(seconds + _SOON, load.ahead.get(asking.endpoint, 0))
            row = {name: getattr(asking, name) for name in ("endpoint", "priority", "position")}
            row["due_at"] = now + timedelta(seconds=wait.seconds)
            statement = insert(queue).values(site=site, key=asking.key, **row)
            await connection.execute(statement.on_conflict_do_update(index_elements=["site", "key"], set_=row))
        raise wait

    async def finish(self, place: int) -> None:
        """Ends a call: its place is free a window later. Without this it is so after the longest time of a call."""
        now: ColumnElement[datetime] = func.clock_timestamp()
        frees = now + timedelta(seconds=self.limits.window)
        async with at_once(self._engine) as connection:
            await connection.execute(update(places).where(places.c.id == place).values(ended_at=now, frees_at=frees))

    async def close(self, site: str, endpoint: str, seconds: float) -> None:
        """Lets no call to this endpoint go for so long, because ezyVet says so (429)."""
        until = func.clock_timestamp() + timedelta(seconds=seconds)
        statement = insert(closures).values(site=site, endpoint=endpoint, until=until)
        longest = func.greatest(closures.c.until, statement.excluded.until)
        async with at_once(self._engine) as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["site", "endpoint"], set_={"until": longest})
            )

    async def leave(self, site: str, key: str) -> None:
        """Lets one that waits wait no longer."""
        async with at_once(self._engine) as connection:
            await connection.execute(delete(queue).where(queue.c.site == site, queue.c.key == key))

    async def _grant(self, connection: AsyncConnection, site: str, asking: Asking) -> int:
        await connection.execute(delete(queue).where(queue.c.site == site, queue.c.key == asking.key))
        now: ColumnElement[datetime] = func.clock_timestamp()
        longest = timedelta(seconds=self.limits.timeout + self.limits.window)
        row = {"site": site, "endpoint": asking.endpoint, "granted_at": now, "frees_at": now + longest}
        number: int = (await connection.execute(insert(places).values(**row).returning(places.c.id))).scalar_one()
        return number

    async def _load(self, connection: AsyncConnection, site: str, now: datetime, asking: Asking) -> Load:
        mine = tuple_(queue.c.priority, queue.c.position, queue.c.key) < (
            asking.priority,
            asking.position,
            asking.key,
        )
        on_time = queue.c.due_at > now - timedelta(seconds=LATE)
        before = select(queue.c.endpoint, func.count()).where(queue.c.site == site, mine, on_time)
        waiting = await connection.execute(before.group_by(queue.c.endpoint))
        ahead: dict[str, int] = dict(waiting.all())
        return Load(
            await read_frees(connection, self.limits, site, now), ahead, await read_closed(connection, site, now)
        )


async def read_frees(connection: AsyncConnection, limits: Limits, site: str, now: datetime) -> dict[str, list[float]]:
    """When each taken place frees, by endpoint, in seconds from now. A call under way is expected to end soon."""
    frees: defaultdict[str, list[float]] = defaultdict(list)
    taken = select(places).where(places.c.site == site, places.c.frees_at > now)
    for row in await connection.execute(taken):
        latest = (row.frees_at - now).total_seconds()
        begun = (row.granted_at - now).total_seconds()
        soon = max(begun + limits.typical, 0.0) + limits.window
        frees[row.endpoint].append(latest if row.ended_at else min(latest, soon))
    return dict(frees)


async def read_closed(connection: AsyncConnection, site: str, now: datetime) -> dict[str, float]:
    """For how many seconds from now each endpoint is closed."""
    found = await connection.execute(select(closures).where(closures.c.site == site, closures.c.until > now))
    return {row.endpoint: (row.until - now).total_seconds() for row in found}


async def _clear(connection: AsyncConnection, site: str, now: datetime) -> None:
    """Deletes what counts no more."""
    gone: tuple[Any, ...] = (
        delete(places).where(places.c.site == site, places.c.frees_at <= now),
        delete(closures).where(closures.c.site == site, closures.c.until <= now),
        delete(queue).where(queue.c.site == site, queue.c.due_at < now - timedelta(seconds=FORGOTTEN)),
    )
    for statement in gone:
        await connection.execute(statement)
