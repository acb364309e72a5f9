"""Patients as a clinic sees them: its own, and those of clients that sister clinics share with it (RS4, RS5)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.tables import patients
from pharmacy.sharing.clients import client_row
from pharmacy.sharing.ids import origins, shown_id


@dataclass(frozen=True)
class SharedPatient:
    """A patient and its client under the IDs of the clinic that looks. `origin` is the clinic of the client."""

    id: str
    client: str
    origin: str
    name: str | None
    species: str | None
    breed: str | None
    deceased: bool
    deceased_on: date | None


async def add_patient(
    connection: AsyncConnection, clinic: str, client: str, values: dict[str, str | None]
) -> SharedPatient:
    """Adds a patient of a client, whom every clinic sees that sees the client. Raises `NoSuchRecord`."""
    owner = await client_row(connection, clinic, client)
    id = secrets.token_hex(6)
    key = {"practice": owner["practice"], "id": id, "client": owner["id"]}
    await connection.execute(insert(patients).values(**key, feed=0, fed=0, **values))
    return await load_patient(connection, clinic, shown_id(clinic, owner["practice"], id))


async def load_patient(connection: AsyncConnection, clinic: str, id: str) -> SharedPatient:
    """Raises `NoSuchRecord`, also for a patient whom this clinic may not see."""
    return _patient(clinic, await patient_row(connection, clinic, id))


async def list_patients(connection: AsyncConnection, clinic: str, client: str) -> list[SharedPatient]:
    """Returns a client's patients, the living first. Raises `NoSuchRecord`."""
    owner = await client_row(connection, clinic, client)
    query = (
        select(*patients.c)
        .where(patients.c.practice == owner["practice"], patients.c.client == owner["id"])
        .order_by(patients.c.deceased, patients.c.name, patients.c.id)
    )
    return [_patient(clinic, row) for row in (await connection.execute(query)).mappings()]


async def patient_row(connection: AsyncConnection, clinic: str, id: str) -> RowMapping:
    """Returns the row of the patient that the clinic knows by this ID. Raises `NoSuchRecord`."""
    for practice, own_id in origins(clinic, id):
        query = select(*patients.c).where(patients.c.practice == practice, patients.c.id == own_id)
        if row := (await connection.execute(query)).mappings().first():
            return row
    raise NoSuchRecord(f"There is no patient {id[:64]} at this clinic.")


def _patient(clinic: str, row: RowMapping) -> SharedPatient:
    values: dict[str, Any] = {name: row[name] for name in ("name", "species", "breed", "deceased", "deceased_on")}
    return SharedPatient(
        id=shown_id(clinic, row["practice"], row["id"]),
        client=shown_id(clinic, row["practice"], row["client"]),
        origin=row["practice"],
        **values,
    )
