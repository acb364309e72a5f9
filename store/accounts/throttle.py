"""Delays between sign-ins that fail: by account, by browser known to the account, and by address.

A try is counted before the password is looked at, so that many at the same time gain nothing. Tries during a delay
neither count nor lengthen it, and a browser in which the account was signed in to before has a count of its own:
nobody can be locked out for ever by somebody else's guessing.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts.problem import TooManyTries
from store.accounts.tables import throttles
from store.database import at_once


@dataclass(frozen=True)
class Limit:
    """After `free` attempts the delay doubles, from one second to `longest` seconds."""

    free: int
    longest: int


ACCOUNT = Limit(free=5, longest=300)
ADDRESS = Limit(free=20, longest=300)
FORGOTTEN_AFTER = timedelta(hours=24)


def account_key(handle: str, browser: str | None) -> tuple[str, Limit]:
    """Returns the key and limit of an account; `browser` is the mark of a browser known to it."""
    return (f"browser:{browser}" if browser else f"account:{handle}"), ACCOUNT


def address_key(address: str) -> tuple[str, Limit]:
    """Returns the key and limit of an address, of IPv6 of its network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address}", ADDRESS
    if parsed.version == 6:
        address = str(ipaddress.ip_network((parsed, 64), strict=False))
    return f"address:{address}", ADDRESS


async def count(engine: AsyncEngine, key: str, limit: Limit) -> None:
    """Counts an attempt. During a delay it raises `TooManyTries` instead."""
    stale = throttles.c.updated_at < func.now() - FORGOTTEN_AFTER
    failures = case((stale, 1), else_=throttles.c.failures + 1)
    doubled = func.power(2, func.least(failures - limit.free - 1, 20))
    seconds = case((failures <= limit.free, 0), else_=func.least(doubled, limit.longest))
    statement = insert(throttles).values(key=key, failures=1, blocked_until=func.now(), updated_at=func.now())
    counted = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "failures": failures,
            "blocked_until": func.now() + seconds * literal(timedelta(seconds=1)),
            "updated_at": func.now(),
        },
        where=throttles.c.blocked_until <= func.now(),
    ).returning(throttles.c.key)
    left = func.extract("epoch", throttles.c.blocked_until - func.now())
    async with at_once(engine) as connection:
        if await connection.scalar(counted) is None:
            wait = await connection.scalar(select(left).where(throttles.c.key == key))
            raise TooManyTries(max(1, round(float(wait or 1))))


async def forgive(engine: AsyncEngine, key: str) -> None:
    """Deletes the attempts of a key after a successful one, and all old ones."""
    old = throttles.c.updated_at < func.now() - FORGOTTEN_AFTER
    async with at_once(engine) as connection:
        await connection.execute(delete(throttles).where((throttles.c.key == key) | old))


async def uncount(engine: AsyncEngine, key: str) -> None:
    async with at_once(engine) as connection:
        one_less = func.greatest(throttles.c.failures - 1, 0)
        await connection.execute(update(throttles).where(throttles.c.key == key).values(failures=one_less))
