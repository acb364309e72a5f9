"""The journal: each onboarding's position, entries and mails.

Only `publish` writes it. Onboardings are read here one by one, and by `store.journal.listing` as lists.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.selectable import CTE

from playbooks.engine.listed import Row
from playbooks.engine.onboarding import Entry
from store.accounts.personal_notifications import TELLING, Told, as_json
from store.database import at_once
from store.insertion import insertion, plain
from store.journal.tables import entries, onboardings
from store.mail.ledger import DECIDED, LETTERS
from store.mail.rows import Letter


def _row_statement() -> CTE:
    statement = insert(onboardings).values({name: bindparam(name) for name in _ROW})
    new: dict[str, ColumnElement[Any]] = {name: statement.excluded[name] for name in _ROW if name not in ("id", "run")}
    # The record of the close stays if a later version comes without it.
    new["record"] = func.coalesce(statement.excluded.record, onboardings.c.record)
    new["updated_at"] = func.now()
    return statement.on_conflict_do_update(
        index_elements=["id", "run"], set_=new, where=onboardings.c.version < statement.excluded.version
    ).cte("row")


AMONG, FEW = 200, 3
"""Among how many onboardings the last values of a field are looked for, and how many are found."""
_ROW = list(Row.model_fields)
_LINE = list(Entry.model_fields)

_OWNER: dict[str, ColumnElement[Any]] = {
    name: bindparam(given, type_=Text) for name, given in (("onboarding", "id"), ("run", "run"))
}
LINES = insertion(entries, _LINE, "lines", _OWNER)
"""SQL: stores the entries bound as `lines` in the journal of `id` and `run`."""

_PUBLISH = select(literal(1)).add_cte(
    _row_statement(),
    LINES.cte("lines_in"),
    LETTERS.cte("letters_in"),
    DECIDED.cte("decided_in"),
    TELLING.cte("telling_in"),
)


async def publish(
    engine: AsyncEngine,
    row: Row,
    lines: Sequence[Entry],
    letters: Sequence[Letter],
    released: Sequence[Letter] = (),
    dropped: Mapping[str, str] | None = None,
    told: Sequence[Told] = (),
) -> None:
    """Stores an onboarding's row with its new entries and mails in one statement. Idempotent.

    Held mails that are `released` are sent as they are given; those `dropped`, by key, get the note why. `told` is what
    colleagues are told of the entries.
    If a newer row is stored already (by `row.version`), only the entries and mails are added. Raises `DatabaseDown`.
    """
    values: dict[str, Any] = {
        name: value if isinstance(value, datetime) else plain(value) for name, value in vars(row).items()
    }
    values["visits"] = [visit | {"hours": _hours(visit)} for visit in values["visits"]]
    values["lines"] = [plain(vars(line)) for line in lines]
    values["letters"] = [plain(vars(letter)) for letter in letters]
    drops = [{"key": key, "state": "cancelled", "note": why} for key, why in (dropped or {}).items()]
    values["decided"] = [*(plain(vars(letter)) for letter in released), *map(plain, drops)]
    values["told"] = as_json(told)
    async with at_once(engine) as connection:
        await connection.execute(_PUBLISH, values)


async def find(engine: AsyncEngine, id: str, run: str | None = None) -> Row | None:
    """Returns the row of an onboarding's run, by default the latest; None if there is none."""
    query = select(*(onboardings.c[name] for name in _ROW)).where(onboardings.c.id == id)
    if run is not None:
        query = query.where(onboardings.c.run == run)
    async with at_once(engine) as connection:
        found = (await connection.execute(query.order_by(onboardings.c.started_at.desc()).limit(1))).mappings().first()
    return Row(**found) if found else None


async def lines(engine: AsyncEngine, id: str, run: str) -> list[Entry]:
    query = select(*(entries.c[name] for name in _LINE)).where(entries.c.onboarding == id, entries.c.run == run)
    async with at_once(engine) as connection:
        return [Entry(**each) for each in (await connection.execute(query.order_by(entries.c.number))).mappings()]


async def holds(engine: AsyncEngine, whose: Collection[tuple[str, str]]) -> dict[str, Entry]:
    """The line by which each of these runs (ID and run) was last put on hold, by ID. Its `data` holds `until`."""
    query = select(entries.c.onboarding, *(entries.c[name] for name in _LINE))
    query = query.where(tuple_(entries.c.onboarding, entries.c.run).in_(sorted(whose)))
    query = query.where(entries.c.kind == "command", entries.c.name == "hold").order_by(entries.c.number)
    if not whose:
        return {}
    async with at_once(engine) as connection:
        found = (await connection.execute(query)).mappings()
        return {each["onboarding"]: Entry(**{name: each[name] for name in _LINE}) for each in found}


async def open_notes(engine: AsyncEngine, whose: Collection[str], beginning: str) -> dict[str, list[Entry]]:
    """The notes with this beginning, by onboarding, the latest first; none of an onboarding that has closed."""
    query = select(entries.c.onboarding, *(entries.c[name] for name in _LINE))
    query = query.join(onboardings, and_(entries.c.onboarding == onboardings.c.id, entries.c.run == onboardings.c.run))
    query = query.where(onboardings.c.id.in_(sorted(whose)), onboardings.c.closed_at.is_(None))
    query = query.where(entries.c.kind == "command", entries.c.name == "note")
    query = query.where(entries.c.why.startswith(beginning, autoescape=True)).order_by(entries.c.number.desc())
    notes: dict[str, list[Entry]] = {id: [] for id in whose}
    if not whose:
        return notes
    async with at_once(engine) as connection:
        for each in (await connection.execute(query)).mappings():
            notes[each["onboarding"]].append(Entry(**{name: each[name] for name in _LINE}))
    return notes


def _hours(visit: dict[str, Any]) -> float | None:
    """Returns the hours that a visit took; None while it lasts, or if it is not counted."""
    if visit["left_at"] is None or not visit["counted"]:
        return None
    took = datetime.fromisoformat(visit["left_at"]) - datetime.fromisoformat(visit["entered_at"])
    return took.total_seconds() / 3600


async def last_values(engine: AsyncEngine, fact: str, field: str) -> tuple[str, ...]:
    """Returns what a field of a fact said in the onboardings that were started last: a few values, the latest first."""
    begun = onboardings.c.started_at.desc()
    latest = select(onboardings.c.id, onboardings.c.run).order_by(begun).limit(AMONG).subquery()
    said = (
        select(entries.c.data[field].astext.label("value"), entries.c.recorded_at)
        .join(latest, and_(entries.c.onboarding == latest.c.id, entries.c.run == latest.c.run))
        .where(entries.c.kind == "fact", entries.c.name == fact)
        .subquery()
    )
    query = select(said.c.value).where(said.c.value.is_not(None)).group_by(said.c.value)
    async with at_once(engine) as connection:
        found = await connection.scalars(query.order_by(func.max(said.c.recorded_at).desc()).limit(FEW))
        return tuple(found.all())
