"""The accounts: who there is of the team and of practices; the team's roles and absences. Every change is on record.

Ways in are in `store.accounts.signing_in` (passwords), `store.accounts.access` (sessions, API tokens) and
`store.accounts.one_time_links` (one-time links).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from configuration.settings import Handle
from playbooks.engine.fields import Email, Line, TimeZone
from playbooks.engine.model import labels_of
from playbooks.engine.validation import error_sentence
from store.accounts.access import end_sessions
from store.accounts.audit import log
from store.accounts.people import (
    LOCAL,
    MEMBER,
    TAKEN,
    Account,
    Person,
    Role,
    account_columns,
    account_of,
    person_columns,
    person_of,
)
from store.accounts.problem import AccountProblem, NoSuchPerson
from store.accounts.tables import users
from store.database import at_once


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
        raise AccountProblem(f"Handle: '{LOCAL}' stands for this machine; choose another.")
    if person.handle in TAKEN:
        raise AccountProblem(f"Handle: '{person.handle}' does not stand for a person; choose another.")
    if not person.handle.isascii():
        # Letters of other alphabets look alike, so that two people could be confused in the journal.
        raise AccountProblem("Handle: it has letters other than a to z; use these, digits, dots and hyphens.")
    return person


async def everybody(engine: AsyncEngine) -> list[Person]:
    """Returns all accounts, active ones first, by name."""
    async with at_once(engine) as connection:
        rows = await connection.execute(person_columns().order_by(users.c.active.desc(), users.c.name, users.c.handle))
        return [person_of(row) for row in rows.mappings()]


def names_of(people: Iterable[Person]) -> dict[str, str]:
    """Returns the names of people of the team by handle; namesakes have the handle behind the name."""
    listed = list(people)
    alike = Counter(each.name for each in listed)
    return {each.handle: each.name if alike[each.name] == 1 else f"{each.name} ({each.handle})" for each in listed}


async def member_names(engine: AsyncEngine, handles: Iterable[object]) -> dict[str, str]:
    """Returns the names of the practices' people among these handles; others are left out."""
    wanted = {each for each in handles if isinstance(each, str) and each.startswith(MEMBER)}
    if not wanted:
        return {}
    async with at_once(engine) as connection:
        rows = await connection.execute(select(users.c.handle, users.c.name).where(users.c.handle.in_(wanted)))
        return {row.handle: row.name for row in rows}


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


async def find_account(engine: AsyncEngine, handle: str) -> Account:
    """Returns an account of the team or of practices. Raises `NoSuchPerson`."""
    async with at_once(engine) as connection:
        return await load_account(connection, handle)


async def member_account(connection: AsyncConnection, email: str, name: str) -> Account:
    """Returns the account of a practice's person with this address, and creates it where there is none."""
    values = {"handle": f"{MEMBER}{secrets.token_hex(6)}", "email": email, "name": name}
    await connection.execute(pg_insert(users).values(**values).on_conflict_do_nothing())
    by_email = users.c.role.is_(None), func.lower(users.c.email) == email.lower()
    return account_of((await connection.execute(account_columns().where(*by_email))).mappings().one())


async def set_name(connection: AsyncConnection, handle: str, name: str) -> None:
    await connection.execute(update(users).where(users.c.handle == handle).values(name=name, updated_at=func.now()))


async def set_password(connection: AsyncConnection, handle: str, password_hash: str) -> bool:
    """Sets a person's password. Returns False if there is no active account."""
    changed = update(users).where(users.c.handle == handle, users.c.active).values(password_hash=password_hash)
    return (await connection.execute(changed)).rowcount > 0


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
                raise AccountProblem("That day has passed; give the day on which you are back.")
            if deputy is None or deputy == handle:
                raise AccountProblem("Choose a colleague to cover for you.")
            other = await _found(connection, deputy)
            if not other.active:
                raise AccountProblem(f"{other.name} is deactivated; choose somebody else.")
            if other.is_out():
                raise AccountProblem(f"{other.name} is away as well; choose somebody else.")
        values = {"out_of_office_until": until, "deputy": deputy if until else None, "updated_at": func.now()}
        await connection.execute(update(users).where(users.c.handle == handle).values(**values))
        told = {"until": until.isoformat() if until else None, "deputy": values["deputy"]}
        await log(connection, by, handle, "out of office" if until else "back in the office", **told)


async def load_account(connection: AsyncConnection, handle: str) -> Account:
    row = (await connection.execute(account_columns().where(users.c.handle == handle))).mappings().first()
    if row is None:
        raise NoSuchPerson(f"There is nobody with the handle '{handle[:64]}'.")
    return account_of(row)


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
    return f"{error_sentence(error, labels_of(NewPerson) | labels_of(_Profile))}."
