"""Home-delivery clients and their pets: those who ordered before their practice's feed came (DP9)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records.clinic import clinic
from pharmacy.records.tables import home_clients, home_patients

PORTION = 1_000


async def enter(
    engine: AsyncEngine, practice: str, clients: Iterable[dict[str, Any]], patients: Iterable[dict[str, Any]] = ()
) -> None:
    """Enters clients and their pets by the pharmacy's ids, as columns of the tables; known ids are left as they are.

    The practice has to be known. All have the same columns, of each kind.
    """
    async with clinic(engine, practice) as connection:
        for new, rows in ((insert(home_clients), clients), (insert(home_patients), patients)):
            given = [{"practice": practice, **row} for row in rows]
            for start in range(0, len(given), PORTION):
                await connection.execute(new.on_conflict_do_nothing(), given[start : start + PORTION])


async def erase(connection: AsyncConnection, practice: str) -> None:
    """Deletes a practice's clients, with their pets and links."""
    await connection.execute(delete(home_clients).where(home_clients.c.practice == practice))
