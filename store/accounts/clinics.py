"""Practices with an account (clinics). Nothing else writes their table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Email, Line, TimeZone
from store.accounts.audit import log
from store.accounts.problem import NoSuchClinic
from store.accounts.tables import clinics
from store.database import at_once


class ClinicAccount(Frozen):
    """What is on record about a clinic. `owner` is the legal entity that owns it (RS1), `account_email` the address
    from which it is asked for what concerns the account (RS2)."""

    name: Line
    owner: Line
    account_email: Email
    time_zone: TimeZone
    country: Line
    state: Line | None = None


@dataclass(frozen=True)
class Clinic:
    id: str
    name: str
    owner: str
    account_email: str
    time_zone: str
    country: str
    state: str | None


COLUMNS = [clinics.c[field.name] for field in fields(Clinic)]


async def put_clinic(engine: AsyncEngine, id: str, account: ClinicAccount, by: str) -> None:
    """Adds a clinic, or replaces what is on record about it."""
    values = account.model_dump()
    added = insert(clinics).values(id=id, **values)
    changed = added.on_conflict_do_update(index_elements=["id"], set_={**values, "updated_at": func.now()})
    async with engine.begin() as connection:
        await connection.execute(changed)
        await log(connection, by, None, "clinic changed", clinic=id, **values)


async def rename_clinic(engine: AsyncEngine, id: str, name: str, by: str) -> None:
    """Corrects a clinic's name, if it has an account and another name."""
    renamed = update(clinics).where(clinics.c.id == id, clinics.c.name != name)
    async with engine.begin() as connection:
        if (await connection.execute(renamed.values(name=name, updated_at=func.now()))).rowcount:
            await log(connection, by, None, "clinic changed", clinic=id, name=name)


async def list_clinics(engine: AsyncEngine) -> list[Clinic]:
    """Returns all clinics, by name."""
    async with at_once(engine) as connection:
        rows = await connection.execute(select(*COLUMNS).order_by(clinics.c.name, clinics.c.id))
        return [Clinic(**row) for row in rows.mappings()]


async def clinic_names(engine: AsyncEngine, ids: Iterable[str]) -> dict[str, str]:
    async with at_once(engine) as connection:
        rows = await connection.execute(select(clinics.c.id, clinics.c.name).where(clinics.c.id.in_(set(ids))))
        return {row.id: row.name for row in rows}


async def load_clinic(engine: AsyncEngine, id: str) -> Clinic:
    """Raises `NoSuchClinic`."""
    async with at_once(engine) as connection:
        return await clinic(connection, id)


async def clinic(connection: AsyncConnection, id: str, *, lock: bool = False) -> Clinic:
    """Returns the clinic; with `lock`, no other transaction that asks for the lock gets it. Raises `NoSuchClinic`."""
    query = select(*COLUMNS).where(clinics.c.id == id)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().first()
    if row is None:
        raise NoSuchClinic(f"There is no clinic '{id[:64]}' with an account.")
    return Clinic(**row)
