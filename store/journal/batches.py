"""Files of practices to start: their rows, and the outcome of each.

Whoever works on a file claims it and says from time to time that they still do. A claim that went silent was a process
that ended; any other takes the file up where it was left.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Label, Update, and_, case, delete, exists, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.journal.tables import batch_rows, batches

SILENT = timedelta(seconds=30)
"""A claim that is not renewed ends after this."""
KEPT = timedelta(days=30)
"""How long the rows of a file, with people's addresses, are kept."""

RowState = Literal["new", "started", "refused", "waiting", "known", "left"]
StateNow = Literal[RowState, "since"]
"""`since`: it was refused or waits, and a later file started its practice."""
Kind = Literal["alike", "zone", "late"]
"""Why a row waits: it is probably there already, or only its time zone is none of its state, or only is it late."""


@dataclass(frozen=True)
class BatchRow:
    """A row as it was given, by column; with the reasons, one a line, if it was refused or waits.

    `there` are the onboardings that it may be; `kind` is None if it waits for several reasons.
    """

    line: int
    practice: str
    given: dict[str, str]
    state: RowState = "new"
    why: str | None = None
    there: list[str] = field(default_factory=list)
    kind: Kind | None = None


@dataclass(frozen=True)
class ReadAs:
    """How a file was read: its delimiter, its headings with the columns that they name, and notes for the reader."""

    delimiter: str = ","
    fields: list[tuple[str, str | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """A file, and how many of its rows are in which state. `corrects` is the file whose rows it has."""

    id: str
    playbook: str
    by: str
    file: str
    created_at: datetime
    ended_at: datetime | None
    read_as: ReadAs
    corrects: str | None
    new: int = 0
    started: int = 0
    refused: int = 0
    since: int = 0
    waiting: int = 0
    known: int = 0
    left: int = 0

    @property
    def rows(self) -> int:
        return self.new + self.started + self.refused + self.since + self.waiting + self.known + self.left


@dataclass(frozen=True)
class Upload:
    """A file in the list of those uploaded before, with how many of its rows wait for a person or are refused."""

    id: str
    file: str
    by: str
    created_at: datetime
    waiting: int
    refused: int


async def create(
    engine: AsyncEngine,
    *,
    playbook: str,
    by: str,
    file: str,
    read_as: ReadAs,
    rows: Iterable[BatchRow],
    corrects: str | None = None,
) -> str:
    """Stores a file's rows to be started by whoever claims it; returns its ID. Forgets what is too old."""
    identity = secrets.token_urlsafe(9)
    values = [{"batch": identity, **vars(row)} for row in rows]
    long_ago = func.now() - literal(SILENT * 2)
    async with engine.begin() as connection:
        await connection.execute(delete(batches).where(batches.c.created_at < func.now() - literal(KEPT)))
        first = {"id": identity, "playbook": playbook, "by": by, "file": file[:200], "corrects": corrects}
        await connection.execute(insert(batches).values(**first, read_as=vars(read_as), seen_at=long_ago))
        if values:
            await connection.execute(insert(batch_rows), values)
    return identity


async def claim(engine: AsyncEngine) -> str | None:
    """The oldest file that nobody works on; None if there is none."""
    free = select(batches.c.id).where(batches.c.ended_at.is_(None), batches.c.seen_at < func.now() - literal(SILENT))
    first = free.order_by(batches.c.created_at).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    take = update(batches).where(batches.c.id == first).values(seen_at=func.now()).returning(batches.c.id)
    async with at_once(engine) as connection:
        found: str | None = await connection.scalar(take)
        return found


async def still_at_it(engine: AsyncEngine, identity: str) -> None:
    async with at_once(engine) as connection:
        await connection.execute(update(batches).where(batches.c.id == identity).values(seen_at=func.now()))


async def settle(engine: AsyncEngine, identity: str, row: BatchRow) -> None:
    """Records a row's outcome. Of a started row only the name is kept, as the onboarding has the rest."""
    is_there = row.state in ("started", "known")
    given = {name: value for name, value in row.given.items() if name == "name" or not is_there}
    of_it = batch_rows.c.batch == identity, batch_rows.c.line == row.line, batch_rows.c.state == "new"
    async with at_once(engine) as connection:
        await connection.execute(
            update(batch_rows).where(*of_it).values(state=row.state, why=row.why, there=row.there, given=given)
        )


async def release(engine: AsyncEngine, identity: str, lines: Collection[int], zone: str | None = None) -> None:
    """Has rows that wait started after all, or that were left; with the time zone `zone`, also refused ones."""
    values: dict[str, Any] = {"state": "new", "why": None}
    states: tuple[RowState, ...] = ("waiting", "left")
    if zone:
        states = (*states, "refused")
        values["given"] = batch_rows.c.given.concat({"time_zone": zone})
    async with engine.begin() as connection:
        released = await connection.execute(_those(identity, states, lines).values(values))
        if released.rowcount:
            again = update(batches).where(batches.c.id == identity, batches.c.ended_at.is_not(None))
            long_ago = func.now() - literal(SILENT * 2)
            await connection.execute(again.values(ended_at=None, seen_at=long_ago))


async def leave(engine: AsyncEngine, identity: str, lines: Collection[int], why: str = "") -> None:
    """Settles that rows that wait or were refused are not started; they stay on record, with the reason `why` if one is
    given."""
    values: dict[str, Any] = {"state": "left"}
    if why:
        values["why"] = func.concat_ws("\n", batch_rows.c.why, f"Left: {why}")
    async with engine.begin() as connection:
        await connection.execute(_those(identity, ("waiting", "refused"), lines).values(values))


def _those(identity: str, states: tuple[RowState, ...], lines: Collection[int]) -> Update:
    those = batch_rows.c.batch == identity, batch_rows.c.state.in_(states), batch_rows.c.line.in_(lines)
    return update(batch_rows).where(*those)


async def end(engine: AsyncEngine, identity: str) -> bool:
    """Ends the work on a file; returns False, and does not, if there is a row to be started."""
    is_new = batch_rows.c.batch == identity, batch_rows.c.state == "new"
    ended = update(batches).where(batches.c.id == identity, ~select(batch_rows.c.line).where(*is_new).exists())
    async with at_once(engine) as connection:
        return bool((await connection.execute(ended.values(ended_at=func.now()))).rowcount)


async def find(engine: AsyncEngine, identity: str) -> Batch | None:
    """Returns a file's progress; None if there is none with this ID (any more)."""
    now = case((_is("since"), "since"), else_=batch_rows.c.state).label("now")
    count = select(now, func.count()).join_from(batch_rows, batches).where(batches.c.id == identity).group_by("now")
    names = ("id", "playbook", "by", "file", "created_at", "ended_at", "read_as", "corrects")
    async with at_once(engine) as connection:
        query = select(*(batches.c[name] for name in names)).where(batches.c.id == identity)
        found = (await connection.execute(query)).mappings().first()
        counts: dict[str, Any] = dict((await connection.execute(count)).all())
    if found is None:
        return None
    return Batch(**{**found, "read_as": ReadAs(**found["read_as"])}, **counts)


async def rows(engine: AsyncEngine, identity: str, state: StateNow, limit: int, after: int = 0) -> list[BatchRow]:
    """Returns the rows in one state after the line `after`, in order."""
    columns = [batch_rows.c[name] for name in BatchRow.__dataclass_fields__]
    query = select(*columns).join_from(batch_rows, batches).where(batches.c.id == identity, _is(state))
    async with at_once(engine) as connection:
        found = await connection.execute(
            query.where(batch_rows.c.line > after).order_by(batch_rows.c.line).limit(limit)
        )
        return [BatchRow(**row) for row in found.mappings()]


async def latest(engine: AsyncEngine, limit: int = 5) -> list[Upload]:
    """Returns the files uploaded last."""
    names = ("id", "file", "by", "created_at")
    counts = _how_many("waiting"), _how_many("refused")
    columns = [*(batches.c[name] for name in names), *counts]
    query = select(*columns).order_by(batches.c.created_at.desc()).limit(limit)
    async with at_once(engine) as connection:
        return [Upload(**row) for row in (await connection.execute(query)).mappings()]


_LATER, _AGAIN = batches.alias(), batch_rows.alias()
_STARTED_SINCE = exists().where(
    _LATER.c.created_at > batches.c.created_at,
    _LATER.c.playbook == batches.c.playbook,
    _AGAIN.c.batch == _LATER.c.id,
    _AGAIN.c.practice == batch_rows.c.practice,
    _AGAIN.c.state.in_(("started", "known")),
)


def _is(state: StateNow) -> ColumnElement[bool]:
    if state == "since":
        return and_(batch_rows.c.state.in_(("refused", "waiting")), _STARTED_SINCE)
    is_in = batch_rows.c.state == state
    return and_(is_in, ~_STARTED_SINCE) if state in ("refused", "waiting") else is_in


def _how_many(state: StateNow) -> Label[int]:
    those = select(func.count()).where(batch_rows.c.batch == batches.c.id, _is(state))
    return those.scalar_subquery().label(state)
