"""Progress and results of feeds: the step a feed is in, its counts, and its rejected rows."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.feeds.rows import Rejection
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.feed_tables import feeds, set_aside
from pharmacy.records.tables import clients, patients
from playbooks.calendar.values import Frozen

State = Literal["received", "reading", "asking", "applying", "linking", "done", "refused"]
STATES: dict[State, str] = {
    "received": "waits to be read",
    "reading": "is read",
    "asking": "waits for a decision",
    "applying": "is being imported",
    "linking": "is compared with home-delivery clients",
    "done": "is in",
    "refused": "was refused",
}


class FeedProgress(Frozen):
    """A feed with its counts as they are now. `why`: what a person is asked, or why it was refused.

    `set_aside` counts rows that could not be taken, `values_set_aside` values of rows that were, `differing` values
    that wait for a person, `missing` clients of ours that a full feed lacks, `to_review` pairs that may be one person.
    `waits_for` is the number of an earlier feed that waits for a person, and this one behind it.
    """

    number: int
    name: str
    size: int
    state: State
    why: str | None
    by: str
    made_at: datetime | None
    received_at: datetime
    finished_at: datetime | None
    rows_read: int
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
    waits_for: int | None


class Feed(FeedProgress):
    """A feed as it is stored."""

    practice: str
    scope: str | None
    sha256: str
    notes: list[str]
    rows_total: int | None
    staged_clients: int
    staged_patients: int
    applied_clients: int
    applied_patients: int
    started_at: datetime | None
    decided_by: str | None
    decided_why: str | None
    decided_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "refused")

    @property
    def progress(self) -> tuple[int, int]:
        """Returns how many rows of the current step are done, and how many there are; (0, 0) if unknown."""
        if self.state == "reading":
            return self.rows_read, max(self.rows_read, self.rows_total or 0)
        if self.state == "applying":
            return self.applied_clients + self.applied_patients, self.staged_clients + self.staged_patients
        return (1, 1) if self.is_over else (0, 0)

    @property
    def in_words(self) -> str:
        if self.waits_for is not None:
            return f"Feed {self.number} waits until a person has decided about feed {self.waits_for}"
        done, total = self.progress
        share = f" ({done * 100 // total} %)" if total and not self.is_over else ""
        return f"Feed {self.number} {STATES[self.state]}{share}"


_earlier = feeds.alias()
_WAITS_FOR = (
    select(func.min(_earlier.c.number))
    .where(_earlier.c.practice == feeds.c.practice, _earlier.c.number < feeds.c.number, _earlier.c.state == "asking")
    .where(feeds.c.state == "received")
    .scalar_subquery()
    .label("waits_for")
)
_FEED = [_WAITS_FOR if name == "waits_for" else feeds.c[name] for name in Feed.model_fields]
_REJECTION = [set_aside.c[field.name] for field in fields(Rejection)]


async def load_feed(engine: AsyncEngine, practice: str, number: int) -> Feed:
    """Returns a feed. Raises `LookupError` if the practice has none of this number."""
    query = select(*_FEED).where(feeds.c.practice == practice, feeds.c.number == number)
    async with clinic_transaction(engine, practice) as connection:
        row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise LookupError(f"{practice} has no feed {number}.")
    return Feed(**row)


async def list_feeds(engine: AsyncEngine, practice: str, limit: int = 50, before: int | None = None) -> list[Feed]:
    """Returns the practice's feeds, newest first; with `before`, those of smaller numbers."""
    query = select(*_FEED).where(feeds.c.practice == practice).order_by(feeds.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(feeds.c.number < before)
    async with clinic_transaction(engine, practice) as connection:
        return [Feed(**row) for row in (await connection.execute(query)).mappings()]


async def list_rejections(engine: AsyncEngine, practice: str, number: int, limit: int = 1_000) -> list[Rejection]:
    """Returns the rejected rows and values of a feed, in the order of its lines."""
    query = (
        select(*_REJECTION)
        .where(set_aside.c.practice == practice, set_aside.c.feed == number)
        .order_by(set_aside.c.kind, set_aside.c.line, set_aside.c.field)
        .limit(limit)
    )
    async with clinic_transaction(engine, practice) as connection:
        return [Rejection(**row) for row in (await connection.execute(query)).mappings()]


async def count_unfinished(engine: AsyncEngine, practice: str, within: timedelta) -> int:
    """Counts the feeds received within this time that are not finished, and may wait for a person."""
    query = (
        select(func.count())
        .select_from(feeds)
        .where(feeds.c.practice == practice, feeds.c.state.not_in(("done", "refused")))
        .where(feeds.c.received_at > func.now() - within)
    )
    async with clinic_transaction(engine, practice) as connection:
        return await connection.scalar(query) or 0


async def count_records(engine: AsyncEngine, practice: str) -> tuple[int, int]:
    async with clinic_transaction(engine, practice) as connection:
        counted = [
            await connection.scalar(select(func.count()).select_from(table).where(table.c.practice == practice))
            for table in (clients, patients)
        ]
    return counted[0] or 0, counted[1] or 0
