"""A prescription as the API and `onboard prescriptions show` give it."""

from __future__ import annotations

from datetime import UTC, datetime

from pharmacy.prescriptions.life.delivery import delivery_state
from pharmacy.prescriptions.life.position import ItemPosition, items_of
from pharmacy.prescriptions.life.quantities import Remaining
from pharmacy.prescriptions.life.statuses import Status
from pharmacy.prescriptions.life.story import history, story
from pharmacy.prescriptions.life.values import Origin, Prescription
from playbooks.calendar.values import Frozen


class ItemDetail(Frozen):
    """An item with its status in ezyVet's words (RX6), null before it is due. `refills` are prescribed."""

    product: str
    name: str
    status: Status | None
    qty: Remaining
    remaining: Remaining
    refills: Remaining
    price_cents: int
    instructions: str
    last_dispensed_at: datetime | None
    status_at: datetime | None
    link: str


class EzyvetDetail(Frozen):
    """How far ezyVet is told: `state` is not_due, waiting, sent, uncertain, needs_person or disabled."""

    state: str
    uid: str | None
    reason: str


class StepDetail(Frozen):
    """What happened, to which products, by whom."""

    text: str
    products: tuple[str, ...]
    by: str
    at: datetime


class ConcernDetail(Frozen):
    """What a person should look at; the event `dismiss` with its key ends it."""

    key: str
    text: str
    since: datetime


class PrescriptionDetail(Frozen):
    """A prescription as it is now. `situation` says where it is, `next` what comes next and `next_at` when."""

    id: str
    practice: str
    patient: str
    patient_name: str
    client: str
    prescriber: str
    origin: Origin
    written_at: datetime
    clinical_record: int | None
    renews: str | None
    situation: str
    waiting_on: str
    next: str
    next_at: datetime | None
    items: tuple[ItemDetail, ...]
    ezyvet: EzyvetDetail
    concerns: tuple[ConcernDetail, ...]
    history: tuple[StepDetail, ...]


def detail_of(prescription: Prescription, now: datetime) -> PrescriptionDetail:
    told, delivery = story(prescription, now), delivery_state(prescription)
    same = (
        "id",
        "practice",
        "patient",
        "patient_name",
        "prescriber",
        "origin",
        "written_at",
        "clinical_record",
        "renews",
    )
    return PrescriptionDetail(
        **{name: getattr(prescription, name) for name in same},
        client=prescription.owner,
        situation=told.where,
        waiting_on=told.waiting_on,
        next=told.next,
        next_at=told.by,
        items=tuple(_item(position) for position in items_of(prescription)),
        ezyvet=EzyvetDetail(state=delivery.state, uid=prescription.delivery.uid, reason=delivery.reason),
        concerns=tuple(ConcernDetail(**each.model_dump()) for each in told.concerns),
        history=tuple(
            StepDetail(text=step.text, products=step.products, by=step.by, at=step.at) for step in history(prescription)
        ),
    )


def _item(position: ItemPosition) -> ItemDetail:
    item = position.item
    return ItemDetail(
        product=item.product,
        name=item.name,
        status=position.status,
        qty=position.qty,
        remaining=position.remaining,
        refills=item.refills,
        price_cents=item.price_cents,
        instructions=item.instructions,
        last_dispensed_at=_time(position.last_dispensed_at),
        status_at=_time(position.status_at),
        link=item.link,
    )


def _time(epoch: int | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)
