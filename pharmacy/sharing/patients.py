"""Patients as a clinic sees them: its own, and those of clients that sister clinics share with it (RS4, RS5)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.merge.fold import split_words
from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.statements import insert_by_hand
from pharmacy.sharing.clients import client_row, exact_row, person_rows
from pharmacy.sharing.ids import MEANT, meant, shown_id


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
    await connection.execute(insert_by_hand("patient", {**key, **values}))
    if owner["person"]:
        await connection.execute(select(func.same_animals([owner["person"]])))
    return await load_patient(connection, clinic, shown_id(clinic, owner["practice"], id))


async def load_patient(connection: AsyncConnection, clinic: str, id: str) -> SharedPatient:
    """Raises `NoSuchRecord`, also for a patient whom this clinic may not see."""
    return _patient(clinic, await patient_row(connection, clinic, id))


async def list_patients(connection: AsyncConnection, clinic: str, owners: Sequence[RowMapping]) -> list[SharedPatient]:
    """Returns the patients that any clinic has of a client (`client_rows`), each once, the living first."""
    given = {name: [owner[name] for owner in owners] for name in ("practice", "id")}
    rows = (await connection.execute(_OF_CLIENTS, given)).mappings().all()
    own_first = sorted(rows, key=lambda row: (row["practice"] != clinic, row["practice"], row["id"]))
    once = {row["animal"] or (row["practice"], row["id"]): row for row in reversed(own_first)}
    in_order = sorted(once.values(), key=lambda row: (row["deceased"], row["name"] or "", row["practice"], row["id"]))
    shown = shown_id(clinic, owners[0]["practice"], owners[0]["id"])
    return [replace(_patient(clinic, row), client=shown) for row in in_order]


async def patients_called(connection: AsyncConnection, clinic: str, client: str, name: str) -> list[SharedPatient]:
    """Returns the client's patients of this name, at any clinic, however it is written. Raises `NoSuchRecord`."""
    owners = await person_rows(connection, clinic, await exact_row(connection, clinic, client))
    listed = await list_patients(connection, clinic, owners)
    return [each for each in listed if split_words(each.name or "") == split_words(name)]


async def patient_row(connection: AsyncConnection, clinic: str, id: str) -> RowMapping:
    """Returns the row of the patient that the clinic knows by this ID. Raises `NoSuchRecord`."""
    row = (await connection.execute(_LOAD, meant(clinic, id))).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no patient {id[:64]} at this clinic.")
    return row


_ROW = f"SELECT * FROM patients WHERE {MEANT} ORDER BY practice <> :clinic LIMIT 1"  # noqa: S608 - our own names
_LOAD = text(_ROW)
ANIMAL = f"""
    WITH this AS ({_ROW}), animal AS (
        SELECT practice, id FROM this UNION
        SELECT p.practice, p.id FROM this JOIN patients p ON p.animal = this.animal
    )
"""  # noqa: S608 - our own names
"""SQL for the keys of the patient that a clinic means by an ID (`MEANT`), and of the same animal's elsewhere."""
_OF_CLIENTS = text(
    "SELECT p.* FROM unnest(cast(:practice AS text[]), cast(:id AS text[])) owner (practice, id) "
    "JOIN patients p ON p.practice = owner.practice AND p.client = owner.id"
)


def _patient(clinic: str, row: RowMapping) -> SharedPatient:
    values: dict[str, Any] = {name: row[name] for name in ("name", "species", "breed", "deceased", "deceased_on")}
    return SharedPatient(
        id=shown_id(clinic, row["practice"], row["id"]),
        client=shown_id(clinic, row["practice"], row["client"]),
        origin=row["practice"],
        **values,
    )
