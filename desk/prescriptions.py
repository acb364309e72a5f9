"""What happens to prescriptions, for the API, the portal and the command line (RX)."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from desk.problem import NoAnswer, NotFound
from desk.queries import query_open
from desk.service import Desk
from desk.updates import PATIENCE, NotOpen, update
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life import steps
from pharmacy.prescriptions.life.calls import Waiting
from pharmacy.prescriptions.life.delivery import put_off
from pharmacy.prescriptions.life.events import (
    CLOCK_EVENTS,
    EVENT_NAMES,
    Event,
    PatientAlive,
    PatientDied,
    PatientRenamed,
    Report,
)
from pharmacy.prescriptions.life.story import waits_on
from pharmacy.prescriptions.life.values import Prescription, Receipt
from playbooks.engine.transition import Refused
from store.database import DatabaseProblem
from workflows.prescription_contracts import PrescriptionStart
from workflows.visibility import KEYS

log = logging.getLogger("prescriptions")

REPORTED_EVENTS = tuple(name for name in EVENT_NAMES if name not in CLOCK_EVENTS)
"""The events that people and programs report; the others are the clock's."""
PREFIX = "prescription"
KEEP_UP_EVERY = 10.0
"""Seconds between two looks for what prescriptions have missed."""
BY_RECORDS = "records"
"""Who reports what the practice's records say of a patient."""
ORDER_PAGE = "/rx/"


async def start_workflow(desk: Desk, id: str) -> None:
    """Starts a prescription's workflow unless it was started. While Temporal is away, it is started later."""
    row = await register.find(desk.database, id)
    if row is None or row["started_at"]:
        return
    start = PrescriptionStart.model_validate(row["request"])
    try:
        await desk.client.start_workflow(
            "Prescription",
            start,
            id=f"{PREFIX}/{id}",
            task_queue=desk.settings.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(KEYS["Playbook"], PREFIX),
                    SearchAttributePair(KEYS["Practice"], start.request.practice),
                    # It saves the workflow a first update.
                    SearchAttributePair(KEYS["WaitingOn"], waits_on(prescription_of(row), row["created_at"])),
                ]
            ),
            static_summary=f"{start.request.patient_name} · {', '.join(item.name for item in start.request.items)}"[
                :200
            ],
            static_details=_details(desk, start, row["token"]),
            rpc_timeout=PATIENCE,
        )
    except WorkflowAlreadyStartedError:
        pass
    except RPCError:
        # `start_missing` starts it as soon as Temporal is back.
        return
    await register.mark_started(desk.database, id)


async def keep_up(desk: Desk) -> None:
    """Starts, again and again, what was entered while Temporal was away, and tells prescriptions of their patients."""
    while True:
        try:
            for id in await register.not_started(desk.database):
                await start_workflow(desk, id)
            await tell_of_patients(desk)
        except (DatabaseProblem, NoAnswer) as problem:
            log.info("prescriptions wait: %s", problem)
        except Exception:
            # An unexpected error must not end the rounds.
            log.exception("prescriptions could not be kept up")
        await asyncio.sleep(KEEP_UP_EVERY)


async def tell_of_patients(desk: Desk) -> None:
    """Reports to open prescriptions that their patient has another name, has died, or is alive after all (DP13)."""
    for row in await register.changed_patients(desk.database):
        events: list[Event] = [PatientRenamed(patient_name=row["name"])] if row["renamed"] else []
        if row["died_or_lives"]:
            events.append(PatientDied() if row["deceased"] else PatientAlive())
        for event in events:
            try:
                await record_event(desk, row["id"], event, BY_RECORDS)
            except Refused as refusal:
                log.warning("prescription %s was not told of its patient: %s", row["id"], refusal)


async def record_event(desk: Desk, id: str, event: Event, by: str, key: str | None = None) -> Receipt:
    """Reports an event; a repeat is `already_known`. Raises `Refused` for what cannot be, `NotFound` or `NoAnswer`."""
    report = Report(event=event, by=by, key=key)
    try:
        handle = desk.client.get_workflow_handle(f"{PREFIX}/{id}")
        return await update(handle, event.name, report, Receipt)
    except NotOpen:
        prescription, row = await read_stored(desk, id)
    if row["started_at"] is None:
        await start_workflow(desk, id)
        raise NoAnswer("The prescription is being opened; repeat it in a moment.")
    # A closed prescription's last state gives the answer that its workflow would have given.
    result = steps.record(prescription, report, datetime.now(UTC))
    assert result.receipt is not None
    if result.receipt.outcome == "recorded":
        raise Refused(f"Prescription {id} is closed; nothing more can be recorded.")
    return result.receipt


async def load(desk: Desk, id: str) -> Prescription:
    """Returns a prescription as it is now: from its workflow, or from the register once that has ended."""
    found = await query_open(desk.client, f"{PREFIX}/{id}", Prescription)
    if found is None:
        return (await read_stored(desk, id))[0]
    return put_off(found, await register.delay_of(desk.database, id))


async def read_stored(desk: Desk, id: str) -> tuple[Prescription, Any]:
    """Returns a prescription as the register has it, and its row. Raises `NotFound`."""
    row = await register.find(desk.database, id)
    if row is None:
        raise NotFound(f"There is no prescription {id[:64]}; see them with: onboard prescriptions list")
    return prescription_of(row), row


def prescription_of(row: Any) -> Prescription:
    """Returns the prescription of a row as its workflow last published it, or as it was opened."""
    if row["record"] is not None:
        waiting = Waiting.model_validate(row["delay"]) if row["delay"] else None
        return put_off(Prescription.model_validate(row["record"]), waiting)
    start = PrescriptionStart.model_validate(row["request"])
    return steps.open(start.request, start.by, row["created_at"], start.rules).prescription


def _details(desk: Desk, start: PrescriptionStart, token: str) -> str:
    request = start.request
    page = desk.settings.public_url
    link = f"\n\n[The order page]({page}{ORDER_PAGE}{token})" if page else ""
    return f"{request.practice}, patient {request.patient}, prescribed by {request.prescriber}{link}"
