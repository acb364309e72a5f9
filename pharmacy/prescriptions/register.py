"""The register of prescriptions: each is entered first, then its workflow is started, which publishes its state."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.prescriptions.life.calls import Waiting
from pharmacy.prescriptions.listed import ListedPrescription, PrescriptionRow, items_in
from pharmacy.prescriptions.tables import prescriptions
from store.changes import Mark, changes_in
from store.database import at_once
from store.insertion import plain

DELAYED = prescriptions.c.delay.is_not(None) & prescriptions.c.ezyvet.in_(("waiting", "uncertain"))
"""What a prescription's workflow published is told by why its call has to wait."""

STARTING = timedelta(seconds=10)
"""How long the request that enters a prescription has to start its workflow, before others start it."""


def _listed(name: str) -> ColumnElement[Any]:
    """Returns the column of a list; where it is and what it waits for are those of the delay, if there is one."""
    told = {"situation": "reason", "reason": "reason", "waiting_on": "waiting_on"}
    column = prescriptions.c[name]
    if name not in told:
        return column
    return case((DELAYED, prescriptions.c.delay[told[name]].astext), else_=column).label(name)


_LISTED = tuple(_listed(name) for name in ListedPrescription.model_fields if name != "items")


async def enter(connection: AsyncConnection, **values: Any) -> bool:
    """Enters a prescription; False if it was entered before, under the same id."""
    statement = insert(prescriptions).values(state="open", **values).on_conflict_do_nothing(index_elements=["id"])
    return await connection.scalar(statement.returning(prescriptions.c.id)) is not None


async def mark_started(engine: AsyncEngine, id: str) -> None:
    """Records that the prescription's workflow was started."""
    mine = prescriptions.c.id == id, prescriptions.c.started_at.is_(None)
    async with engine.begin() as connection:
        await connection.execute(update(prescriptions).where(*mine).values(started_at=func.now()))


async def not_started(engine: AsyncEngine) -> list[str]:
    """Returns prescriptions whose workflow was not started, as when Temporal was away; oldest first."""
    query = select(prescriptions.c.id).where(
        prescriptions.c.started_at.is_(None),
        prescriptions.c.request.is_not(None),
        prescriptions.c.created_at < func.now() - STARTING,
    )
    async with at_once(engine) as connection:
        return list(await connection.scalars(query.order_by(prescriptions.c.created_at).limit(500)))


async def publish(engine: AsyncEngine, row: PrescriptionRow) -> None:
    """Stores a prescription as it is now; an older one never overwrites a newer. Raises `DatabaseDown`."""
    new = {name: plain(value) if name == "record" else value for name, value in vars(row).items() if name != "id"}
    newer = prescriptions.c.id == row.id, prescriptions.c.version < row.version
    async with at_once(engine) as connection:
        await connection.execute(update(prescriptions).where(*newer).values(**new, updated_at=func.now()))


async def set_delay(engine: AsyncEngine, id: str, waiting: Waiting | None) -> None:
    """Stores why a prescription's call has to wait just now; None once it does not. Raises `DatabaseDown`."""
    new = plain(waiting.model_dump(mode="json")) if waiting else None
    other = prescriptions.c.id == id, prescriptions.c.delay.is_distinct_from(new)
    async with at_once(engine) as connection:
        await connection.execute(update(prescriptions).where(*other).values(delay=new, updated_at=func.now()))


async def delay_of(engine: AsyncEngine, id: str) -> Waiting | None:
    """Returns why a prescription's call has to wait just now."""
    async with at_once(engine) as connection:
        found = await connection.scalar(select(prescriptions.c.delay).where(prescriptions.c.id == id, DELAYED))
    return Waiting.model_validate(found) if found else None


async def mark_renamed(
    connection: AsyncConnection, practice: str, patient: str, old: str | None, new: str
) -> list[str]:
    """Marks the open prescriptions on which another name of the pet stands; returns their ids (DP13)."""
    its = prescriptions.c.practice == practice, prescriptions.c.patient == patient, prescriptions.c.state == "open"
    label = prescriptions.c.label_name
    # Back under the name that stands on it, a prescription is good again.
    await connection.execute(update(prescriptions).where(*its, label == new).values(needs_new=None))
    need = f"The pet was renamed from {old or 'no name'} to {new}: write a new prescription under {new}."
    marked = update(prescriptions).where(*its, label.is_distinct_from(new)).values(needs_new=need)
    return sorted((await connection.execute(marked.returning(prescriptions.c.id))).scalars())


async def find(engine: AsyncEngine, id: str) -> Any | None:
    """Returns the whole row of a prescription; None if there is none, or if it came from before the register."""
    return await _one(
        engine, select(prescriptions).where(prescriptions.c.id == id, prescriptions.c.request.is_not(None))
    )


async def open_of(connection: AsyncConnection, practice: str, patient: str) -> list[Any]:
    """Returns the rows of the patient's open prescriptions and requests, the oldest first."""
    its = prescriptions.c.practice == practice, prescriptions.c.patient == patient, prescriptions.c.state == "open"
    query = select(prescriptions).where(*its, prescriptions.c.request.is_not(None))
    return list((await connection.execute(query.order_by(prescriptions.c.created_at))).mappings())


async def find_renewal(engine: AsyncEngine, practice: str, patient: str, id: str) -> Any | None:
    """Returns the row of the last prescription that renews this one of the patient; None if none does."""
    its = prescriptions.c.practice == practice, prescriptions.c.patient == patient
    renews = prescriptions.c.request["request"]["renews"].astext == id
    query = select(prescriptions).where(*its, renews).order_by(prescriptions.c.created_at.desc()).limit(1)
    return await _one(engine, query)


