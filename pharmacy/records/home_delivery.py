"""Home-delivery clients and their pets, who ordered before their practice's first feed (DP9)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.tables import home_clients, home_patients

ROWS_PER_STATEMENT = 1_000


async def add_home_clients(
    engine: AsyncEngine, practice: str, clients: Iterable[dict[str, Any]], patients: Iterable[dict[str, Any]] = ()
) -> None:
    """Adds clients and their pets, given by the tables' columns; existing ids are left unchanged.

    The practice must exist. All clients must have the same columns, and so must all patients.
    """
    async with clinic_transaction(engine, practice) as connection:
        for new, rows in ((insert(home_clients), clients), (insert(home_patients), patients)):
            values = [{"practice": practice, **row} for row in rows]
            for start in range(0, len(values), ROWS_PER_STATEMENT):
                await connection.execute(new.on_conflict_do_nothing(), values[start : start + ROWS_PER_STATEMENT])


async def erase(connection: AsyncConnection, practice: str) -> None:
    """Deletes a practice's clients, with their pets and links."""
    await connection.execute(delete(home_clients).where(home_clients.c.practice == practice))
