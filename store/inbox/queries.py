"""What is in the inbox, for people: how much waits, what could not be recorded and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.inbox.inbox import UNRECORDED, State
from store.inbox.tables import inbox


@dataclass(frozen=True)
class Status:
    """How many events are in which state; since when the oldest that waits has been waiting, None if none does."""

    counts: dict[str, int]
    waiting_since: datetime | None


@dataclass(frozen=True)
class Event:
    """An event as it came in, and what became of it. `error` says why it is not recorded, or not yet."""

    number: int
    source: str
    event: str
    type: str
    state: State
    onboarding: str | None
    attempts: int
    error: str | None
    occurred_at: datetime | None
    received_at: datetime
    retry_at: datetime | None
    recorded_at: datetime | None
    payload: dict[str, Any]


async def status(engine: AsyncEngine) -> Status:
    """How much waits, and what became of the rest."""
    counts = select(inbox.c.state, func.count()).group_by(inbox.c.state)
    oldest = select(func.min(inbox.c.received_at)).where(inbox.c.state == "new")
    async with at_once(engine) as connection:
        rows: list[tuple[str, int]] = [(state, count) for state, count in await connection.execute(counts)]
        return Status(dict(rows), await connection.scalar(oldest))


async def events(
    engine: AsyncEngine, *, states: Collection[State] = ("new", *UNRECORDED), limit: int = 100
) -> list[Event]:
    """The latest events in these states, newest first."""
    query = select(*(inbox.c[field.name] for field in fields(Event))).where(inbox.c.state.in_(states))
    async with at_once(engine) as connection:
        rows = await connection.execute(query.order_by(inbox.c.number.desc()).limit(limit))
        return [Event(**row) for row in rows.mappings()]
