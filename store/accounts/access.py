"""Sessions of browsers and API tokens of programs, both stored as hashes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from store.accounts.audit import log
from store.accounts.people import SCOPES, Person, Scope, person_columns, person_of
from store.accounts.problem import AccountProblem
from store.accounts.tables import api_tokens, sessions, users
from store.accounts.tokens import hash_of, new_secret
from store.database import at_once

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
"""A session ends after this time without a request, and after this time in any case."""
SEEN_EVERY = timedelta(minutes=5)
TOKEN_PREFIX = "onb_"  # noqa: S105 - what every token begins with, so that scanners find one that leaked
TOKENS_EACH = 20


@dataclass(frozen=True)
class Session:
    """A signed-in browser; `hash` identifies the session, but does not authenticate."""

    hash: str
    browser: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class ApiToken:
    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


async def open_session(engine: AsyncEngine, handle: str, browser: str) -> str:
    """Opens a session and returns its secret. Deletes expired sessions."""
    secret = new_secret()
    values = {"hash": hash_of(secret), "handle": handle, "browser": browser[:200]}
    async with engine.begin() as connection:
        await connection.execute(delete(sessions).where(~_lives()))
        await connection.execute(insert(sessions).values(**values, expires_at=func.now() + LONGEST))
        await log(connection, handle, handle, "signed in", browser=browser[:200])
    return secret


async def session_person(engine: AsyncEngine, secret: str) -> tuple[Person, Session] | None:
    """Returns the person and the session; None if it has ended or the account is inactive."""
    found = await session_rows(engine, secret, person_columns())
    return (person_of(found[0][0]), found[1]) if found else None


async def session_rows(
    engine: AsyncEngine, secret: str, among: Select[Any]
) -> tuple[Sequence[RowMapping], Session] | None:
    """Returns what a query has of the person, and the session; None if there is nothing or the session has ended."""
    names = ("hash", "browser", "created_at", "seen_at")
    columns = [sessions.c[name].label(f"session_{name}") for name in names]
    query = among.add_columns(*columns).join(sessions, sessions.c.handle == users.c.handle)
    async with at_once(engine) as connection:
        found = await connection.execute(query.where(sessions.c.hash == hash_of(secret), _lives(), users.c.active))
        rows = found.mappings().all()
        if not rows:
            return None
        session = Session(**{name: rows[0][f"session_{name}"] for name in names})
        if datetime.now(UTC) - session.seen_at > SEEN_EVERY:
            seen = update(sessions).where(sessions.c.hash == session.hash).values(seen_at=func.now())
            await connection.execute(seen)
    return rows, session


async def sessions_of(engine: AsyncEngine, handle: str) -> list[Session]:
    columns = [sessions.c[name] for name in ("hash", "browser", "created_at", "seen_at")]
    query = select(*columns).where(sessions.c.handle == handle, _lives()).order_by(sessions.c.seen_at.desc())
    async with at_once(engine) as connection:
        return [Session(**row) for row in (await connection.execute(query)).mappings()]


async def end_session(engine: AsyncEngine, secret: str) -> None:
    async with at_once(engine) as connection:
        await connection.execute(delete(sessions).where(sessions.c.hash == hash_of(secret)))


async def end_sessions(connection: AsyncConnection, handle: str, keep: str = "") -> int:
    """Ends a person's sessions except the one with the hash `keep`. Returns how many."""
    ended = delete(sessions).where(sessions.c.handle == handle, sessions.c.hash != keep)
    count: int = (await connection.execute(ended)).rowcount
    return count


async def end_other_sessions(engine: AsyncEngine, handle: str, keep: str) -> int:
    """Does what `end_sessions` does, in a transaction of its own."""
    async with engine.begin() as connection:
        count = await end_sessions(connection, handle, keep)
        await log(connection, handle, handle, "signed out elsewhere", sessions=count)
    return count


