"""The way to the rows of one clinic, and the only one.

Within the block the connection acts under a role that the database's own policies hold to the clinics named: a query
that forgets its condition still sees no other clinic's rows, and cannot write any. Both end with the transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from playbooks.engine.fields import PRACTICE_ID

ROLE = "onboarding_clinic"
"""The role that migration 0009 makes; nobody logs in with it."""
SETTING = "onboarding.practices"

_ENTER = text(f"SELECT set_config('role', '{ROLE}', true), set_config('{SETTING}', :practices, true)")


@asynccontextmanager
async def clinic(engine: AsyncEngine, *practices: str) -> AsyncIterator[AsyncConnection]:
    """A transaction that sees and writes the rows of these practices only; several where records are shared (RS).

    Raises `ValueError` for what can be no practice's ID.
    """
    async with engine.begin() as connection:
        await enter(connection, *practices)
        yield connection


async def enter(connection: AsyncConnection, *practices: str) -> None:
    """Holds the transaction that runs on `connection` to these practices from here on."""
    for practice in practices:
        if not PRACTICE_ID.fullmatch(practice):
            raise ValueError(f"'{practice}' is no practice's ID")
    await connection.execute(_ENTER, {"practices": ",".join(practices)})


async def alone(connection: AsyncConnection, what: str) -> None:
    """Waits until nobody else does this, and keeps others from it to the end of the transaction."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": what})
