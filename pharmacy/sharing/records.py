"""Medical records: each belongs to a patient, and names the clinic that added it (RS5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.sharing.ids import meant
from pharmacy.sharing.patients import ANIMAL, patient_row
from pharmacy.sharing.tables import medical_records, record_moves

MAX_ID = 2**63 - 1


class RecordStays(RecordsError):
    """A record cannot be moved as it is now."""


@dataclass(frozen=True)
class MedicalRecord:
    """What was done to a patient. `location` is the clinic that added it; `by` the member there."""

    id: str
    at: datetime
    kind: str
    item: str | None
    text: str
    location: str
    by: str


async def add_record(
    connection: AsyncConnection,
    clinic: str,
    patient: str,
    *,
    at: datetime | None,
    kind: str,
    item: str | None,
    text: str,
    by: str,
) -> MedicalRecord:
    """Adds a record of this clinic to a patient whom it sees. Without `at` it is of this moment.

    Raises `NoSuchRecord`.
    """
    of = await patient_row(connection, clinic, patient)
    values = {"kind": kind, "item": item, "text": text, "location": clinic, "by": by}
    key = {"practice": of["practice"], "patient": of["id"]}
    added = insert(medical_records).values(**key, at=at or func.now(), **values)
    row = (await connection.execute(added.returning(*medical_records.c))).mappings().one()
    return _record(row)


async def list_records(
    connection: AsyncConnection, clinic: str, patient: str, limit: int, before: tuple[datetime, int] | None = None
) -> list[MedicalRecord]:
    """Returns a patient's records of all clinics, the newest first, from `before` (time and ID) on.

    Raises `NoSuchRecord`.
    """
    at, id = before or ("infinity", MAX_ID)
    rows = await connection.execute(_OF_PATIENT, {**meant(clinic, patient), "at": at, "number": id, "limit": limit})
    found = [_record(row) for row in rows.mappings()]
    if not found:
        await patient_row(connection, clinic, patient)
    return found


_OF_PATIENT = text(
    f"{ANIMAL} SELECT r.* FROM animal a JOIN medical_records r ON r.practice = a.practice AND r.patient = a.id "  # noqa: S608
    "WHERE (r.at, r.id) < (cast(:at AS timestamptz), :number) ORDER BY r.at DESC, r.id DESC LIMIT :limit"
)


async def record_row(connection: AsyncConnection, id: str) -> RowMapping:
    """Returns the row of a record that the clinics of this transaction may see. Raises `NoSuchRecord`."""
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 20 else 0
    query = select(medical_records).where(medical_records.c.id == min(number, MAX_ID))
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no record {id[:64]} at this clinic.")
    return row


async def seen_by(connection: AsyncConnection, record: RowMapping) -> list[str]:
    """Returns the clinics that see a record."""
    return list(await connection.scalar(select(func.members_of(record["circle"]))) or ())


async def move_record(
    connection: AsyncConnection, clinic: str, id: str, to: str, by: str, item: str | None = None
) -> None:
    """Removes a record from this clinic and adds it at the right one, which may call its item otherwise (RS6).

    Both clinics are of this transaction; a trigger keeps both counts of the item right. Raises `NoSuchRecord` and
    `RecordStays`.
    """
    row = await record_row(connection, id)
    if to == row["location"]:
        raise RecordStays("The record is there already.")
    if row["location"] != clinic:
        raise RecordStays("The record is at another clinic now; move it from there.")
    if to not in await seen_by(connection, row):
        raise RecordStays("That clinic does not see this patient; share the client with it first.")
    values = {"location": to, "item": item if item and row["item"] else row["item"]}
    moved = update(medical_records).where(medical_records.c.id == row["id"], medical_records.c.location == clinic)
    if not (await connection.execute(moved.values(**values))).rowcount:
        raise RecordStays("The record was moved by somebody else just now.")
    kept = {"record": row["id"], "moved_from": clinic, "moved_to": to, "item": row["item"], "by": by}
    await connection.execute(insert(record_moves).values(**kept))


async def list_moves(connection: AsyncConnection, records: Collection[str]) -> dict[str, list[RowMapping]]:
    """Returns where records were moved from, the first move first, by the records' IDs."""
    query = select(*record_moves.c).where(record_moves.c.record.in_([int(each) for each in records]))
    found: defaultdict[str, list[RowMapping]] = defaultdict(list)
    for row in (await connection.execute(query.order_by(record_moves.c.at))).mappings():
        found[str(row["record"])].append(row)
    return found


def _record(row: RowMapping) -> MedicalRecord:
    return MedicalRecord(str(row["id"]), row["at"], row["kind"], row["item"], row["text"], row["location"], row["by"])


async def erase(connection: AsyncConnection, practice: str) -> None:
    """Deletes the records of a practice's patients."""
    these = select(medical_records.c.id).where(medical_records.c.practice == practice)
    await connection.execute(delete(record_moves).where(record_moves.c.record.in_(these)))
    await connection.execute(delete(medical_records).where(medical_records.c.practice == practice))
