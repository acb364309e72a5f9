"""The inbox: what others send is stored here before it is answered, and recorded in its onboarding afterwards.

An event is `new` until it is recorded. One that cannot be is `refused`, one that belongs to no onboarding is `kept`:
both stay, with the sentence that says why, and can be tried again (`retry`).

Any number of processes may take events at the same time. `claim` hands out those of one onboarding to one taker at a
time, in the order of their arrival, and for a limited time only: what a process held when it died is handed out again
once that is over. Whoever records an event must therefore be able to tell that it has been recorded already.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.columns import Json
from store.database import at_once

State = Literal["new", "recorded", "kept", "refused"]
UNRECORDED: tuple[State, ...] = ("kept", "refused")
CHANNEL = "inbox"
"""PostgreSQL's name for the news that something was stored."""
AT_MOST = 10_000
"""Rows that are cleared away at once."""
PORTION = 20
"""Events of one onboarding that are handed out at once."""


@dataclass(frozen=True)
class Arrival:
    """An event as it came in. `event` is the sender's own identifier; `onboarding` is None where it names none.

    A `new` one is to be recorded; any other is for people to look at, and `error` says why.
    """

    source: str
    event: str
    type: str
    payload: dict[str, Any]
    onboarding: str | None = None
    occurred_at: datetime | None = None
    state: State = "new"
    error: str | None = None


@dataclass(frozen=True)
class Waiting:
    """An event that is to be recorded; `attempts` were made before."""

    number: int
    source: str
    event: str
    payload: dict[str, Any]
    onboarding: str
    attempts: int


@dataclass(frozen=True)
class Outcome:
    """What became of an event. One that stays `new` is tried again after so many seconds."""

    number: int
    state: State
    error: str | None = None
    retry_after: float | None = None