async def find_by_token(engine: AsyncEngine, token: str) -> Any | None:
    """Returns the whole row of the prescription whose order page this token opens."""
    return await _one(engine, select(prescriptions).where(prescriptions.c.token == token))


async def listing(
    engine: AsyncEngine,
    *,
    practice: str | None = None,
    states: Collection[str] = (),
    undue_with: str | None = None,
    patients: Collection[str] | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[ListedPrescription]:
    """Returns prescriptions, the newest first. `states` are of items or of the delivery, `open` or `closed`.

    `undue_with` is whom those wait on that are to be approved or paid before they can be dispensed.
    """
    query = select(*_LISTED, prescriptions.c.record, prescriptions.c.request).where(
        prescriptions.c.request.is_not(None)
    )
    if practice is not None:
        query = query.where(prescriptions.c.practice == practice)
    if patients is not None:
        query = query.where(prescriptions.c.patient.in_(list(patients)))
    if states:
        wanted = list(states)
        of_items = prescriptions.c.statuses.overlap(wanted)
        query = query.where(of_items | prescriptions.c.ezyvet.in_(wanted) | prescriptions.c.state.in_(wanted))
    if undue_with is not None:
        due = prescriptions.c.statuses.overlap(["PENDING", "CURRENT"])
        query = query.where(prescriptions.c.state == "open", prescriptions.c.waiting_on == undue_with, ~due)
    place = tuple_(prescriptions.c.created_at, prescriptions.c.id)
    if before is not None:
        query = query.where(place < before)
    query = query.order_by(prescriptions.c.created_at.desc(), prescriptions.c.id.desc()).limit(limit)
    async with at_once(engine) as connection:
        return [_of_row(**row) for row in (await connection.execute(query)).mappings()]


def _of_row(record: Any, request: Any, **listed: Any) -> ListedPrescription:
    return ListedPrescription(**listed, items=items_in(record, request))


async def waiting_on(engine: AsyncEngine, practices: Collection[str], party: str, limit: int) -> list[Any]:
    """Returns the rows of these practices' open prescriptions that wait on this party, the oldest first."""
    its = prescriptions.c.practice.in_(practices), prescriptions.c.state == "open", prescriptions.c.request.is_not(None)
    # What was entered just now has no party yet.
    on = func.coalesce(prescriptions.c.waiting_on, party) == party
    query = select(prescriptions).where(*its, on).order_by(prescriptions.c.created_at, prescriptions.c.id)
    async with at_once(engine) as connection:
        return list((await connection.execute(query.limit(limit))).mappings())


async def changes(engine: AsyncEngine, since: Mark | None) -> tuple[Mark, frozenset[str]]:
    """Returns which prescriptions changed since the mark, as PRACTICE/ID, and the mark to ask with next time."""
    mark, changed = await changes_in(engine, prescriptions, ("practice", "id"), since)
    return mark, frozenset(f"{practice}/{id}" for practice, id in changed)


async def to_compare(engine: AsyncEngine, practice: str, after: str, limit: int, of: str | None = None) -> list[Any]:
    """Returns the records of the practice's open prescriptions that are due, by id, from `after` on; or of one."""
    query = select(prescriptions.c.id, prescriptions.c.version, prescriptions.c.record).where(
        prescriptions.c.practice == practice,
        prescriptions.c.state == "open",
        prescriptions.c.record.is_not(None),
        prescriptions.c.ezyvet != "not_due",
        prescriptions.c.id > after if of is None else prescriptions.c.id == of,
    )
    async with at_once(engine) as connection:
        return list((await connection.execute(query.order_by(prescriptions.c.id).limit(limit))).mappings())


async def versions(engine: AsyncEngine, ids: Collection[str]) -> dict[str, int]:
    """Returns the versions of these prescriptions that are published."""
    query = select(prescriptions.c.id, prescriptions.c.version).where(prescriptions.c.id.in_(ids))
    async with at_once(engine) as connection:
        return {row.id: row.version for row in await connection.execute(query)}


async def waiting(engine: AsyncEngine, practice: str) -> list[str]:
    """Returns the practice's open prescriptions that wait for its ezyVet, in the order in which they became due."""
    query = select(prescriptions.c.id).where(
        prescriptions.c.practice == practice, prescriptions.c.state == "open", prescriptions.c.ezyvet == "waiting"
    )
    async with at_once(engine) as connection:
        return list(await connection.scalars(query.order_by(prescriptions.c.created_at, prescriptions.c.id)))


async def is_waiting(engine: AsyncEngine, id: str) -> bool:
    """Returns whether a prescription still waits for the practice's ezyVet."""
    mine = prescriptions.c.id == id, prescriptions.c.ezyvet == "waiting"
    async with at_once(engine) as connection:
        return await connection.scalar(select(prescriptions.c.id).where(*mine)) is not None


async def changed_patients(engine: AsyncEngine) -> list[Any]:
    """Returns the open prescriptions that do not know their patient's present name, or whether it is alive."""
    async with at_once(engine) as connection:
        return list((await connection.execute(_CHANGED_PATIENTS)).mappings())


_CHANGED_PATIENTS = text(
    """
    SELECT r.id, p.name, p.deceased, p.name <> r.patient_name AS renamed, p.deceased <> r.deceased AS died_or_lives
    FROM prescriptions r JOIN patients p ON p.practice = r.practice AND p.id = r.patient
    WHERE r.state = 'open' AND r.record IS NOT NULL AND (p.name <> r.patient_name OR p.deceased <> r.deceased)
    ORDER BY r.id LIMIT 500
    """
)


async def _one(engine: AsyncEngine, query: Select[Any]) -> Any | None:
    async with at_once(engine) as connection:
        return (await connection.execute(query)).mappings().first()
