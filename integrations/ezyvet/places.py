"""Places for calls to one site, handed out to several at once: one transaction under the site's lock."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, text, update
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
    asked AS (
        SELECT number, priority, position, key, row_number() OVER ranks AS rank,
            lag(priority, 1, -1) OVER ranks AS priority_before,
            lag(position, 1, 0::bigint) OVER ranks AS position_before,
            lag(key, 1, '') OVER ranks AS key_before
        FROM json_to_recordset(:calls) AS call (number integer, priority integer, position bigint, key text)
        WINDOW ranks AS (ORDER BY priority, position, key, number)
    ), places AS (
        SELECT endpoint, json_agg(CASE
            WHEN ended_at IS NOT NULL THEN extract(epoch FROM frees_at - now)
            ELSE least(extract(epoch FROM frees_at - now),
                       greatest(extract(epoch FROM granted_at - now) + :typical, 0) + :window)
        END) AS frees
        FROM ezyvet_places, clock WHERE site = :site AND frees_at > now GROUP BY endpoint
    ), between_calls AS (
        SELECT rank, endpoint, count(*) AS waiting FROM clock, asked JOIN ezyvet_queue AS queue
            ON (queue.priority, queue.position, queue.key) < (asked.priority, asked.position, asked.key)
            AND (queue.priority, queue.position, queue.key) > (priority_before, position_before, key_before)
        WHERE site = :site AND due_at > now - make_interval(secs => :late)
            AND queue.key NOT IN (SELECT key FROM asked)
        GROUP BY rank, endpoint
    ), ranked AS (
        SELECT json_agg(json_build_array(number, (
            SELECT json_object_agg(endpoint, waiting) FROM between_calls WHERE between_calls.rank = asked.rank
        )) ORDER BY rank) AS calls FROM asked
    ), closed AS (
        SELECT endpoint, extract(epoch FROM until - now) AS seconds FROM ezyvet_closures, clock
        WHERE site = :site AND until > now
    )
    SELECT now, calls,
        (SELECT json_object_agg(endpoint, frees) FROM places) AS frees,
        (SELECT json_object_agg(endpoint, seconds) FROM closed) AS closed
    FROM clock, ranked
""")
"""Who waits is counted between each call and the one before it, so that nothing is counted twice.

A call under way is expected to end soon; its place is taken until `frees_at` all the same.
"""
_GRANT = text("""
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
    freed AS (DELETE FROM ezyvet_places USING clock WHERE site = :site AND frees_at <= now),
    open AS (DELETE FROM ezyvet_closures USING clock WHERE site = :site AND until <= now),
    gone AS (
        DELETE FROM ezyvet_queue USING clock
        WHERE site = :site AND (key = ANY(:keys) OR due_at < now - make_interval(secs => :forgotten))
    )
    INSERT INTO ezyvet_places (site, endpoint, granted_at, frees_at)
    SELECT :site, endpoint, now, now + make_interval(secs => :longest)
    FROM clock, unnest(CAST(:endpoints AS text[])) AS endpoint
    RETURNING endpoint, id
""")
_QUEUE = text("""
    INSERT INTO ezyvet_queue (site, key, endpoint, priority, position, due_at)
    SELECT DISTINCT ON (key)
        :site, key, endpoint, priority, position, clock_timestamp() + make_interval(secs => seconds)
    FROM json_to_recordset(:calls)
        AS call (key text, endpoint text, priority integer, position bigint, seconds double precision)
    ORDER BY key, seconds
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


@dataclass(frozen=True)
class _Asked:
    """Calls by their rank, each with how many wait between it and the one before it, by endpoint."""

    now: datetime
    ranked: Sequence[tuple[int, Mapping[str, int]]]
    frees: Mapping[str, Sequence[float]]
    closed: Mapping[str, float]


async def hand_out(engine: AsyncEngine, limits: Limits, site: str, calls: Sequence[Asking]) -> list[int | Wait]:
    """Returns for each call the number of its place, or how long it waits."""
    async with engine.begin() as connection:
        # By itself: the statement that waits for the lock does not see what was written until it has it.
        await connection.execute(_LOCK, {"site": site})
        waits = _waits(limits, await _read(connection, limits, site, calls), calls)
        going = [number for number in range(len(calls)) if number not in waits]
        granted = await _grant(connection, limits, site, [calls[number] for number in going])
        if waits:
            waiting = [{**asdict(calls[number]), "seconds": wait.seconds} for number, wait in waits.items()]
            await connection.execute(_QUEUE, {"site": site, "calls": json.dumps(waiting)})
    return [waits[number] if number in waits else granted[call.endpoint].pop() for number, call in enumerate(calls)]


async def read_load(connection: AsyncConnection, limits: Limits, site: str, call: Asking) -> tuple[datetime, Load]:
    """Returns what is taken, who waits before this call, what is closed; and the time that it counts from."""
    asked = await _read(connection, limits, site, [call])
    ((_, ahead),) = asked.ranked
    return asked.now, Load(asked.frees, ahead, asked.closed)


async def end(engine: AsyncEngine, ended: Collection[int], window: float) -> None:
    """Has places free a window of so many seconds from now, as their calls have ended."""
    now = func.clock_timestamp()
    values = {"ended_at": now, "frees_at": now + timedelta(seconds=window)}
    async with at_once(engine) as connection:
        await connection.execute(update(places).where(places.c.id.in_(ended)).values(**values))


async def free(engine: AsyncEngine, unused: Collection[int]) -> None:
    """Frees places at once."""
    async with at_once(engine) as connection:
        await connection.execute(delete(places).where(places.c.id.in_(unused)))


async def close(engine: AsyncEngine, site: str, endpoint: str, seconds: float) -> None:
    """Closes an endpoint for so long, or for as long as it is closed already."""
    until = func.clock_timestamp() + timedelta(seconds=seconds)
    statement = insert(closures).values(site=site, endpoint=endpoint, until=until)
    longest = func.greatest(closures.c.until, statement.excluded.until)
    async with at_once(engine) as connection:
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["site", "endpoint"], set_={"until": longest})
        )


async def leave(engine: AsyncEngine, site: str, key: str) -> None:
    """Takes one that waits out of the queue."""
    async with at_once(engine) as connection:
        await connection.execute(delete(queue).where(queue.c.site == site, queue.c.key == key))


async def _read(connection: AsyncConnection, limits: Limits, site: str, calls: Sequence[Asking]) -> _Asked:
    numbered = [{"number": number, **asdict(call)} for number, call in enumerate(calls)]
    times = {"late": LATE, "typical": limits.typical, "window": limits.window}
    row = (await connection.execute(_READ, {"site": site, "calls": json.dumps(numbered), **times})).one()
    ranked = [(number, between or {}) for number, between in row.calls]
    return _Asked(row.now, ranked, row.frees or {}, row.closed or {})


def _waits(limits: Limits, asked: _Asked, calls: Sequence[Asking]) -> dict[int, Wait]:
    """Returns who waits, by number: each call counts what those before it got."""
    frees = defaultdict(list, {endpoint: list(times) for endpoint, times in asked.frees.items()})
    ahead: Counter[str] = Counter()
    waits = {}
    for number, between in asked.ranked:
        ahead.update(between)
        endpoint, own = calls[number].endpoint, limits.of(calls[number].priority)
        if (seconds := time_to_go(own, Load(frees, ahead, asked.closed), endpoint)) > 0:
            waits[number] = Wait(seconds + _SOON, ahead[endpoint])
            ahead[endpoint] += 1
        else:
            frees[endpoint].append(limits.typical + limits.window)
    return waits


async def _grant(
    connection: AsyncConnection, limits: Limits, site: str, calls: Sequence[Asking]
) -> dict[str, list[int]]:
    """Returns the numbers of the places by endpoint."""
    granted: defaultdict[str, list[int]] = defaultdict(list)
    if calls:
        about = {"site": site, "keys": [call.key for call in calls], "endpoints": [call.endpoint for call in calls]}
        times = {"longest": limits.timeout + limits.window, "forgotten": FORGOTTEN}
        for endpoint, place in await connection.execute(_GRANT, about | times):
            granted[endpoint].append(place)
    return granted
