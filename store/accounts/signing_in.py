"""Signing in with a password, and changing it: the same for people of the team and of practices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts import accounts, passwords, throttle
from store.accounts.access import end_sessions
from store.accounts.audit import log
from store.accounts.people import person_columns
from store.accounts.problem import AccountProblem, SignInRefused
from store.accounts.tables import users
from store.database import at_once

LONGEST_NAME = 320
"""Characters of the longest e-mail address: what somebody signs in with is cut there."""


async def sign_in(
    engine: AsyncEngine,
    name: str,
    password: str,
    *,
    address: str,
    browser_of: Callable[[str], str | None],
    among: Select[Any] | None = None,
) -> str:
    """Returns the handle of the person with this handle or e-mail address and this password.

    It is one of the team, or of those that `among` selects. `browser_of` gives the mark of the browser if the account
    with that handle was signed in to with it before. Raises `SignInRefused`, which never tells whether the account
    exists, and `TooManyTries`.
    """
    name = name.strip().lower()[:LONGEST_NAME]
    async with at_once(engine) as connection:
        by_name = or_(users.c.handle == name, func.lower(users.c.email) == name)
        query = (person_columns() if among is None else among).add_columns(users.c.password_hash).where(by_name)
        row = (await connection.execute(query.limit(1))).mappings().first()
    there, limit = throttle.address_key(address)
    await throttle.count(engine, there, limit)
    handle = row["handle"] if row else name
    key, limit = throttle.account_key(handle, browser_of(handle))
    await throttle.count(engine, key, limit)
    stored = row["password_hash"] if row and row["active"] else None
    if not await passwords.matches(stored, password) or row is None:
        known_as = "handle, e-mail address" if among is None else "e-mail address"
        raise SignInRefused(f"The {known_as} or password is wrong.")
    await throttle.forgive(engine, key)
    await throttle.uncount(engine, there)
    if stored and passwords.outdated(stored):
        hashed = await passwords.hashed(password)
        async with at_once(engine) as connection:
            await accounts.set_password(connection, row["handle"], hashed)
    return str(row["handle"])


async def change_password(engine: AsyncEngine, handle: str, old: str, new: str, *, keep: str) -> None:
    """Changes a person's password, and ends the other sessions. Raises `AccountProblem`."""
    async with at_once(engine) as connection:
        person = await accounts.load_account(connection, handle)
        stored = await connection.scalar(select(users.c.password_hash).where(users.c.handle == handle))
    passwords.check(new, person.handle, person.email)
    key, limit = throttle.account_key(handle, f"change:{handle}")
    await throttle.count(engine, key, limit)
    if not await passwords.matches(stored, old):
        raise AccountProblem("The current password is wrong; nothing was changed.")
    await throttle.forgive(engine, key)
    hashed = await passwords.hashed(new)
    async with engine.begin() as connection:
        await accounts.set_password(connection, handle, hashed)
        await end_sessions(connection, handle, keep)
        await log(connection, handle, handle, "password changed")
