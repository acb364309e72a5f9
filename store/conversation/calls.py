"""The call log: writes and reads the calls with a practice."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import and_, func, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from store.columns import storable
from store.conversation.tables import Direction, calls
from store.conversation.timeline import has_number
from store.database import at_once
from store.word_starts import start_pattern


@dataclass(frozen=True)
class Call:
    """A call with a practice: with whom, what was said, when, and who logged it."""

    id: int
    practice: str
    direction: Direction
    name: str
    phone: str | None
    said: str
    at: datetime
    by: str
    logged_at: datetime
    taken_back_by: str | None
    taken_back_at: datetime | None
    taken_back_why: str | None


class NoSuchCall(LookupError):
    """The practice has no such call."""


class OtherCall(Exception):
    """The key was used for another call."""


_CALL = [calls.c[field.name] for field in fields(Call)]
_SAME = ("practice", "direction", "name", "phone", "said")


async def log(
    engine: AsyncEngine,
    practice: str,
    *,
    direction: Direction,
    name: str,
    phone: str | None,
    said: str,
    at: datetime,
    by: str,
    key: str,
) -> Call:
    """Logs a call. With a key that was used before it returns the call of then, or raises `OtherCall`."""
    texts = {"practice": practice, "direction": direction, "name": name, "phone": phone, "said": said, "by": by}
    values = {column: value and storable(value) for column, value in texts.items()}
    new = insert(calls).values(**values, at=at, key=key).on_conflict_do_nothing(index_elements=["key"])
    async with at_once(engine) as connection:
        row = (await connection.execute(new.returning(*_CALL))).mappings().first()
        if row is None:
            row = (await connection.execute(select(*_CALL).where(calls.c.key == key))).mappings().one()
            if any(row[column] != values[column] for column in _SAME):
                raise OtherCall
    return Call(**row)


async def take_back(engine: AsyncEngine, practice: str, id: int, by: str, why: str) -> Call:
    """Marks a call as logged by mistake, once; it stays on record. Raises `NoSuchCall`."""
    this = calls.c.practice == practice, calls.c.id == id
    marks = {"taken_back_by": by, "taken_back_at": func.now(), "taken_back_why": storable(why)}
    async with at_once(engine) as connection:
        await connection.execute(update(calls).where(*this, calls.c.taken_back_by.is_(None)).values(marks))
        row = (await connection.execute(select(*_CALL).where(*this))).mappings().first()
    if row is None:
        raise NoSuchCall
    return Call(**row)


async def list_calls(engine: AsyncEngine, practice: str, limit: int, before: int | None = None) -> list[Call]:
    """Returns the practice's calls, the latest first; with `before`, those behind the call with this ID."""
    query = select(*_CALL).where(calls.c.practice == practice)
    if before is not None:
        place = select(calls.c.at, calls.c.id).where(calls.c.practice == practice, calls.c.id == before)
        query = query.where(tuple_(calls.c.at, calls.c.id) < place.scalar_subquery())
    async with at_once(engine) as connection:
        rows = await connection.execute(query.order_by(calls.c.at.desc(), calls.c.id.desc()).limit(limit))
        return [Call(**row) for row in rows.mappings()]


async def find_callers(engine: AsyncEngine, search: str, limit: int) -> list[Call]:
    """Returns the latest calls with somebody of that name or telephone, without those that were taken back."""
    words = search.split()[:6]
    starts = and_(true(), *(calls.c.name.regexp_match(start_pattern(word), "i") for word in words))
    named = and_(true(), *(calls.c.name.icontains(word, autoescape=True) for word in words))
    stands = calls.c.taken_back_by.is_(None)
    others = select(calls.c.id).where(stands, starts).correlate(None).exists()
    who = or_(starts, and_(named, ~others), has_number(calls.c.phone, search))
    query = select(*_CALL).where(who, stands).order_by(calls.c.at.desc()).limit(limit)
    async with at_once(engine) as connection:
        return [Call(**row) for row in (await connection.execute(query)).mappings()]
