"""One of a practice's own patients."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.errors import NoSuchRecord

SUMMARY = """
    p.id, p.practice AS origin, coalesce(p.name, 'Patient ' || p.id) AS name, p.species, p.breed, p.weight_grams,
    p.deceased, p.client AS owner,
    coalesce(nullif(concat_ws(' ', c.given_name, c.surname), ''), 'Client ' || c.id) AS owner_name
"""
"""SQL for the fields of a `PatientSummary`, of patient `p` and client `c`."""


@dataclass(frozen=True)
class PatientSummary:
    """A patient with the owner, in a few words. `origin` is the clinic whose client it is of."""

    id: str
    origin: str
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


async def load_patient(engine: AsyncEngine, practice: str, id: str) -> PatientSummary:
    """Raises `NoSuchRecord`."""
    async with clinic_transaction(engine, practice) as connection:
        row = (await connection.execute(_LOAD, {"practice": practice, "id": id})).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no patient {id[:64]} in this clinic.")
    return PatientSummary(**row)


_LOAD = text(
    f"SELECT {SUMMARY} FROM patients p JOIN clients c ON c.practice = p.practice AND c.id = p.client "  # noqa: S608 - our own names
    "WHERE p.practice = :practice AND p.id = :id"
)