async def create_token(
    engine: AsyncEngine, person: Person, name: str, scopes: tuple[str, ...], days: int | None
) -> str:
    """A new API token of a person, valid for so many days (None: until revoked); it is shown this once.

    Raises `AccountProblem` for a token without name or scope, or one too many.
    """
    name = " ".join(name.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise AccountProblem("Give the token a name that says what it is for, of at most 100 characters.")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise AccountProblem(f"Choose what the token may do: {', '.join(SCOPES)}.")
    if days is not None and not 1 <= days <= 3660:
        raise AccountProblem("Give the number of days for which the token is valid, from 1 to 3660.")
    secret = new_secret(TOKEN_PREFIX)
    values: dict[str, Any] = {"id": secrets.token_hex(6), "hash": hash_of(secret), "handle": person.handle}
    values |= {"name": name, "scopes": [scope for scope in SCOPES if scope in scopes]}
    if days is not None:
        values["expires_at"] = func.now() + timedelta(days=days)
    mine = api_tokens.c.handle == person.handle, api_tokens.c.revoked_at.is_(None)
    async with engine.begin() as connection:
        await connection.execute(select(users.c.handle).where(users.c.handle == person.handle).with_for_update())
        if (await connection.scalar(select(func.count()).where(*mine)) or 0) >= TOKENS_EACH:
            raise AccountProblem(f"You have {TOKENS_EACH} tokens already; revoke one that you no longer use.")
        await connection.execute(insert(api_tokens).values(**values))
        await log(connection, person.handle, person.handle, "token created", id=values["id"], name=name)
    return secret


async def tokens_of(engine: AsyncEngine, handle: str) -> list[ApiToken]:
    """Returns a person's tokens, newest first, including revoked ones."""
    names = ("id", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    query = select(*(api_tokens.c[name] for name in names)).where(api_tokens.c.handle == handle)
    async with at_once(engine) as connection:
        rows = await connection.execute(query.order_by(api_tokens.c.created_at.desc()))
        return [ApiToken(**{**row, "scopes": tuple(row["scopes"])}) for row in rows.mappings()]


async def revoke_token(engine: AsyncEngine, id: str, handle: str, by: str) -> bool:
    """Revokes one of a person's tokens. Returns whether there was one to revoke."""
    mine = api_tokens.c.id == id, api_tokens.c.handle == handle, api_tokens.c.revoked_at.is_(None)
    async with engine.begin() as connection:
        revoked = update(api_tokens).where(*mine).values(revoked_at=func.now()).returning(api_tokens.c.name)
        name = await connection.scalar(revoked)
        if name is not None:
            await log(connection, by, handle, "token revoked", id=id, name=name)
    return name is not None


async def create_member_token(engine: AsyncEngine, handle: str, by: str) -> str:
    """Returns a new token that acts as this person of practices. Only the newest TOKENS_EACH of a person are valid."""
    secret = new_secret(TOKEN_PREFIX)
    values = {"id": secrets.token_hex(6), "hash": hash_of(secret), "handle": handle, "name": "For the pharmacy"}
    mine = api_tokens.c.handle == handle, api_tokens.c.revoked_at.is_(None)
    newest = select(api_tokens.c.id).where(*mine).order_by(api_tokens.c.created_at.desc()).limit(TOKENS_EACH)
    async with engine.begin() as connection:
        await connection.execute(insert(api_tokens).values(**values, scopes=[]))
        await connection.execute(
            update(api_tokens).where(*mine, api_tokens.c.id.not_in(newest)).values(revoked_at=func.now())
        )
        await log(connection, by, handle, "token created", id=values["id"], name=values["name"])
    return secret


async def token_person(engine: AsyncEngine, secret: str) -> Person | None:
    """Returns the person of a valid token, with its scopes; None if it is invalid."""
    rows = await token_rows(engine, secret, person_columns())
    return person_of(rows[0], rows[0]["scopes"]) if rows else None


async def token_rows(engine: AsyncEngine, secret: str, among: Select[Any]) -> Sequence[RowMapping]:
    """Returns what a query has of a token's person, with the scopes; nothing if the token is invalid."""
    valid = api_tokens.c.revoked_at.is_(None), func.coalesce(api_tokens.c.expires_at > func.now(), True), users.c.active
    query = among.add_columns(api_tokens.c.id.label("token"), api_tokens.c.scopes, api_tokens.c.last_used_at)
    query = query.join(api_tokens, api_tokens.c.handle == users.c.handle)
    async with at_once(engine) as connection:
        rows = (await connection.execute(query.where(api_tokens.c.hash == hash_of(secret), *valid))).mappings().all()
        used = rows[0]["last_used_at"] if rows else None
        if rows and (used is None or datetime.now(UTC) - used > SEEN_EVERY):
            used_now = update(api_tokens).where(api_tokens.c.id == rows[0]["token"]).values(last_used_at=func.now())
            await connection.execute(used_now)
    return rows


def _lives() -> Any:
    return (sessions.c.expires_at > func.now()) & (sessions.c.seen_at > func.now() - IDLE)
