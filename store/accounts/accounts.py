"""The accounts of the team: who there is, roles, passwords, absences. Every change is on record, with who made it.

Ways in are in `store.accounts.access` (sessions, API tokens) and `store.accounts.one_time_links` (one-time links).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Select, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from configuration.settings import Handle
from playbooks.engine.fields import Email, Line, TimeZone
from playbooks.engine.validation import error_sentence
from store.accounts import passwords, throttle
from store.accounts.access import end_sessions
from store.accounts.audit import log
from store.accounts.people import LOCAL, TAKEN, Person, Role, person_columns, person_of
from store.accounts.problem import AccountProblem, NoSuchPerson, SignInRefused
from store.accounts.tables import users
from store.database import at_once

LONGEST_NAME = 320
"""Characters of the longest e-mail address: what somebody signs in with is cut there."""


class NewPerson(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    handle: Handle
    name: Line
    email: Email
    role: Role = "specialist"


class _Profile(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: Line
    time_zone: TimeZone | None


def new_person(**given: Any) -> NewPerson:
    """Validates the data. Raises `AccountProblem` that names the invalid field."""
    try:
        person = NewPerson(**given)
    except ValidationError as error:
        raise AccountProblem(_sentence(error)) from None
    if person.handle == LOCAL:
        raise AccountProblem(f"The handle '{LOCAL}' stands for this machine; choose another.")
    if person.handle in TAKEN:
        raise AccountProblem(f"The handle '{person.handle}' does not stand for a person; choose another.")
    if not person.handle.isascii():
        # Letters of other alphabets look alike, so that two people could be confused in the journal.
        raise AccountProblem("The handle has letters other than a to z; use these, digits, dots and hyphens.")
    return person


async def everybody(engine: AsyncEngine) -> list[Person]:
    """Returns all accounts, active ones first, by name."""
    async with at_once(engine) as connection:
        rows = await connection.execute(person_columns().order_by(users.c.active.desc(), users.c.name, users.c.handle))
        return [person_of(row) for row in rows.mappings()]


async def find(engine: AsyncEngine, handle: str) -> Person:
    """Raises `NoSuchPerson`."""
    async with at_once(engine) as connection:
        return await _found(connection, handle)


async def add(connection: AsyncConnection, person: NewPerson, by: str, password_hash: str | None = None) -> None:
    """Creates an account. Raises `AccountProblem` if the handle or address is taken."""
    try:
        await connection.execute(insert(users).values(**person.model_dump(), password_hash=password_hash))
    except IntegrityError:
        raise AccountProblem(
            f"The handle '{person.handle}' or the address {person.email} belongs to somebody already; choose another."
        ) from None
    await log(connection, by, person.handle, "added", role=person.role, email=person.email)


async def set_password(connection: AsyncConnection, handle: str, password_hash: str) -> bool:
    """Sets a person's password. Returns False if there is no active account."""
    changed = update(users).where(users.c.handle == handle, users.c.active).values(password_hash=password_hash)
    return (await connection.execute(changed)).rowcount > 0


async def sign_in(
    engine: AsyncEngine, name: str, password: str, *, address: str, browser_of: Callable[[str], str | None]
) -> Person:
    """The person with this handle or e-mail address and this password.

    `browser_of` gives the mark of the browser if the account with that handle was signed in to with it before. Raises
    `SignInRefused`, which never tells whether the account exists, and `TooManyTries`.
    """
    name = name.strip().lower()[:LONGEST_NAME]
    async with at_once(engine) as connection:
        by_name = or_(users.c.handle == name, func.lower(users.c.email) == name)
        query: Select[Any] = person_columns().add_columns(users.c.password_hash).where(by_name)
        row = (await connection.execute(query.limit(1))).mappings().first()
    there, limit = throttle.address_key(address)
    await throttle.count(engine, there, limit)
    handle = row["handle"] if row else name
    key, limit = throttle.account_key(handle, browser_of(handle))
    await throttle.count(engine, key, limit)
    stored = row["password_hash"] if row and row["active"] else None
    if not await passwords.matches(stored, password) or row is None:
        raise SignInRefused("The name or the password is wrong.")
    await throttle.forgive(engine, key)
    await throttle.uncount(engine, there)
    if stored and passwords.outdated(stored):
        hashed = await passwords.hashed(password)
        async with at_once(engine) as connection:
            await set_password(connection, row["handle"], hashed)
    return person_of(row)


