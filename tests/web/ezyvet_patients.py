"""Patients of a practice whose feed calls them as its ezyVet does in `partners.simulators.ezyvet.samples`."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.tables import clients, patients, practices

NAMES = {"6": "Biscuit", "8": "Juno", "9": "Otis"}


async def enter_patients(engine: AsyncEngine, practice: str) -> None:
    """Enters Dana Reyes with her pets; in ezyVet Juno (8) has another owner, and Otis (9) has died."""
    mine = {"practice": practice, "feed": 1, "fed": 1}
    async with engine.begin() as connection:
        await connection.execute(insert(practices).values(id=practice, name=practice))
        await connection.execute(insert(clients).values(**mine, id="5", given_name="Dana", surname="Reyes"))
        rows = [{**mine, "id": id, "client": "5", "name": name} for id, name in NAMES.items()]
        await connection.execute(insert(patients).values(rows))
