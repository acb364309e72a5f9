"""The audit log of accounts: who changed what, and when."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from store.accounts.tables import account_log
from store.database import at_once


async def log(connection: AsyncConnection, by: str, handle: str | None, what: str, **data: Any) -> None:
    await connection.execute(insert(account_log).values(by=by, handle=handle, what=what, data=data))


async def logged(engine: AsyncEngine, *, limit: int = 50) -> list[dict[str, Any]]:
    """Returns the latest changes, newest first: at, by, handle, what, data."""
    columns = [account_log.c[name] for name in ("at", "by", "handle", "what", "data")]
    async with at_once(engine) as connection:
        rows = await connection.execute(select(*columns).order_by(account_log.c.number.desc()).limit(limit))
        return [dict(row) for row in rows.mappings()]


async def last_by(engine: AsyncEngine, what: str, clinics: Collection[str]) -> str | None:
    """Returns who last did something that is about these two clinics."""
    about = account_log.c.data["clinic"].astext.in_(clinics), account_log.c.data["other"].astext.in_(clinics)
    query = select(account_log.c.by).where(account_log.c.what == what, *about)
    async with at_once(engine) as connection:
        by: str | None = await connection.scalar(query.order_by(account_log.c.number.desc()).limit(1))
    return by
