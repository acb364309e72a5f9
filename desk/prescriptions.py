"""What people and programs do with prescriptions, for the API, the portal and the command line (RX)."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from desk.practices import just_begun
from desk.problem import NoAnswer, NotFound
from desk.queries import query_open
from desk.service import Desk
from desk.updates import PATIENCE, NotOpen, update
from integrations.registry import can_disable_prescriptions
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life import steps
from pharmacy.prescriptions.life.dates import When
from pharmacy.prescriptions.life.events import (
    CLOCK_EVENTS,
    EVENT_NAMES,
    Event,
    PatientAlive,
    PatientDied,
    PatientRenamed,
    Report,
)
from pharmacy.prescriptions.life.quantities import Cents, Quantity, Remaining
from pharmacy.prescriptions.life.trade import is_same_request
from pharmacy.prescriptions.life.values import MOST_ITEMS, Item, NewPrescription, Origin, Prescription, Receipt, Rules
from pharmacy.products import catalogue
from pharmacy.products.catalogue import Product
from pharmacy.records.clinic import clinic_transaction, lock
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line, PracticeId
from playbooks.engine.onboarding import Practice
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
_PATIENT = text(
    "SELECT name, client, deceased FROM patients WHERE practice = :practice AND id = :patient FOR NO KEY UPDATE"
)


class ItemOrder(Frozen):
    """One product to prescribe. `refills` is how much is left after the first fill; the price is for it all."""

    product: Line
    qty: Quantity
    instructions: Annotated[str, Field(max_length=1000)] = ""
    price_cents: Cents
    refills: Remaining
    days: Annotated[int, Field(ge=1, le=366)] | None = None


class PrescriptionOrder(Frozen):
    """A prescription to be opened: written by a vet, or requested by an owner."""

    practice: PracticeId
    patient: Line
    prescriber: Line
    origin: Origin
    written_at: When | None = None
    clinical_record: Annotated[int, Field(ge=1)] | None = None
    renews: Line | None = None
    months: Annotated[int, Field(ge=1)] | None = None
    items: Annotated[tuple[ItemOrder, ...], Field(min_length=1, max_length=MOST_ITEMS)]


async def open_prescription(desk: Desk, order: PrescriptionOrder, by: str, key: str | None = None) -> Prescription:
    """Opens a prescription; an owner's repeated request is the one that is open already.

    The same `key` of a practice gives the same prescription. Raises `Refused`, with what to do.
    """
    try:
        practice = await just_begun(desk, order.practice)
    except NotFound as problem:
        raise Refused(str(problem)) from None
    products = await _products(desk, order)
    id = _id(practice.id, key)
    token = secrets.token_urlsafe(24)
    async with clinic_transaction(desk.database, practice.id) as connection:
        await lock(connection, f"prescriptions of {practice.id}/{order.patient}")
        patient = await _patient(connection, order)
        request = _request(desk, order, id, practice, patient, products, token)
        opened = steps.open(request, by, datetime.now(UTC), rules(desk)).prescription
        if same := await _same_request(connection, request):
            return same
        entered = await register.enter(
            connection,
            id=id,
            practice=practice.id,
            patient=order.patient,
            label_name=opened.patient_name,
            client=opened.owner,
            prescriber=order.prescriber,
            origin=order.origin,
            token=token,
            request=_start(desk, request, by).model_dump(mode="json"),
        )
    await start_workflow(desk, id)
    return opened if entered else await _opened_before(desk, request)


def _id(practice: str, key: str | None) -> str:
    return f"rx-{hashlib.sha256(f'{practice} {key}'.encode()).hexdigest()[:20] if key else secrets.token_hex(10)}"


async def _opened_before(desk: Desk, request: NewPrescription) -> Prescription:
    stored, row = await _stored(desk, request.id)
    if _ordered(PrescriptionStart.model_validate(row["request"]).request) != _ordered(request):
        raise Refused("The key was used for another prescription; use a fresh one for each.")
    return stored


def _ordered(request: NewPrescription) -> dict[str, Any]:
    """What was asked for, without what was looked up."""
    fields: dict[str, Any] = dict.fromkeys(PrescriptionOrder.model_fields, True)
    return request.model_dump(include=fields | {"items": {"__all__": set(ItemOrder.model_fields)}})


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
        prescription, row = await _stored(desk, id)
    if row["started_at"] is None:
        await start_workflow(desk, id)
        raise NoAnswer("The prescription is being opened; repeat it in a moment.")
    # A closed prescription's last state gives the answer that its workflow would have given.
    result = steps.record(prescription, report, datetime.now(UTC))
    assert result.receipt is not None
    if result.receipt.outcome == "recorded":
        raise Refused(f"Prescription {id} is closed and takes nothing new.")
    return result.receipt


async def load(desk: Desk, id: str) -> Prescription:
    """Returns a prescription as it is now: from its workflow, or from the register once that has ended."""
    found = await query_open(desk.client, f"{PREFIX}/{id}", Prescription)
    return found or (await _stored(desk, id))[0]


def rules(desk: Desk) -> Rules:
    return Rules(undo=desk.settings.prescription_undo, can_disable=can_disable_prescriptions())


async def _stored(desk: Desk, id: str) -> tuple[Prescription, Any]:
    row = await register.find(desk.database, id)
    if row is None:
        raise NotFound(f"There is no prescription {id[:64]}; see them with: onboard prescriptions list")
    return prescription_of(row), row


async def _products(desk: Desk, order: PrescriptionOrder) -> dict[str, Product]:
    products = await catalogue.find(desk.database, [item.product for item in order.items])
    for item in order.items:
        if item.product not in products:
            raise Refused(
                f"There is no product '{item.product[:64]}': enter it in the catalogue, or correct the reference."
            )
    return products


async def _patient(connection: AsyncConnection, order: PrescriptionOrder) -> Row[Any]:
    found = (await connection.execute(_PATIENT, {"practice": order.practice, "patient": order.patient})).first()
    if found is None:
        raise Refused(
            f"{order.practice} has no patient {order.patient[:64]}: import the practice's feed, or correct the id."
        )
    if found.deceased:
        raise Refused(f"{found.name or f'Patient {order.patient}'} has died: nothing can be prescribed.")
    return found


def _request(
    desk: Desk,
    order: PrescriptionOrder,
    id: str,
    practice: Practice,
    patient: Row[Any],
    products: dict[str, Product],
    token: str,
) -> NewPrescription:
    page = desk.settings.public_url and f"{desk.settings.public_url}{ORDER_PAGE}{token}"
    items = tuple(
        Item(
            **item.model_dump(),
            name=products[item.product].name,
            kind=products[item.product].kind,
            link=f"{page}#{item.product}" if page else "",
        )
        for item in order.items
    )
    return NewPrescription(
        **order.model_dump(exclude={"items"}),
        id=id,
        time_zone=practice.time_zone,
        state=practice.state,
        patient_name=patient.name or f"Patient {order.patient}",
        owner=patient.client,
        items=items,
    )


async def _same_request(connection: AsyncConnection, request: NewPrescription) -> Prescription | None:
    """Returns the open request of the same owner for the same, if there is one."""
    if request.origin != "owner":
        return None
    rows = await register.open_requests(connection, request.practice, request.patient)
    others = (prescription_of(row) for row in rows if row["id"] != request.id)
    return next((each for each in others if is_same_request(each, request)), None)


def prescription_of(row: Any) -> Prescription:
    """Returns the prescription of a row as its workflow last published it, or as it was opened."""
    if row["record"] is not None:
        return Prescription.model_validate(row["record"])
    start = PrescriptionStart.model_validate(row["request"])
    return steps.open(start.request, start.by, row["created_at"], start.rules).prescription


def _start(desk: Desk, request: NewPrescription, by: str) -> PrescriptionStart:
    return PrescriptionStart(request=request, by=by, rules=rules(desk), queue=desk.settings.ezyvet_task_queue)


def _details(desk: Desk, start: PrescriptionStart, token: str) -> str:
    request = start.request
    page = desk.settings.public_url
    link = f"\n\n[The order page]({page}{ORDER_PAGE}{token})" if page else ""
    return f"{request.practice}, patient {request.patient}, prescribed by {request.prescriber}{link}"
