"""ezyVet's limits, kept by all processes together: places of calls in PostgreSQL, by its clock alone."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from integrations.ezyvet.limits import Limits, Load, Wait, time_to_go
from integrations.ezyvet.tables import closures, places, queue
from store.database import at_once

LATE = 10.0
"""Seconds after its time from which one that waits and does not ask keeps no other from a place."""
FORGOTTEN = 600.0
"""Seconds after its time from which its entry is deleted."""
_SOON = 0.005
"""Seconds by which one asks too late rather than too early."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:site, 16))")
_READ = text("""
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
    places AS (
        SELECT endpoint, json_agg(CASE
            WHEN ended_at IS NOT NULL THEN extract(epoch FROM frees_at - now)
            ELSE least(extract(epoch FROM frees_at - now),
                       greatest(extract(epoch FROM granted_at - now) + :typical, 0) + :window)
        END) AS frees
        FROM ezyvet_places, clock WHERE site = :site AND frees_at > now GROUP BY endpoint
    ), ahead AS (
        SELECT endpoint, count(*) AS waiting FROM ezyvet_queue, clock
        WHERE site = :site AND (priority, position, key) < (:priority, :position, :key)
            AND due_at > now - make_interval(secs => :late)
        GROUP BY endpoint
    ), closed AS (
        SELECT endpoint, extract(epoch FROM until - now) AS seconds FROM ezyvet_closures, clock
        WHERE site = :site AND until > now
    )
    SELECT now,
        (SELECT json_object_agg(endpoint, frees) FROM places) AS frees,
        (SELECT json_object_agg(endpoint, waiting) FROM ahead) AS ahead,
        (SELECT json_object_agg(endpoint, seconds) FROM closed) AS closed
    FROM clock
""")
"""A call under way is expected to end soon; its place is taken until `frees_at` all the same."""
_GRANT = text("""
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
    freed AS (DELETE FROM ezyvet_places USING clock WHERE site = :site AND frees_at <= now),
    open AS (DELETE FROM ezyvet_closures USING clock WHERE site = :site AND until <= now),
    gone AS (
        DELETE FROM ezyvet_queue USING clock
        WHERE site = :site AND (key = :key OR due_at < now - make_interval(secs => :forgotten))
    )
    INSERT INTO ezyvet_places (site, endpoint, granted_at, frees_at)
    SELECT :site, :endpoint, now, now + make_interval(secs => :longest) FROM clock
    RETURNING id
""")
_QUEUE = text("""
    INSERT INTO ezyvet_queue (site, key, endpoint, priority, position, due_at)
    VALUES (:site, :key, :endpoint, :priority, :position, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (site, key) DO UPDATE SET
        endpoint = excluded.endpoint, priority = excluded.priority, position = excluded.position,
        due_at = excluded.due_at
""")


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
        # So that a burst of one site's calls holds one connection here, and not all of them.
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(self, site: str, asking: Asking) -> int:
        """Takes a place for a call that begins now, and returns its number for `finish`.

        Raises `Wait` if others go first or no place is free; who waits asks again with the same key.
        """
        about: dict[str, Any] = {"site": site, **vars(asking)}
        async with self._locks[site], self._engine.begin() as connection:
            # By itself: the statement that waits for the lock does not see what was written until it has it.
            await connection.execute(_LOCK, {"site": site})
            _, load = await read_load(connection, self.limits, site, asking)
            if (seconds := time_to_go(self.limits.of(asking.priority), load, asking.endpoint)) <= 0:
                times = {"longest": self.limits.timeout + self.limits.window, "forgotten": FORGOTTEN}
                number: int = (await connection.execute(_GRANT, about | times)).scalar_one()
                return number
            wait = Wait(seconds + _SOON, load.ahead.get(asking.endpoint, 0))
            await connection.execute(_QUEUE, about | {"seconds": wait.seconds})
        raise wait

    async def finish(self, place: int) -> None:
        """Ends a call: its place is free a window later. Without this it is so after the longest time of a call."""
        now: ColumnElement[datetime] = func.clock_timestamp()
        frees = now + timedelta(seconds=self.limits.window)
        async with at_once(self._engine) as connection:
            await connection.execute(update(places).where(places.c.id == place).values(ended_at=now, frees_at=frees))

    async def give_back(self, place: int) -> None:
        """Frees a place at once for which no call was made."""
        async with at_once(self._engine) as connection:
            await connection.execute(delete(places).where(places.c.id == place))

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


async def read_load(connection: AsyncConnection, limits: Limits, site: str, asking: Asking) -> tuple[datetime, Load]:
    """Returns what is taken, who waits before this call, what is closed; and the time that it counts from."""
    rank = {"priority": asking.priority, "position": asking.position, "key": asking.key}
    times = {"late": LATE, "typical": limits.typical, "window": limits.window}
    row = (await connection.execute(_READ, {"site": site, **rank, **times})).one()
    return row.now, Load(row.frees or {}, row.ahead or {}, row.closed or {})
