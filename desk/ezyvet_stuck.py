"""Prescriptions that a person's choice sets free: what ezyVet refused, or what could not be sent, is sent again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from desk.prescriptions import record_event
from desk.service import Desk
from pharmacy.prescriptions import attention
from pharmacy.prescriptions.life.events import Resolve
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.values import Prescription

log = logging.getLogger("ezyvet")


async def send_of_vets(desk: Desk, practice: str, vets: frozenset[str], by: str) -> None:
    """Has the stuck prescriptions of these vets sent again."""
    await _send(desk, practice, by, lambda one: position_of(one).prescriber in vets)


async def send_of_patient(desk: Desk, practice: str, patient: str, by: str) -> None:
    """Has the patient's stuck prescriptions sent again."""
    await _send(desk, practice, by, lambda one: one.patient == patient)


async def _send(desk: Desk, practice: str, by: str, concerned: Callable[[Prescription], bool]) -> None:
    """One that is in doubt stays with a person, and so does one that cannot be told just now."""
    stuck = map(Prescription.model_validate, await attention.stuck_records(desk.database, practice))
    free = [
        each.id for each in stuck if concerned(each) and (problem := each.delivery.problem) and not problem.unproven
    ]

    async def send(id: str) -> None:
        await record_event(desk, id, Resolve(decision="send"), by)

    async for id, outcome in desk.each(free, send):
        if outcome:
            log.info("prescription %s is still stuck: %s", id, outcome)
