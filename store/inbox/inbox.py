"""The inbox: partners' events are stored here before they are answered, and recorded in their onboardings afterwards.

An event is `new` until it is recorded. One that cannot be is `refused`, one without an onboarding is `kept`: both stay
with the reason, can be tried again (`retry`), or be `dismissed` by a person.

Any number of processes may claim events at the same time. `claim` hands out those of one onboarding to one process at a
time, in order of arrival and for a limited time: those of a process that died are handed out again. So recording an
event must be idempotent.
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

State = Literal["new", "recorded", "kept", "refused", "dismissed"]
UNRECORDED: tuple[State, ...] = ("kept", "refused")
CHANNEL = "inbox"
"""PostgreSQL's notification channel for new events."""
AT_MOST = 10_000
"""Rows deleted at once."""
PORTION = 20
"""Events of one onboarding that are handed out at once."""


@dataclass(frozen=True)
class Arrival:
    """A received event. `event` is the sender's identifier; `onboarding` is None if it names none.

    A `new` one is to be recorded; others are for people, with the reason in `error`.
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
    """An event to record, after `attempts` earlier attempts."""

    number: int
    source: str
    event: str
    payload: dict[str, Any]
    onboarding: str
    attempts: int


@dataclass(frozen=True)
class Outcome:
    """The outcome of an event. One that stays `new` is retried after `retry_after` seconds."""

    number: int
    state: State
    error: str | None = None
    retry_after: float | None = None


async def store(engine: AsyncEngine, arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    """Stores events, all or none, and notifies `CHANNEL`. Existing ones are left unchanged.

    Returns (source, event) of the new ones.
    """
    # Always in the same order, so that two processes cannot deadlock.
    ordered = sorted(arrivals, key=lambda each: (each.source, each.event))
    given = [
        asdict(each) | {"occurred_at": each.occurred_at.isoformat() if each.occurred_at else None} for each in ordered
    ]
    async with at_once(engine) as connection:
        return {(source, event) for source, event, _ in await connection.execute(_STORE, {"arrivals": given})}


async def claim(engine: AsyncEngine, most: int, held_for: timedelta) -> list[list[Waiting]]:
    """Claims the waiting events of at most `most` onboardings, in order of arrival.

    No other process gets events of these onboardings for `held_for`, or until all are settled.
    """
    given = {"most": most, "portion": PORTION, "seconds": held_for.total_seconds()}
    async with at_once(engine) as connection:
        rows = (await connection.execute(_CLAIM, given)).mappings().all()
    return [[Waiting(**row) for row in group] for _, group in groupby(rows, key=lambda row: str(row["onboarding"]))]


async def rushes(engine: AsyncEngine, many: int, overdue: timedelta) -> bool:
    """Returns whether `many` events came within the last second, and none has waited longer than `overdue`."""
    async with at_once(engine) as connection:
        given = {"many": many, "overdue": overdue.total_seconds()}
        return bool(await connection.scalar(_RUSHES, given))


async def settle(engine: AsyncEngine, outcomes: Sequence[Outcome]) -> None:
    """Records outcomes of events that are still `new`."""
    async with at_once(engine) as connection:
        await connection.execute(_SETTLE, {"outcomes": [asdict(each) for each in outcomes]})


async def next_retry(engine: AsyncEngine) -> float | None:
    """Returns the seconds until the next retry; None if there is none."""
    async with at_once(engine) as connection:
        seconds = await connection.scalar(_NEXT_RETRY)
    return None if seconds is None else float(seconds)


async def take_up(engine: AsyncEngine, source: str, types: Collection[str]) -> int:
    """Makes kept events of these types new again if their onboarding was started since. Returns how many."""
    async with at_once(engine) as connection:
        return len((await connection.execute(_TAKE_UP, {"source": source, "types": list(types)})).all())


async def retry(engine: AsyncEngine, numbers: Collection[int] | None = None) -> int:
    """Retries events that name an onboarding: those with these numbers, or all kept and refused. Returns how many."""
    states = UNRECORDED if numbers is None else (*UNRECORDED, "dismissed")
    given = {"states": list(states), "numbers": None if numbers is None else list(numbers)}
    async with at_once(engine) as connection:
        count = (await connection.execute(_RETRY, given)).rowcount
        await connection.execute(text("SELECT pg_notify('inbox', '')"))
    return count


async def dismiss(engine: AsyncEngine, numbers: Collection[int], by: str, why: str) -> int:
    """Dismisses kept and refused events with these numbers, which nobody need see to. Returns how many."""
    given = {"states": list(UNRECORDED), "numbers": list(numbers), "note": f"Dismissed by {by}: {why}"}
    async with at_once(engine) as connection:
        return (await connection.execute(_DISMISS, given)).rowcount


async def forget(engine: AsyncEngine, older: timedelta) -> int:
    """Deletes events recorded or dismissed longer ago than this. Returns how many; kept and refused ones stay."""
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

# An onboarding is claimed while one of its waiting events has a future `retry_at`: the end of a claim, or the next
# retry. CASE evaluates the condition first that an index answers, however many events wait. The row's own `retry_at`
# is checked as well, because after another process's claim PostgreSQL evaluates only the locked row again.
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

# It was kept because there was no such onboarding; one updated since then is a new one.
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
_DISMISS = text(
    """
    UPDATE inbox
    SET state = 'dismissed', error = concat_ws(' Before: ', CAST(:note AS text), error), recorded_at = now()
    WHERE state = ANY(:states) AND number = ANY(:numbers)
    """
)
_FORGET = text(
    """
    DELETE FROM inbox WHERE number IN (
        SELECT number FROM inbox WHERE state IN ('recorded', 'dismissed') AND recorded_at < now() - :older LIMIT :most
    )
    """
)
