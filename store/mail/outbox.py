"""Reads mails and their number, and stops and resumes all mail."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.model import PHARMACY_ROLES
from playbooks.engine.states import MailState
from store.database import at_once
from store.mail.rows import Mail
from store.mail.tables import mails, switches

_MAIL = [mails.c[field.name] for field in fields(Mail) if field.name not in ("text", "html")]
_SWITCH = "mail"

doubted_once = and_(mails.c.state == "unknown", mails.c.doubts == 1)
"""SQL: one copy may have been delivered, and the mail may be sent once more."""

_waits = or_(mails.c.state.in_(("queued", "sending")), doubted_once)

paused = select(switches.c.name).where(switches.c.name == _SWITCH, switches.c.value["paused"].as_boolean()).exists()
"""SQL: whether all mail is stopped."""


@dataclass(frozen=True)
class Switch:
    """Whether all mail is stopped, and who set that, why and when (None if never set)."""

    paused: bool
    by: str | None = None
    why: str | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class MailStatus:
    """Whether mail is stopped, by whom, why and since when (None if never set), and the number of mails by state.

    `trouble` is as from the function of that name.
    """

    paused: bool
    by: str | None
    why: str | None
    since: datetime | None
    counts: dict[MailState, int]
    trouble: str | None = None


async def pause(engine: AsyncEngine, by: str, why: str) -> None:
    """Stops all mail. One that is being handed to the server now still goes out."""
    await _switch(engine, True, by, why)


async def resume(engine: AsyncEngine, by: str, why: str | None = None) -> None:
    """Lets mail go out again."""
    await _switch(engine, False, by, why)


async def switch(engine: AsyncEngine) -> Switch:
    """Returns whether mail is stopped."""
    async with at_once(engine) as connection:
        found = (await connection.execute(select(switches).where(switches.c.name == _SWITCH))).mappings().first()
    if found is None:
        return Switch(paused=False)
    return Switch(found["value"]["paused"], found["by"], found["why"], found["at"])


async def status(engine: AsyncEngine) -> MailStatus:
    """Returns whether mail is stopped, and the number of mails by state."""
    current = await switch(engine)
    async with at_once(engine) as connection:
        counted = await connection.execute(select(mails.c.state, func.count()).group_by(mails.c.state))
        counts: dict[MailState, int] = dict(counted.all())
    return MailStatus(current.paused, current.by, current.why, current.since, counts, await trouble(engine))


async def trouble(engine: AsyncEngine) -> str | None:
    """Returns why mails wait that our own sending keeps back, such as a wrong password."""
    kept_back = select(mails.c.error).where(_waits, mails.c.remedy == "ours")
    async with at_once(engine) as connection:
        return await connection.scalar(kept_back.order_by(mails.c.updated_at.desc()).limit(1))


async def mails_of(engine: AsyncEngine, onboarding: str, run: str, *, bodies: bool = False) -> list[Mail]:
    """Returns the mails of one run, oldest first; with their texts if `bodies`."""
    query: Select[Any] = select(*_MAIL, *((mails.c.text, mails.c.html) if bodies else ()))
    query = query.where(mails.c.onboarding == onboarding, mails.c.run == run)
    async with at_once(engine) as connection:
        found = (await connection.execute(query.order_by(mails.c.created_at, mails.c.key))).mappings()
        return [Mail(**each) for each in found]


async def find(engine: AsyncEngine, key: str) -> Mail | None:
    """Returns a mail with its texts."""
    async with at_once(engine) as connection:
        found = await connection.execute(select(*_MAIL, mails.c.text, mails.c.html).where(mails.c.key == key))
        return next((Mail(**each) for each in found.mappings()), None)


async def pending(engine: AsyncEngine, limit: int = 100) -> list[Mail]:
    """Returns the mails that wait or are being sent, oldest first, without their texts."""
    query = select(*_MAIL).where(_waits).order_by(mails.c.created_at, mails.c.key).limit(limit)
    async with at_once(engine) as connection:
        return [Mail(**found) for found in (await connection.execute(query)).mappings()]


async def pending_count(engine: AsyncEngine) -> int:
    """Counts the mails that wait or are being sent."""
    async with at_once(engine) as connection:
        return await connection.scalar(select(func.count()).select_from(mails).where(_waits)) or 0


async def sent_mails(
    engine: AsyncEngine,
    begin: datetime,
    end: datetime,
    *,
    to: Literal["", "practices", "colleagues"] = "",
    words: str = "",
    after: str = "",
    limit: int = 50,
) -> list[Mail]:
    """Returns the mails that went out between two times, newest first, without their texts; also those that came back.

    Each of the first six `words` occurs in the recipient, the subject or the onboarding's ID. `after` continues behind
    the mail with this `place_of`; raises `ValueError` if it is none.
    """
    query = select(*_MAIL).where(mails.c.sent_at >= begin, mails.c.sent_at < end)
    if to:
        ours = mails.c.role.in_(sorted(PHARMACY_ROLES))
        query = query.where(ours if to == "colleagues" else ~ours)
    for word in words.split()[:6]:
        where = (mails.c.to_name, mails.c.to_email, mails.c.subject, mails.c.onboarding)
        query = query.where(or_(*(each.icontains(word, autoescape=True) for each in where)))
    here = (mails.c.sent_at, mails.c.key)
    if after:
        at, _, key = after.partition(" ")
        query = query.where(tuple_(*here) < tuple_(literal(datetime.fromisoformat(at)), literal(key)))
    async with at_once(engine) as connection:
        found = (await connection.execute(query.order_by(*(each.desc() for each in here)).limit(limit))).mappings()
        return [Mail(**each) for each in found]


def place_of(mail: Mail) -> str:
    """Returns where `sent_mails` goes on behind a mail; fit for an address."""
    return f"{mail.sent_at.isoformat() if mail.sent_at else ''} {mail.key}"


async def last_sent(engine: AsyncEngine, before: datetime) -> datetime | None:
    """Returns when the last mail before a time went out."""
    async with at_once(engine) as connection:
        at: datetime | None = await connection.scalar(select(func.max(mails.c.sent_at)).where(mails.c.sent_at < before))
    return at


async def _switch(engine: AsyncEngine, on: bool, by: str, why: str | None) -> None:
    values = {"value": {"paused": on}, "by": by, "why": why, "at": func.now()}
    statement = insert(switches).values(name=_SWITCH, **values)
    async with at_once(engine) as connection:
        await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
