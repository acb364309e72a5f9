"""What became of feeds: how far one is, what it brought, and what was set aside of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic
from pharmacy.records.feed_tables import feeds, set_aside
from pharmacy.records.tables import clients, patients

State = Literal["received", "reading", "asking", "applying", "linking", "done", "refused"]
STATES: dict[State, str] = {
    "received": "waits to be read",
    "reading": "is read",
    "asking": "waits for a person",
    "applying": "is brought in",
    "linking": "is compared with home-delivery clients",
    "done": "is in",
    "refused": "was refused",
}


@dataclass(frozen=True)
class Feed:
    """One feed of a practice, with its counts as they are now. `why`: what is asked, or why it was refused.

    `missing` are clients of ours that a full feed lacks; `set_aside` rows, and `values_set_aside` values of rows that
    were taken; `differing` values that were held back for a person.
    """

    practice: str
    number: int
    name: str
    scope: str | None
    made_at: datetime | None
    sha256: str
    size: int
    state: State
    why: str | None
    notes: list[str]
    rows_total: int | None
    rows_read: int
    staged_clients: int
    staged_patients: int
    applied_clients: int
    applied_patients: int
    new_clients: int
    new_patients: int
    updated_clients: int
    updated_patients: int
    unchanged_clients: int
    unchanged_patients: int
    set_aside: int
    values_set_aside: int
    differing: int
    missing: int
    merged: int
    to_review: int
    by: str
    received_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    decided_by: str | None
    decided_why: str | None
    decided_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "refused")

    @property
    def progress(self) -> tuple[int, int]:
        """How much is done of how much, in rows, of the present step; (0, 0) where that cannot be told."""
        if self.state == "reading":
            return self.rows_read, max(self.rows_read, self.rows_total or 0)
        if self.state == "applying":
            return self.applied_clients + self.applied_patients, self.staged_clients + self.staged_patients
        return (1, 1) if self.is_over else (0, 0)

    @property
    def in_words(self) -> str:
        """Where the feed stands, in one line."""
        done, total = self.progress
        share = f" ({done * 100 // total} %)" if total and not self.is_over else ""
        return f"Feed {self.number} {STATES[self.state]}{share}"


@dataclass(frozen=True)
class Aside:
    """A row, or with `field` one value of it, that was not taken, and why."""

    kind: str
    line: int
    field: str
    id: str | None
    reason: str
    raw: str


_FEED = [feeds.c[each.name] for each in fields(Feed)]
_ASIDE = [set_aside.c[each.name] for each in fields(Aside)]


async def feed(engine: AsyncEngine, practice: str, number: int) -> Feed:
    """One feed. Raises `LookupError` if the practice has none of this number."""
    query = select(*_FEED).where(feeds.c.practice == practice, feeds.c.number == number)
    async with clinic(engine, practice) as connection:
        found = (await connection.execute(query)).mappings().first()
    if found is None:
        raise LookupError(f"{practice} has no feed {number}.")
    return Feed(**found)


async def history(engine: AsyncEngine, practice: str, limit: int = 50, before: int | None = None) -> list[Feed]:
    """The practice's feeds, the newest first; of those `before` a number, if one is given."""
    query = select(*_FEED).where(feeds.c.practice == practice).order_by(feeds.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(feeds.c.number < before)
    async with clinic(engine, practice) as connection:
        return [Feed(**found) for found in (await connection.execute(query)).mappings()]


async def aside(engine: AsyncEngine, practice: str, number: int, limit: int = 1_000) -> list[Aside]:
    """What was set aside of a feed, in the order of its lines."""
    query = (
        select(*_ASIDE)
        .where(set_aside.c.practice == practice, set_aside.c.feed == number)
        .order_by(set_aside.c.kind, set_aside.c.line, set_aside.c.field)
        .limit(limit)
    )
    async with clinic(engine, practice) as connection:
        return [Aside(**found) for found in (await connection.execute(query)).mappings()]


async def arrived(engine: AsyncEngine, practice: str, within: timedelta) -> int:
    """How many feeds have come lately and are not in, because they wait for their turn or for a person."""
    query = (
        select(func.count())
        .select_from(feeds)
        .where(feeds.c.practice == practice, feeds.c.state.not_in(("done", "refused")))
        .where(feeds.c.received_at > func.now() - within)
    )
    async with clinic(engine, practice) as connection:
        return await connection.scalar(query) or 0


async def size(engine: AsyncEngine, practice: str) -> tuple[int, int]:
    """How many clients and patients of the practice are in the database."""
    async with clinic(engine, practice) as connection:
        counted = [
            await connection.scalar(select(func.count()).select_from(table).where(table.c.practice == practice))
            for table in (clients, patients)
        ]
    return counted[0] or 0, counted[1] or 0
