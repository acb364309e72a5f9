"""Search for a practice's patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clients import escape_like
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.errors import NoSuchRecord

_NAMED = """
    SELECT p.id, coalesce(p.name, 'Patient ' || p.id) AS name, p.species, p.breed, p.weight_grams, p.deceased,
        p.client AS owner,
        coalesce(nullif(concat_ws(' ', c.given_name, c.surname), ''), 'Client ' || c.id) AS owner_name
    FROM patients p JOIN clients c ON c.practice = p.practice AND c.id = p.client
    WHERE p.practice = :practice
"""


@dataclass(frozen=True)
class PatientSummary:
    """A patient in a search result, with the owner."""

    id: str
    name: str
    species: str | None
    breed: str | None
    weight_grams: int | None
    deceased: bool
    owner: str
    owner_name: str

    @property
    def about(self) -> str:
        weight = f"{self.weight_grams / 1000:g} kg" if self.weight_grams else None
        return ", ".join(filter(None, (self.species, self.breed, weight)))


async def search_patients(engine: AsyncEngine, practice: str, query: str, limit: int = 30) -> list[PatientSummary]:
    """Returns patients, the living first, of whom name, id, or the owner's name or contacts have each word."""
    words = query.split()[:6]
    parameters: dict[str, Any] = {"practice": practice, "limit": limit}
    parameters |= {f"w{number}": f"%{escape_like(word)}%" for number, word in enumerate(words)}
    conditions = "".join(
        f" AND concat_ws(' ', p.name, p.id, c.given_name, c.surname, c.email, c.phone) ILIKE :w{number}"
        for number in range(len(words))
    )
    select = text(f"{_NAMED}{conditions} ORDER BY p.deceased, p.name, c.surname, p.id LIMIT :limit")
    async with clinic_transaction(engine, practice) as connection:
        return [PatientSummary(**row) for row in (await connection.execute(select, parameters)).mappings()]


async def load_patient(engine: AsyncEngine, practice: str, id: str) -> PatientSummary:
    """Raises `NoSuchRecord`."""
    async with clinic_transaction(engine, practice) as connection:
        found = await connection.execute(text(f"{_NAMED} AND p.id = :id"), {"practice": practice, "id": id})
        row = found.mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no patient {id[:64]} in this clinic.")
    return PatientSummary(**row)
