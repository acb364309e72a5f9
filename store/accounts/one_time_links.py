"""One-time links with which a person sets a password: the first admin's, an invitation, a reset.

Only the newest link of a person works, once, and not after it expired. Loading one changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from store.accounts import passwords
from store.accounts.access import end_sessions
from store.accounts.accounts import NewPerson, add, find, find_account, set_password
from store.accounts.audit import log
from store.accounts.people import MEMBER, Account
from store.accounts.problem import LinkSpent
from store.accounts.tables import one_time_links, users
from store.accounts.tokens import hash_of, new_secret
from store.database import at_once

Purpose = Literal["first_admin", "invitation", "password_reset"]

VALID: dict[Purpose, timedelta] = {
    "first_admin": timedelta(days=7),
    "invitation": timedelta(days=7),
    "password_reset": timedelta(hours=24),
}
MEMBER_PATH = "/members/welcome/"
"""Of the links of practices' people."""
SPENT = "This link has been used, replaced or has expired: ask an admin for a new one."
MEMBER_SPENT = "This link has been used, replaced or has expired: ask for another where you sign in."


@dataclass(frozen=True)
class Link:
    purpose: Purpose
    handle: str | None
    expires_at: datetime


async def first_admin_link(engine: AsyncEngine) -> str | None:
    """The secret of a link that makes the first admin, replacing any before it; None once there is an admin."""
    async with engine.begin() as connection:
        if await _has_admin(connection):
            return None
        await connection.execute(delete(one_time_links).where(one_time_links.c.purpose == "first_admin"))
        return await _issue(connection, "first_admin", None, "system")


async def invite(engine: AsyncEngine, person: NewPerson, by: str) -> str:
    """Makes an account and the secret of its link. Raises `AccountProblem` if handle or address are taken."""
    async with engine.begin() as connection:
        await add(connection, person, by)
        return await _issue(connection, "invitation", person.handle, by)


async def new_link(engine: AsyncEngine, handle: str, by: str) -> str:
    """A new link for somebody who lost theirs or forgot the password. Raises `NoSuchPerson`."""
    person = await find(engine, handle)
    async with engine.begin() as connection:
        await connection.execute(delete(one_time_links).where(one_time_links.c.handle == handle))
        purpose: Purpose = "password_reset" if person.has_password else "invitation"
        secret = await _issue(connection, purpose, handle, by)
        await log(connection, by, handle, "link made", purpose=purpose)
    return secret


async def member_link(engine: AsyncEngine, account: Account, secret: str, by: str) -> None:
    """Makes this secret the only link of a person of practices, by which they set their password."""
    purpose: Purpose = "password_reset" if account.has_password else "invitation"
    async with engine.begin() as connection:
        await connection.execute(delete(one_time_links).where(one_time_links.c.handle == account.handle))
        await _issue(connection, purpose, account.handle, by, secret)
        await log(connection, by, account.handle, "link made", purpose=purpose)


async def load_link(engine: AsyncEngine, secret: str, *, of_team: bool = True) -> Link:
    """What the link is for. Raises `LinkSpent`, also for one of a practice's person unless `of_team` is false."""
    columns = [one_time_links.c[name] for name in ("purpose", "handle", "expires_at")]
    async with at_once(engine) as connection:
        row = (await connection.execute(select(*columns).where(*_good(secret)))).mappings().first()
    if row is None or (row["handle"] or "").startswith(MEMBER) is of_team:
        raise LinkSpent(SPENT if of_team else MEMBER_SPENT)
    return Link(**row)


async def use(
    engine: AsyncEngine, secret: str, password: str, first: NewPerson | None = None, *, of_team: bool = True
) -> Account:
    """Sets the password of the link's person and lets them in; `first` is who the first admin is to be.

    All sessions of the person end. Raises `LinkSpent` or `AccountProblem`; the link can be used again then.
    """
    link = await load_link(engine, secret, of_team=of_team)
    person = NewPerson(**{**first.model_dump(), "role": "admin"}) if first and link.handle is None else None
    known = await find_account(engine, link.handle) if link.handle else None
    passwords.check(password, *((known.handle, known.email) if known else (first.handle, first.email) if first else ()))
    hashed = await passwords.hashed(password)
    async with engine.begin() as connection:
        spent = update(one_time_links).where(*_good(secret)).values(used_at=func.now())
        row = (await connection.execute(spent.returning(one_time_links.c.purpose, one_time_links.c.handle))).first()
        if row is None or (row.purpose == "first_admin" and await _has_admin(connection)):
            raise LinkSpent(SPENT)
        if person is not None:
            await add(connection, person, person.handle, hashed)
            handle = person.handle
        else:
            handle = row.handle
            if not await set_password(connection, handle, hashed):
                raise LinkSpent(SPENT)
            await end_sessions(connection, handle)
        await log(connection, handle, handle, "password set", purpose=row.purpose)
    return await find_account(engine, handle)


async def _issue(
    connection: AsyncConnection, purpose: Purpose, handle: str | None, by: str, secret: str | None = None
) -> str:
    secret = secret or new_secret()
    values = {"hash": hash_of(secret), "purpose": purpose, "handle": handle, "created_by": by}
    await connection.execute(insert(one_time_links).values(**values, expires_at=func.now() + VALID[purpose]))
    return secret


async def _has_admin(connection: AsyncConnection) -> bool:
    # One at a time: two first admins would both find that there is none yet.
    await connection.execute(select(func.pg_advisory_xact_lock(7_033_561_205)))
    there = users.c.role == "admin", users.c.active, users.c.password_hash.is_not(None)
    return await connection.scalar(select(func.count()).where(*there)) != 0


def _good(secret: str) -> tuple[ColumnElement[bool], ...]:
    links = one_time_links.c
    return links.hash == hash_of(secret), links.used_at.is_(None), links.expires_at > func.now()