async def change_password(engine: AsyncEngine, handle: str, old: str, new: str, *, keep: str) -> None:
    """Changes a person's password, and ends the other sessions. Raises `AccountProblem`."""
    async with at_once(engine) as connection:
        person = await _found(connection, handle)
        stored = await connection.scalar(select(users.c.password_hash).where(users.c.handle == handle))
    passwords.check(new, person.handle, person.email)
    key, limit = throttle.account_key(handle, f"change:{handle}")
    await throttle.count(engine, key, limit)
    if not await passwords.matches(stored, old):
        raise AccountProblem("The present password is wrong; nothing was changed.")
    await throttle.forgive(engine, key)
    hashed = await passwords.hashed(new)
    async with engine.begin() as connection:
        await set_password(connection, handle, hashed)
        await end_sessions(connection, handle, keep)
        await log(connection, handle, handle, "password changed")


async def change_role(engine: AsyncEngine, handle: str, role: Role, by: str) -> None:
    """Changes the role. Raises `AccountProblem` if no admin would be left."""
    async with engine.begin() as connection:
        admins = await _admins(connection)
        person = await _found(connection, handle)
        if person.role == role:
            return
        _keep_an_admin(admins, person, leaves=role != "admin")
        await connection.execute(update(users).where(users.c.handle == handle).values(role=role, updated_at=func.now()))
        await log(connection, by, handle, "role changed", before=person.role, after=role)


async def set_active(engine: AsyncEngine, handle: str, active: bool, by: str) -> None:
    """Deactivates an account and ends its sessions, or activates it. Raises `AccountProblem` for the last admin."""
    async with engine.begin() as connection:
        admins = await _admins(connection)
        person = await _found(connection, handle)
        if person.active == active:
            return
        _keep_an_admin(admins, person, leaves=not active)
        values = {"active": active, "updated_at": func.now()}
        await connection.execute(update(users).where(users.c.handle == handle).values(**values))
        await end_sessions(connection, handle)
        await log(connection, by, handle, "activated" if active else "deactivated")


async def set_profile(engine: AsyncEngine, handle: str, *, name: str, time_zone: str | None) -> None:
    """Sets the display name and the time zone (None: the team's). Raises `AccountProblem`."""
    try:
        profile = _Profile(name=name, time_zone=time_zone or None)
    except ValidationError as error:
        raise AccountProblem(_sentence(error)) from None
    async with engine.begin() as connection:
        changed = update(users).where(users.c.handle == handle).values(**profile.model_dump(), updated_at=func.now())
        await connection.execute(changed)
        await log(connection, handle, handle, "profile changed", **profile.model_dump())


async def set_absence(engine: AsyncEngine, handle: str, until: datetime | None, deputy: str | None, by: str) -> None:
    """Sets an absence with a deputy, or ends it (None). Raises `AccountProblem`."""
    async with engine.begin() as connection:
        if until is not None:
            if until <= datetime.now(UTC):
                raise AccountProblem("That time has passed; give the day on which you are back.")
            if deputy is None or deputy == handle:
                raise AccountProblem("Name a colleague who stands in for you.")
            other = await _found(connection, deputy)
            if not other.active:
                raise AccountProblem(f"{other.name} is not let in any more; name somebody who is there.")
            if other.is_out():
                raise AccountProblem(f"{other.name} is away as well; name somebody who is there.")
        values = {"out_of_office_until": until, "deputy": deputy if until else None, "updated_at": func.now()}
        await connection.execute(update(users).where(users.c.handle == handle).values(**values))
        told = {"until": until.isoformat() if until else None, "deputy": values["deputy"]}
        await log(connection, by, handle, "out of office" if until else "back in the office", **told)


async def _found(connection: AsyncConnection, handle: str) -> Person:
    row = (await connection.execute(person_columns().where(users.c.handle == handle))).mappings().first()
    if row is None:
        raise NoSuchPerson(f"There is nobody with the handle '{handle[:64]}'.")
    return person_of(row)


async def _admins(connection: AsyncConnection) -> set[str]:
    """Returns the admins, locked so that two cannot remove each other."""
    there = users.c.role == "admin", users.c.active, users.c.password_hash.is_not(None)
    return set(await connection.scalars(select(users.c.handle).where(*there).with_for_update()))


def _keep_an_admin(admins: set[str], person: Person, *, leaves: bool) -> None:
    if leaves and admins == {person.handle}:
        raise AccountProblem(f"{person.name} is the only admin; make somebody else admin first.")


def _sentence(error: ValidationError) -> str:
    said = error_sentence(error)
    return f"{said[0].upper()}{said[1:]}."
