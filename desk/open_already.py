"""What a patient has open already of a product that is to be prescribed: it is shown, and asked about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from desk.practice_prescriptions import PracticeView
from desk.prescriptions import prescription_of
from desk.service import Desk
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life.position import ItemPosition, Position, position_of
from pharmacy.prescriptions.life.trade import still_dispensed
from pharmacy.prescriptions.life.values import Prescription
from pharmacy.prescriptions.listed import items_text
from pharmacy.records.clinic import clinic_transaction
from playbooks.engine.transition import Refused


@dataclass(frozen=True)
class OpenItem:
    """A product that a patient has open. `text` tells it from others and says how far it is, `left` what is left.

    `stop` is how a vet stops its prescription.
    """

    id: str
    text: str
    left: str
    stop: Literal["decline", "cancel"]


class PrescribedAlready(Refused):
    """Nothing is written or approved: the patient has open prescriptions for the same products, which are `found`."""

    def __init__(self, found: Collection[OpenItem]) -> None:
        super().__init__(" ".join(f"{each.text}." for each in found))


def check_beside(found: Collection[OpenItem], beside: Collection[str]) -> None:
    """Raises `PrescribedAlready` if something is open besides the prescriptions `beside`, by id."""
    if any(each.id not in beside for each in found):
        raise PrescribedAlready(found)


async def open_items(
    desk: Desk, practice: str, patient: str, products: Collection[str], apart: Collection[str | None] = ()
) -> list[OpenItem]:
    """Returns what the patient has open of these products, without the prescriptions `apart`, the oldest first."""
    if not products:
        return []
    async with clinic_transaction(desk.database, practice) as connection:
        return await open_items_at(connection, practice, patient, products, apart)


async def open_beside(desk: Desk, view: PracticeView) -> list[OpenItem]:
    """Returns what the patient has open of a request's products, without itself and the one that it renews."""
    its, products = view.prescription, {each.item.product for each in view.position.open_items}
    waits = view.waits_for_approval
    return await open_items(desk, its.practice, its.patient, products, (its.id, its.renews)) if waits else []


async def open_items_at(
    connection: AsyncConnection,
    practice: str,
    patient: str,
    products: Collection[str],
    apart: Collection[str | None] = (),
) -> list[OpenItem]:
    """Returns the same as `open_items`, within a transaction."""
    rows = await register.open_of(connection, practice, patient)
    others = (prescription_of(row) for row in rows if row["id"] not in apart)
    return [
        OpenItem(each.id, *_texts(each, position, item), position.stop)
        for each, position in ((one, position_of(one)) for one in others)
        for item in still_dispensed(each, products)
    ]


def _texts(prescription: Prescription, position: Position, item: ItemPosition) -> tuple[str, str]:
    """What is shown of it beside another one, and as the one that is renewed."""
    local = prescription.written_at.astimezone(prescription.zone)
    by = "requested by the owner" if prescription.origin == "owner" else f"written by {position.prescriber}"
    kind = "prescription" if position.approval else "request"
    state = f"{item.left} left" if item.ledger.fills else f"not dispensed yet, {item.left} left"
    said = f"{position.patient_name} already has an open {kind} for {items_text([item.item])}, {by}"
    text = (
        f"{said} on {local:%a} {local.day} {local:%b %Y, %H:%M}, {state if position.approval else 'not approved yet'}"
    )
    verb = "is" if item.remaining == 1 else "are"
    left = f"{item.left} of {item.item.name} {verb} left on the prescription you renew"
    return text, left if item.ledger.fills else f"{left}, which is not dispensed yet"
