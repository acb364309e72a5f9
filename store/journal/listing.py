"""Lists of onboardings: filtered, in a stable order, a page at a time."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.listed import Row
from playbooks.engine.states import OPEN
from store.database import at_once
from store.journal.tables import calm, due_first, onboarding_names, onboardings, to_tell
from store.telephone import LONGEST, SHORTEST, telephone_digits, words_of
from store.word_starts import start_pattern

Order = Literal["urgent", "due", "longest", "newest", "name", "assignee"]

_LEFT_OUT = ("visits", "record", "contacts")
_COLUMNS = [onboardings.c[name] for name in Row.model_fields if name not in _LEFT_OUT]

# However both are written, and whether or not the country's code is in front.
_SAME_NUMBER = text(
    "EXISTS (SELECT FROM regexp_split_to_table(onboarding_names.contacts, '\\s') AS number,"
    f" CAST(:digits AS text) AS given, least({LONGEST}, length(number), length(given)) AS size"
    f" WHERE number ~ '^[0-9]{{{SHORTEST},}}$' AND right(number, size) = right(given, size))"
)

# What each order sorts by before ID and run, and whether downwards.
_KEYS: dict[Order, tuple[ColumnElement[Any], bool]] = {
    "urgent": (due_first, False),
    "due": (due_first, False),
    "longest": (onboardings.c.entered_at, False),
    "newest": (onboardings.c.started_at, True),
    "name": (onboardings.c.practice_name, False),
    "assignee": (func.coalesce(onboardings.c.assignee, ""), False),
}
_TEXTS = ("name", "assignee")
"""The orders by a text; the others are by a time."""


Outcome = Literal["passed", "kept", "missed", "kept or missed"]


@dataclass(frozen=True)
class VisitFilter:
    """A stage that was passed, or a deadline that was kept or missed, if only as yet: in a stage, or of a side."""

    outcome: Outcome
    stage: str | None = None
    side: str | None = None

    def condition(self) -> ColumnElement[bool]:
        visits = onboardings.c.visits
        wanted = {name: value for name in ("stage", "side") if (value := getattr(self, name)) is not None}
        if self.outcome == "passed":
            # `hours` is null in a visit that does not count.
            tests = [f"@.{name} == ${name}" for name in wanted] + ['@.hours.type() == "number"']
            return func.jsonb_path_exists(visits, cast(f"$[*] ? ({' && '.join(tests)})", JSONPATH), cast(wanted, JSONB))
        kept = visits.contains([{**wanted, "kept": True}])
        overdue = and_(onboardings.c.sla == "breached", visits.contains([{**wanted, "kept": None, "left_at": None}]))
        missed = or_(visits.contains([{**wanted, "kept": False}]), overdue)
        return {"kept": kept, "missed": missed}.get(self.outcome, or_(kept, missed))

    def deadlines(self, row: Row) -> dict[str, list[str]]:
        """Returns the stages of a listed row whose deadlines are those that are wanted, by `kept` or `missed`."""
        found: dict[str, list[str]] = {}
        for visit in row.visits:
            overdue = visit["kept"] is None and visit["left_at"] is None and row.sla == "breached"
            outcome = "kept" if visit["kept"] else "missed" if overdue or visit["kept"] is False else None
            if outcome and outcome in self.outcome and self.side in (None, visit["side"]):
                found.setdefault(outcome, []).append(visit["stage"])
        return found


@dataclass(frozen=True)
class Filter:
    """Which onboardings are wanted: unless told otherwise the open ones. None means: whatever it is.

    Each word of `search` is a part of the ID, the practice's name, or the name, e-mail address or telephone of a
    contact, present or former: at the start of a word, or inside words if no onboarding that is wanted otherwise has
    them at the start. That is asked of those of the statuses `beside`, if they are given, and not of `status`.
    `ids` are those that are wanted, `waiting_on` may be several, an empty `assignee` is nobody. `took_days` are whole
    days from request to close: from the first to before the second. `to_tell`: only those of whose contacts the partner
    has to be told.
    """

    playbook: str | None = None
    stage: str | None = None
    waiting_on: str | tuple[str, ...] | None = None
    assignee: str | None = None
    sla: str | None = None
    overdue: bool | None = None
    status: tuple[str, ...] = OPEN
    search: str | None = None
    beside: tuple[str, ...] = ()
    due_before: datetime | None = None
    ids: Collection[str] | None = None
    started_since: datetime | None = None
    took_days: tuple[int, int] | None = None
    visit: VisitFilter | None = None
    to_tell: bool = False

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        table = onboardings.c
        if set(self.status) <= set(OPEN):
            # Said in the words of the partial index, or it would not be used.
            yield table.closed_at.is_(None)
        if set(self.status) != set(OPEN):
            yield table.status.in_(self.status)
        for name in ("playbook", "stage", "waiting_on", "assignee", "sla"):
            value = getattr(self, name)
            if value == "":
                yield table[name].is_(None)
            elif value is not None:
                yield _is(table[name], value)
        if self.overdue is not None:
            yield not_(calm) if self.overdue else calm
        if self.ids is not None:
            yield table.id.in_(self.ids)
        if self.search:
            yield table.id.in_(self._named(self.search))
        if self.due_before is not None:
            yield due_first < self.due_before
        if self.started_since is not None:
            yield table.started_at >= self.started_since
        if self.took_days is not None:
            first, end = self.took_days
            took = table.closed_at - table.requested_at
            yield took < timedelta(days=end)
            # Who was connected in no time at all is among the first.
            yield or_(took >= timedelta(days=first), literal(first == 0))
        if self.visit is not None:
            yield self.visit.condition()
        if self.to_tell:
            yield to_tell

    def _named(self, search: str) -> Select[tuple[str]]:
        """The IDs that a search finds. An index knows all pieces of what is searched."""
        words = words_of(search)
        found = select(onboarding_names.c.id).where(*map(_has, words))
        begin = [_begins(word) for word in words if telephone_digits(word) is None and any(map(str.isalpha, word))]
        if not begin:
            return found
        others = replace(self, search=None, status=self.beside or self.status)
        first = select(onboardings.c.id).where(*others.conditions(), onboardings.c.id.in_(found.where(*begin)))
        return found.where(or_(and_(*begin), ~first.correlate(None).exists()))


THOSE_OPEN = Filter()


async def list_onboardings(
    engine: AsyncEngine,
    wanted: Filter = THOSE_OPEN,
    *,
    order: Order = "due",
    reverse: bool = False,
    limit: int = 50,
    after: str | None = None,
) -> list[Row]:
    """The onboardings that are wanted, without their records and contacts; with their visits if `visit` is asked for.

    Orders: `urgent` (those that are overdue first, each part as `due`), `due` (by deadline, those without one last),
    `longest` in their stage first, `newest` first, `name`, `assignee` (those of nobody first); each the other way round
    with `reverse`. `after` continues behind the row that `cursor` was given; rows that did not change in between come
    exactly once. Raises ValueError if `after` is no cursor of this order.
    """
    columns = [*_COLUMNS, onboardings.c.visits] if wanted.visit else _COLUMNS
    query: Select[Any] = select(*columns).where(*wanted.conditions())
    key, downwards = _KEYS[order]
    downwards = downwards != reverse
    place = [*([calm] if order == "urgent" else []), key, onboardings.c.id, onboardings.c.run]
    if after is not None:
        here = tuple_(*_place_of(after, order, reverse))
        query = query.where(tuple_(*place) < here if downwards else tuple_(*place) > here)
    query = query.order_by(*(each.desc() if downwards else each for each in place)).limit(limit)
    async with at_once(engine) as connection:
        return [Row(**found) for found in (await connection.execute(query)).mappings()]


def cursor(row: Row, order: Order = "due", *, reverse: bool = False) -> str:
    """Where `list_onboardings` goes on behind this row; fit for an address."""
    value: str | datetime | None = {
        "urgent": row.due_at,
        "due": row.due_at,
        "longest": row.entered_at,
        "newest": row.started_at,
        "name": row.practice_name,
        "assignee": row.assignee or "",
    }[order]
    shown = value.isoformat() if isinstance(value, datetime) else "infinity" if value is None else value
    named = f"{order} {'overdue' if row.sla == 'breached' else 'not'}" if order == "urgent" else order
    named += " reversed" if reverse else ""
    return base64.urlsafe_b64encode(json.dumps([named, shown, row.id, row.run]).encode()).decode().rstrip("=")


async def assigned(engine: AsyncEngine, handle: str) -> list[str]:
    """The IDs of the open onboardings of one colleague, to hand them to another."""
    query = select(onboardings.c.id).where(onboardings.c.closed_at.is_(None), onboardings.c.assignee == handle)
    async with at_once(engine) as connection:
        return list(await connection.scalars(query.order_by(onboardings.c.id)))


def _is(column: ColumnElement[Any], value: str | tuple[str, ...]) -> ColumnElement[bool]:
    # One alone is asked for as such: only then the index brings them in their order.
    several = (value,) if isinstance(value, str) else value
    return column == several[0] if len(several) == 1 else column.in_(several)


def _has(word: str) -> ColumnElement[bool]:
    names = onboarding_names.c
    if (digits := telephone_digits(word)) and len(digits) >= SHORTEST:
        same = _SAME_NUMBER.bindparams(bindparam("digits", digits, unique=True))
        part = or_(names.id.contains(digits), names.contacts.contains(digits), same)
        return and_(names.pieces.contains(func.pieces(digits[-SHORTEST:], 3)), part)
    word = digits or word
    shortest = func.least(3, func.char_length(func.lower(literal(word, Text))))
    part = or_(*(each.icontains(word, autoescape=True) for each in (names.id, names.name, names.contacts)))
    return and_(names.pieces.contains(func.pieces(literal(word, Text), shortest)), part)


def _begins(word: str) -> ColumnElement[bool]:
    names = onboarding_names.c
    return or_(*(each.regexp_match(start_pattern(word), "i") for each in (names.id, names.name, names.contacts)))


def _place_of(text: str, order: Order, reverse: bool) -> list[ColumnElement[Any]]:
    """Where a page ended, as values to be compared with those that are sorted by."""
    named, value, *identity = _read(text, order, reverse)
    typed = literal(value, Text) if order in _TEXTS else cast(literal(value, Text), DateTime(timezone=True))
    first = [literal("overdue" not in named.split())] if order == "urgent" else []
    return [*first, typed, *(literal(each, Text) for each in identity)]


def _read(text: str, order: Order, reverse: bool) -> list[str]:
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        named, value, *identity = found
        if named.partition(" ")[0] not in _TEXTS and value != "infinity":
            datetime.fromisoformat(value)
        if len(identity) != 2 or not all(isinstance(each, str) and "\0" not in each for each in found):
            raise ValueError
    except (ValueError, TypeError):
        raise ValueError(f"'{text}' does not continue a list: take the value that came with the page before") from None
    if named.partition(" ")[0] != order or named.endswith(" reversed") != reverse:
        raise ValueError(f"that page was sorted by {named.partition(' ')[0]} and not by {order}: begin the list again")
    return [named, value, *identity]
