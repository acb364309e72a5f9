"""A prescription as lists show it: read off it whenever it changes, kept in the table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from pharmacy.prescriptions.life.delivery import delivery_state
from pharmacy.prescriptions.life.position import items_of, position_of
from pharmacy.prescriptions.life.quantities import Quantity, Remaining
from pharmacy.prescriptions.life.steps import is_over, next_wakeup
from pharmacy.prescriptions.life.story import story
from pharmacy.prescriptions.life.values import Item, Prescription
from playbooks.calendar.values import Frozen


class PrescriptionRow(Frozen):
    """What its workflow publishes: of two rows the one with the higher `version` counts.

    `situation` says in a sentence where it is, `waiting_on` whom it waits on; `statuses` are those of its items, and
    `ezyvet` is the state of its delivery, with the `reason`; `patient_name` and `deceased` are what it knows;
    `to_look_at` counts its concerns while something can be done about them.
    """

    id: str
    version: int
    state: Literal["open", "closed"]
    situation: str
    waiting_on: str
    statuses: tuple[str, ...]
    ezyvet: str
    reason: str
    next_at: datetime | None
    patient_name: str
    deceased: bool
    to_look_at: int
    record: dict[str, Any]


class ListedItem(Frozen):
    """A product of a prescription with its quantity, as changed by the approving vet; `end` says how it ended."""

    product: str
    name: str
    qty: Quantity
    refills: Remaining
    end: Annotated[str | None, Field(exclude=True)] = None


class ListedPrescription(Frozen):
    """One row of a list. What its workflow publishes is null until its first step."""

    id: str
    practice: str
    patient: str
    label_name: str | None
    client: str | None
    prescriber: str | None
    origin: Literal["vet", "owner"] | None
    state: Literal["open", "closed"]
    situation: str | None
    waiting_on: str | None
    statuses: tuple[str, ...]
    ezyvet: str | None
    reason: str | None
    needs_new: str | None
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime
    items: tuple[ListedItem, ...]


def items_in(record: Any, request: Any) -> tuple[ListedItem, ...]:
    """Returns the items of a prescription's row: of its `record`, or until there is one of the `request` to open it."""
    if record is not None:
        found = items_of(Prescription.model_validate(record))
        items = [(each.item, each.end.text if each.end else None) for each in found]
    else:
        items = [(Item.model_validate(each), None) for each in request["request"]["items"]]
    return tuple(
        ListedItem(product=item.product, name=item.name, qty=item.qty, refills=item.refills, end=end)
        for item, end in items
    )


def items_text(items: Iterable[Item | ListedItem]) -> str:
    """Returns products with their quantities: `3 × Apoquel, 1 × Bravecto`."""
    return ", ".join(f"{item.qty:f} × {item.name}" for item in items)


def row_of(prescription: Prescription, now: datetime) -> PrescriptionRow:
    told, delivery = story(prescription, now), delivery_state(prescription)
    position = position_of(prescription)
    is_closed = is_over(prescription, now)
    statuses = {item.status for item in position.items if item.status}
    return PrescriptionRow(
        id=prescription.id,
        version=prescription.version,
        state="closed" if is_closed else "open",
        situation=told.where,
        waiting_on=told.waiting_on,
        statuses=tuple(sorted(statuses)),
        ezyvet=delivery.state,
        reason=delivery.reason,
        next_at=next_wakeup(prescription),
        patient_name=position.patient_name,
        deceased=position.death is not None,
        to_look_at=0 if is_closed else len(told.concerns),
        record=prescription.model_dump(mode="json"),
    )