async def store(engine: AsyncEngine, arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    """Stores events durably, all or none; returns (source, event) of those that were not there before.

    An event that is there already stays as it is. Those who listen on `CHANNEL` are told.
    """
    # In one order, so that two who store the same events at the same time cannot wait for each other.
    ordered = sorted(arrivals, key=lambda each: (each.source, each.event))
    given = [
        asdict(each) | {"occurred_at": each.occurred_at.isoformat() if each.occurred_at else None} for each in ordered
    ]
    async with at_once(engine) as connection:
        return {(source, event) for source, event, _ in await connection.execute(_STORE, {"arrivals": given})}


async def claim(engine: AsyncEngine, most: int, held_for: timedelta) -> list[list[Waiting]]:
    """The waiting events of so many onboardings whose turn it is, first come, first served.

    Nobody else is given events of these onboardings for the time given, or until `settle` was told of all of them.
    """
    given = {"most": most, "portion": PORTION, "seconds": held_for.total_seconds()}
    async with at_once(engine) as connection:
        rows = (await connection.execute(_CLAIM, given)).mappings().all()
    return [[Waiting(**row) for row in group] for _, group in groupby(rows, key=lambda row: str(row["onboarding"]))]


async def rushes(engine: AsyncEngine, many: int, overdue: timedelta) -> bool:
    """Whether so many events came within the last second, and none of those that wait has waited for too long."""
    async with at_once(engine) as connection:
        given = {"many": many, "overdue": overdue.total_seconds()}
        return bool(await connection.scalar(_RUSHES, given))


async def settle(engine: AsyncEngine, outcomes: Sequence[Outcome]) -> None:
    """Notes what became of events. One that is not `new` any more stays as it is."""
    async with at_once(engine) as connection:
        await connection.execute(_SETTLE, {"outcomes": [asdict(each) for each in outcomes]})


async def next_retry(engine: AsyncEngine) -> float | None:
    """Seconds until the first of the waiting events whose time is ahead; None if there is none."""
    async with at_once(engine) as connection:
        seconds = await connection.scalar(_NEXT_RETRY)
    return None if seconds is None else float(seconds)


async def take_up(engine: AsyncEngine, source: str, types: Collection[str]) -> int:
    """Makes kept events of these types wait again whose onboarding has begun since; how many those are."""
    async with at_once(engine) as connection:
        return len((await connection.execute(_TAKE_UP, {"source": source, "types": list(types)})).all())


async def retry(engine: AsyncEngine, numbers: Collection[int] | None = None) -> int:
    """Has events tried again, now: those with these numbers, else all that are kept or refused; how many those are.

    One that is recorded stays so, and one that names no onboarding cannot be tried.
    """
    given = {"states": list(UNRECORDED), "numbers": None if numbers is None else list(numbers)}
    async with at_once(engine) as connection:
        count = (await connection.execute(_RETRY, given)).rowcount
        await connection.execute(text("SELECT pg_notify('inbox', '')"))
    return count


async def forget(engine: AsyncEngine, older: timedelta) -> int:
    """Clears away what was recorded longer ago than this, and says how much; kept and refused events stay."""
    async with at_once(engine) as connection:
        return (await connection.execute(_FORGET, {"older": older, "most": AT_MOST})).rowcount


_STORE = text(
    """
    WITH stored AS (
        INSERT INTO inbox (source, event, type, payload, onboarding, occurred_at, state, error, recorded_at)
        SELECT given.*, CASE state WHEN 'new' THEN NULL ELSE now() END
        FROM jsonb_to_recordset(:arrivals) AS given (
            source text, event text, type text, payload jsonb,
            onboarding text, occurred_at timestamptz, state text, error text
        )
        ON CONFLICT (source, event) DO NOTHING
        RETURNING source, event
    )
    SELECT source, event, pg_notify('inbox', '') FROM stored
    """
).bindparams(bindparam("arrivals", type_=Json))

# An onboarding is held as long as one of its waiting events has a time ahead of it: that of its holder, or that of the
# next try. CASE has the first question asked first, which an index answers at once, however many events wait. The row's
# own time is asked for besides: of a row that another process has just taken, PostgreSQL looks at the row again, but at
# all others as they were before.
_CLAIM = text(
    """
    WITH head AS MATERIALIZED (
        SELECT number, onboarding FROM inbox AS this
        WHERE state = 'new' AND (this.retry_at IS NULL OR this.retry_at <= now()) AND CASE
            WHEN number = (
                SELECT min(number) FROM inbox AS other WHERE other.onboarding = this.onboarding AND other.state = 'new'
            )
            THEN NOT EXISTS (
                SELECT FROM inbox AS other
                WHERE other.onboarding = this.onboarding AND other.state = 'new' AND other.retry_at > now()
            )
            ELSE false
        END
        ORDER BY number LIMIT :most FOR UPDATE SKIP LOCKED
    ), held AS (
        UPDATE inbox SET retry_at = now() + make_interval(secs => :seconds) FROM head WHERE inbox.number = head.number
    )
    SELECT event.number, event.source, event.event, event.payload, event.onboarding, event.attempts
    FROM head CROSS JOIN LATERAL (
        SELECT * FROM inbox WHERE onboarding = head.onboarding AND state = 'new' ORDER BY number LIMIT :portion
    ) AS event
    ORDER BY head.number, event.number
    """
)

_RUSHES = text(
    """
    SELECT (SELECT received_at > now() - interval '1 second' FROM inbox ORDER BY number DESC OFFSET :many - 1 LIMIT 1)
        AND (SELECT received_at > now() - make_interval(secs => :overdue)
             FROM inbox WHERE state = 'new' ORDER BY number LIMIT 1)
    """
)

_SETTLE = text(
    """
    UPDATE inbox SET
        state = outcome.state, error = outcome.error, attempts = attempts + 1,
        retry_at = now() + make_interval(secs => outcome.retry_after),
        recorded_at = CASE outcome.state WHEN 'new' THEN NULL ELSE now() END
    FROM jsonb_to_recordset(:outcomes) AS outcome (number bigint, state text, error text, retry_after float)
    WHERE inbox.number = outcome.number AND inbox.state = 'new'
    """
).bindparams(bindparam("outcomes", type_=Json))

_NEXT_RETRY = text(
    "SELECT extract(epoch FROM min(retry_at) - now()) FROM inbox WHERE state = 'new' AND retry_at > now()"
)

# It was kept because there was no such onboarding: one that was written about since then is another.
_TAKE_UP = text(
    """
    UPDATE inbox SET state = 'new', error = NULL, attempts = 0, recorded_at = NULL
    FROM onboardings AS begun
    WHERE inbox.state = 'kept' AND inbox.source = :source AND inbox.type = ANY(:types)
        AND begun.id = inbox.onboarding AND begun.closed_at IS NULL AND begun.updated_at >= inbox.recorded_at
    RETURNING inbox.number
    """
)
_RETRY = text(
    """
    UPDATE inbox SET state = 'new', attempts = 0, retry_at = NULL, recorded_at = NULL
    WHERE state = ANY(:states) AND onboarding IS NOT NULL
        AND (CAST(:numbers AS bigint[]) IS NULL OR number = ANY(:numbers))
    """
)
_FORGET = text(
    """
    DELETE FROM inbox WHERE number IN (
        SELECT number FROM inbox WHERE state = 'recorded' AND recorded_at < now() - :older LIMIT :most
    )
    """
)
