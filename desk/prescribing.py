"""Opens prescriptions: what is ordered is checked, entered, and started (RX2, RX3)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.open_already import check_beside, open_items_at
from desk.practices import just_begun
from desk.prescriptions import ORDER_PAGE, prescription_of, read_stored, start_workflow
from desk.problem import NotFound
from desk.service import Desk
from integrations.registry import can_disable_prescriptions
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life import steps
from pharmacy.prescriptions.life.dates import When
from pharmacy.prescriptions.life.quantities import Cents, Quantity, Remaining
from pharmacy.prescriptions.life.trade import MOST_REFILLS, is_same_request, too_many_refills
from pharmacy.prescriptions.life.values import MOST_ITEMS, Item, NewPrescription, Origin, Prescription, Rules
from pharmacy.products import catalogue
from pharmacy.products.catalogue import Product
from pharmacy.records.clinic import clinic_transaction, lock
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line, PracticeId
from playbooks.engine.onboarding import Practice
from playbooks.engine.transition import Refused
from workflows.prescription_contracts import PrescriptionStart

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


async def open_prescription(
    desk: Desk, order: PrescriptionOrder, by: str, key: str | None = None, beside: Collection[str] | None = None
) -> Prescription:
    """Opens a prescription; an owner's repeated request is the one that is open already.

    The same `key` of a practice gives the same prescription. `beside` are the patient's open prescriptions for the same
    products beside which it is meant, by id; None is any. Raises `PrescribedAlready`, and `Refused`, with what to do.
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
        patient = await _patient(connection, order, practice.name)
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
        if entered and beside is not None:
            apart = (id, order.renews)
            check_beside(await open_items_at(connection, practice.id, order.patient, products, apart), beside)
    await start_workflow(desk, id)
    return opened if entered else await _opened_before(desk, request)


def _id(practice: str, key: str | None) -> str:
    return f"rx-{hashlib.sha256(f'{practice} {key}'.encode()).hexdigest()[:20] if key else secrets.token_hex(10)}"


async def _opened_before(desk: Desk, request: NewPrescription) -> Prescription:
    stored, row = await read_stored(desk, request.id)
    if _ordered(PrescriptionStart.model_validate(row["request"]).request) != _ordered(request):
        raise Refused("The key was used for another prescription; use a new key for each.")
    return stored


def _ordered(request: NewPrescription) -> dict[str, Any]:
    """What was asked for, without what was looked up."""
    fields: dict[str, Any] = dict.fromkeys(PrescriptionOrder.model_fields, True)
    return request.model_dump(include=fields | {"items": {"__all__": set(ItemOrder.model_fields)}})


def rules(desk: Desk) -> Rules:
    undo = desk.settings.prescription_undo
    return Rules(undo=undo, can_disable=can_disable_prescriptions(), tells_of_cancels=True)


async def _products(desk: Desk, order: PrescriptionOrder) -> dict[str, Product]:
    products = await catalogue.find(desk.database, [item.product for item in order.items])
    for item in order.items:
        if item.product not in products:
            raise Refused(
                f"There is no product '{item.product[:64]}': enter it in the catalogue, or correct the reference."
            )
        if too_many_refills(item.qty, item.refills):
            raise Refused(
                f"{products[item.product].name} has {item.refills:f} refills, but can have at most {MOST_REFILLS}:"
                " correct the number."
            )
    return products


async def _patient(connection: AsyncConnection, order: PrescriptionOrder, practice: str) -> Row[Any]:
    found = (await connection.execute(_PATIENT, {"practice": order.practice, "patient": order.patient})).first()
    if found is None:
        raise Refused(f"{practice} has no patient {order.patient[:64]}: import the practice's feed, or correct the id.")
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
            link=f"{page}#{quote(item.product)}" if page else "",
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
    rows = await register.open_of(connection, request.practice, request.patient)
    others = (prescription_of(row) for row in rows if row["id"] != request.id)
    return next((each for each in others if is_same_request(each, request)), None)


def _start(desk: Desk, request: NewPrescription, by: str) -> PrescriptionStart:
    return PrescriptionStart(request=request, by=by, rules=rules(desk))
