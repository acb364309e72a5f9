"""What colleagues are told of: that they were mentioned, got an onboarding, or that a deadline of theirs was missed.

Each is an event of an onboarding's journal, and told to a person once. A colleague chooses for each kind whether it is
listed in the console, and whether it comes by mail; both, unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Text, bindparam, column, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import Insert

from store.accounts.tables import notification_choices, personal_notifications, users
from store.columns import Json, Moment
from store.database import at_once
from store.insertion import plain

Kind = Literal["mention", "assignment", "breach"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SHOWN = 100
"""Notifications that a list shows at most."""


@dataclass(frozen=True)
class Told:
    """What to tell `person`, a handle. `event` is the same for a repetition; `by` is who caused it, if anybody."""

    person: str
    kind: Kind
    event: str
    onboarding: str
    practice_name: str
    text: str
    quote: str | None
    by: str | None
    at: datetime


@dataclass(frozen=True)
class Notification:
    id: int
    kind: Kind
    onboarding: str
    practice_name: str
    text: str
    quote: str | None
    by: str | None
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class Choice:
    """How a colleague wants to be told of one kind."""

    mail: bool = True
    list: bool = True


_TOLD = ("person", "kind", "event", "onboarding", "practice_name", "text", "quote", "by", "at")


def _telling() -> Insert:
    types = {"at": Moment}
    columns = [column(name, types.get(name, Text)) for name in _TOLD]
    told = func.jsonb_to_recordset(bindparam("told", type_=Json)).table_valued(*columns, name="told")
    told = told.render_derived(with_types=True)
    choices = notification_choices
    wanted = (choices.c.person == told.c.person) & (choices.c.kind == told.c.kind)
    source = (
        select(*(told.c[name] for name in _TOLD))
        .join(users, (users.c.handle == told.c.person) & users.c.active & users.c.role.is_not(None))
        .outerjoin(choices, wanted)
        .where(func.coalesce(choices.c.list, true()))
    )
    return insert(personal_notifications).from_select(_TOLD, source).on_conflict_do_nothing()


TELLING = _telling()
"""Tells colleagues with an account what is bound as `told`, each event once, as part of a statement that stores it."""


def as_json(told: Collection[Told]) -> list[object]:
    return [plain(asdict(each)) for each in told]


async def listed(engine: AsyncEngine, handle: str) -> list[Notification]:
    """Returns a colleague's notifications, the newest first."""
    table = personal_notifications
    query = select(*(table.c[name] for name in Notification.__dataclass_fields__)).where(table.c.person == handle)
    async with at_once(engine) as connection:
        found = await connection.execute(query.order_by(table.c.at.desc(), table.c.id.desc()).limit(SHOWN))
        return [Notification(**each) for each in found.mappings()]


async def unread_count(engine: AsyncEngine, handle: str) -> int:
    table = personal_notifications
    query = select(func.count()).where(table.c.person == handle, table.c.read_at.is_(None))
    async with at_once(engine) as connection:
        return await connection.scalar(query) or 0


async def mark_read(engine: AsyncEngine, handle: str, *, id: int | None = None, onboarding: str | None = None) -> None:
    """Marks a colleague's notifications as read: one, those of an onboarding, or all."""
    table = personal_notifications
    change = update(personal_notifications).where(table.c.person == handle, table.c.read_at.is_(None))
    if id is not None:
        change = change.where(table.c.id == id)
    if onboarding is not None:
        change = change.where(table.c.onboarding == onboarding)
    async with at_once(engine) as connection:
        await connection.execute(change.values(read_at=func.now()))


async def choices_of(engine: AsyncEngine, handle: str) -> dict[Kind, Choice]:
    table = notification_choices
    query = select(table.c.kind, table.c.mail, table.c.list).where(table.c.person == handle)
    async with at_once(engine) as connection:
        found: Mapping[str, Choice] = {row.kind: Choice(row.mail, row.list) for row in await connection.execute(query)}
    return {kind: found.get(kind, Choice()) for kind in KINDS}


async def choose(engine: AsyncEngine, handle: str, choices: Mapping[Kind, Choice]) -> None:
    rows = [{"person": handle, "kind": kind, **asdict(choice)} for kind, choice in choices.items()]
    new = insert(notification_choices)
    change = new.on_conflict_do_update(
        index_elements=["person", "kind"], set_={"mail": new.excluded.mail, "list": new.excluded.list}
    )
    async with engine.begin() as connection:
        await connection.execute(change, rows)


async def without_mail(engine: AsyncEngine, wanted: Collection[tuple[str, Kind]]) -> set[tuple[str, str]]:
    """Returns those of the pairs of a handle and a kind of which that colleague wants no mail."""
    table = notification_choices
    if not wanted:
        return set()
    query = select(table.c.person, table.c.kind).where(tuple_(table.c.person, table.c.kind).in_(sorted(wanted)))
    async with at_once(engine) as connection:
        return {(row.person, row.kind) for row in await connection.execute(query.where(~table.c.mail))}
