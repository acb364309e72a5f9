"""A patient's reminders, from the services that all its clinics gave (RS7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.tables import clients
from pharmacy.reminders import rules
from pharmacy.reminders.rules import ItemOf, Service
from pharmacy.sharing.clients import same_person
from pharmacy.sharing.patients import patient_row

_SERVICES = text("SELECT * FROM services_of(:practice, :patient)")


@dataclass(frozen=True)
class PatientReminder:
    """`mail` is whether the client takes reminders by mail."""

    item: str
    name: str
    due_on: date
    clinic: str
    state: Literal["due", "done"]
    mail: bool


async def list_reminders(connection: AsyncConnection, clinic: str, patient: str) -> list[PatientReminder]:
    """Returns the reminders of a patient by the day on which each is due; none of a deceased one.

    Raises `NoSuchRecord`.
    """
    row = await patient_row(connection, clinic, patient)
    if row["deceased"]:
        return []
    given = (await connection.execute(_SERVICES, {"practice": row["practice"], "patient": row["id"]})).all()
    services = [
        Service(each.at, each.record, each.day, ItemOf(each.clinic, each.item), each.reminds_after_days)
        for each in given
    ]
    names = {(each.clinic, each.item): each.name for each in given}
    same = {(ItemOf(each.clinic, each.item), ItemOf(*other)) for each in given for other in each.disables}
    mail = not await _opted_out(connection, row["practice"], row["client"])
    seen = {each.record: each.seen for each in given}
    periodic = [each for each in sorted(services) if each.reminds_after_days is not None]
    found = [
        PatientReminder(
            each.item, names[each.clinic, each.item], each.due_on, each.clinic, "done" if each.done else "due", mail
        )
        for service, each in zip(periodic, rules.reminders(services, same), strict=True)
        if seen[service.record]
    ]
    return sorted(found, key=lambda each: (each.due_on, each.clinic, each.item))


async def _opted_out(connection: AsyncConnection, practice: str, client: str) -> bool:
    """Returns whether the client wants no mail; who says so at one clinic says it everywhere."""
    return bool(await connection.scalar(select(func.bool_or(clients.c.opt_out)).where(same_person(practice, client))))
