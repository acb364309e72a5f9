"""The only access to the rows of one clinic.

Inside the transaction the connection has a role that PostgreSQL's row policies restrict to the named clinics. A query
without its condition still sees no other clinic's rows, and cannot write any. The list of clinics is signed for this
transaction, so a query that sets another list sees nothing. All of it ends with the transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from playbooks.engine.fields import PRACTICE_ID

ROLE = "onboarding_clinic"
"""Created by migration 0009; nobody logs in with it."""

_SIGN = (
    "set_config('onboarding.practices', practices, true),"
    f" set_config('onboarding.signature', sign_practices(practices), true), set_config('role', '{ROLE}', true)"
)
_RESTRICT = text(f"SELECT {_SIGN} FROM (SELECT :practices AS practices) given")  # noqa: S608 - our own names
_RESTRICT_MEMBER = text(
    f"SELECT practices, {_SIGN} FROM (SELECT coalesce(string_agg(clinic, ','), '') AS practices FROM members"  # noqa: S608
    " WHERE person = :person AND active AND (cast(:clinics AS text[]) IS NULL OR clinic = ANY (:clinics))) own"
)

_RESTRICTED = text(
    "SELECT current_setting('onboarding.practices') AS practices, current_setting('onboarding.signature') AS signature"
)
_RESTRICT_AS_BEFORE = text(
    "SELECT set_config('onboarding.practices', :practices, true), set_config('onboarding.signature', :signature, true)"
)


@asynccontextmanager
async def clinic_transaction(engine: AsyncEngine, *practices: str) -> AsyncIterator[AsyncConnection]:
    """Begins a transaction that sees and writes the rows of these practices only; several if records are shared (RS).

    Raises `ValueError` for an invalid practice ID.
    """
    async with engine.begin() as connection:
        await restrict_to(connection, *practices)
        yield connection


@asynccontextmanager
async def member_transaction(
    engine: AsyncEngine, person: str, *clinics: str
) -> AsyncIterator[tuple[AsyncConnection, set[str]]]:
    """Begins a transaction that sees what a person may see at these clinics, or at all of theirs if none is named.

    The clinics that the person may enter at this moment come with it; the others are left out (RS9).
    """
    async with engine.begin() as connection:
        parameters = {"person": person, "clinics": list(clinics) or None}
        practices: str = await connection.scalar(_RESTRICT_MEMBER, parameters) or ""
        yield connection, set(practices.split(",")) - {""}


@asynccontextmanager
async def also_as(connection: AsyncConnection, *practices: str) -> AsyncIterator[None]:
    """Within the block the transaction sees and writes the rows of these practices, and of no other."""
    before = (await connection.execute(_RESTRICTED)).mappings().one()
    await connection.execute(text("RESET ROLE"))
    await restrict_to(connection, *practices)
    yield
    await connection.execute(_RESTRICT_AS_BEFORE, dict(before))


async def restrict_to(connection: AsyncConnection, *practices: str) -> None:
    """Restricts the rest of the current transaction to these practices."""
    for practice in practices:
        if not PRACTICE_ID.fullmatch(practice):
            raise ValueError(f"'{practice}' is not a practice's ID")
    await connection.execute(_RESTRICT, {"practices": ",".join(practices)})


async def lock(connection: AsyncConnection, name: str) -> None:
    """Takes the lock of this name until the end of the transaction, and waits for it if necessary."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
