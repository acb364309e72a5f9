"""Where a prescription stands: derived from its events, in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from pharmacy.prescriptions.life.dates import epoch, months_later
from pharmacy.prescriptions.life.endings import Endings, ItemEnd, end_of, endings_in_force
from pharmacy.prescriptions.life.events import (
    Approve,
    Cancel,
    Deliver,
    Expire,
    Happened,
    Lapse,
    PatientAlive,
    PatientDied,
    PatientRenamed,
    Pay,
    PrescriberDisabled,
    PrescriberReplaced,
    RequestRefill,
    Resolve,
    Return,
    Ship,
)
from pharmacy.prescriptions.life.ledger import Ledger, ledger_of, left_text
from pharmacy.prescriptions.life.quantities import Quantity, Remaining
from pharmacy.prescriptions.life.statuses import Status, ended_status, is_final
from pharmacy.prescriptions.life.values import Item, Prescription, Recorded


class ItemPosition(NamedTuple):
    """What became of one item, as changed by the approving vet.

    `status` is None before the prescription is due and for a free product. `status_at` is in epoch seconds. `refill` is
    the owner's request for a refill that has not been dispensed yet; `shipped` and `delivered` concern the last parcel.
    """

    item: Item
    ledger: Ledger
    end: ItemEnd | None
    status: Status | None
    status_at: int | None
    refill: Recorded | None
    shipped: Recorded | None = None
    delivered: Recorded | None = None

    @property
    def qty(self) -> Quantity:
        """Returns what was dispensed last, before the first fill what is prescribed."""
        return self.ledger.last.qty if self.ledger.last else self.item.qty

    @property
    def remaining(self) -> Remaining:
        """Returns what is left, as the dispenser said last."""
        return self.item.refills if self.ledger.remaining is None else self.ledger.remaining

    @property
    def left(self) -> str:
        """Returns what is left in words, as in `2 refills`."""
        return left_text(self.item, self.remaining)

    @property
    def last_dispensed_at(self) -> int | None:
        return epoch(self.ledger.last.at) if self.ledger.last else None

    @property
    def void(self) -> bool:
        """Whether it is as if it had never been: cancelled before any fill, or all came back (RX9)."""
        if self.ledger.fills:
            return self.ledger.all_returned
        return self.end is not None and isinstance(self.end.recorded.event, Cancel)


class Position(NamedTuple):
    """Where a prescription stands. `due_at` is when it had all that a creation needs (RX2)."""

    approval: Recorded | None
    payment: Recorded | None
    due_at: datetime | None
    expires_at: datetime | None
    lapse: Recorded | None
    expiry: Recorded | None
    death: Recorded | None
    patient_name: str
    prescriber: str
    prescriber_disabled: Recorded | None
    clinical_record: int | None
    items: tuple[ItemPosition, ...]

    def item(self, product: str) -> ItemPosition | None:
        return next((each for each in self.items if each.item.product == product), None)

    @property
    def over(self) -> Recorded | None:
        """Why nothing more is dispensed of any item."""
        return self.lapse or self.death or self.expiry

    @property
    def stop(self) -> Literal["decline", "cancel"]:
        """How a vet stops it: what is not due yet is declined."""
        return "cancel" if self.due_at else "decline"

    @property
    def open_items(self) -> tuple[ItemPosition, ...]:
        return tuple(each for each in self.items if each.end is None)


def position_of(prescription: Prescription) -> Position:
    endings = endings_in_force(prescription)
    events = _in_order(prescription, endings)
    approval, payment, lapse = _first(events, Approve), _first(events, Pay), _first(events, Lapse)
    due_at = _due_at(prescription, approval, payment)
    if lapse and due_at and due_at <= lapse.at:
        # What was reported late had been done in time.
        lapse = None
    death = _last(events, PatientDied, PatientAlive)
    disabled = _last(events, PrescriberDisabled, PrescriberReplaced)
    names = [each.event.patient_name for each in events if isinstance(each.event, PatientRenamed)]
    prescribers = [each.event.prescriber for each in events if isinstance(each.event, PrescriberReplaced)]
    records = [each.event.clinical_record for each in events if isinstance(each.event, Resolve)]
    position = Position(
        approval=approval,
        payment=payment,
        due_at=None if lapse else due_at,
        expires_at=_expires_at(prescription, approval),
        lapse=lapse,
        expiry=_first(events, Expire),
        death=death if death and isinstance(death.event, PatientDied) else None,
        patient_name=[prescription.patient_name, *names][-1],
        prescriber=[prescription.prescriber, *prescribers][-1],
        prescriber_disabled=disabled if disabled and isinstance(disabled.event, PrescriberDisabled) else None,
        clinical_record=[prescription.clinical_record, *filter(None, records)][-1],
        items=(),
    )
    items = (_item(prescription, position, item, events, endings) for item in changed_items(prescription, approval))
    return position._replace(items=tuple(items))


def items_of(prescription: Prescription) -> tuple[ItemPosition, ...]:
    """Returns the items with what became of each, in the order prescribed; a final status shown stays (RX6)."""
    return position_of(prescription).items


def _in_order(prescription: Prescription, endings: Endings) -> tuple[Recorded, ...]:
    """Returns the events in the order in which they happened, without returns that were taken back."""
    events = (
        each
        for each in prescription.events
        if not isinstance(each.event, Return) or each in endings[each.event.product]
    )
    return tuple(sorted(events, key=lambda each: (each.at, each.number)))


def _first(events: Sequence[Recorded], kind: type[Happened]) -> Recorded | None:
    return next((each for each in events if isinstance(each.event, kind)), None)


def _last(events: Sequence[Recorded], *kinds: type[Happened]) -> Recorded | None:
    return next((each for each in reversed(events) if isinstance(each.event, kinds)), None)


def _due_at(prescription: Prescription, approval: Recorded | None, payment: Recorded | None) -> datetime | None:
    """Returns when a vet had approved, and an owner's request was paid as well (RX2)."""
    if approval is None or prescription.origin == "vet":
        return approval.at if approval else None
    return max(approval.at, payment.at) if payment else None


def _expires_at(prescription: Prescription, approval: Recorded | None) -> datetime | None:
    """Returns when the validity ends, which begins with the approval."""
    if approval is None:
        return None
    months = approval.event.months if isinstance(approval.event, Approve) else None
    return months_later(approval.at, months or prescription.months, prescription.zone)


def changed_items(prescription: Prescription, approval: Recorded | None) -> Iterator[Item]:
    """Yields the items as the approving vet changed them."""
    approve = approval.event if approval else None
    changes = {change.product: change for change in approve.changes} if isinstance(approve, Approve) else {}
    for item in prescription.items:
        change = changes.get(item.product)
        yield item.model_copy(update=change.model_dump(exclude={"product"}, exclude_none=True)) if change else item


def _item(
    prescription: Prescription, position: Position, item: Item, events: tuple[Recorded, ...], endings: Endings
) -> ItemPosition:
    ledger = ledger_of(item, events)
    end = end_of(prescription, endings[item.product], ledger)
    status, status_at = _status(prescription, position, item, ledger, end)
    shipped, delivered = (_parcel(kind, item.product, events, ledger) for kind in (Ship, Deliver))
    asked = [each for each in events if isinstance(each.event, RequestRefill) and each.event.product == item.product]
    last = ledger.last
    asked = [each for each in asked if last and (each.at, each.number) > (last.at, last.number)]
    refill = asked[-1] if asked and end is None else None
    return ItemPosition(item, ledger, end, status, status_at, refill, shipped, delivered)


def _parcel(kind: type[Ship | Deliver], product: str, events: Sequence[Recorded], ledger: Ledger) -> Recorded | None:
    since = ledger.packed_at
    for each in reversed(events):
        if since and each.at >= since and isinstance(each.event, kind) and product in (each.event.items or ()):
            return each
    return None


def _status(
    prescription: Prescription, position: Position, item: Item, ledger: Ledger, end: ItemEnd | None
) -> tuple[Status | None, int | None]:
    shown = prescription.delivery.item(item.product)
    if shown and is_final(shown.status):
        return shown.status, shown.status_date
    if item.kind == "free" or (prescription.delivery.uid and not shown and not end):
        return None, None
    if end:
        # A fill that crossed with the end came first.
        at = max(end.at, ledger.last.at) if ledger.last else end.at
        dispensed = bool(ledger.fills) or (shown is not None and shown.status == "CURRENT")
        return ended_status(end.who, dispensed=dispensed), epoch(at)
    if ledger.fills:
        # What is shown once is no news any more: a fill that is reported later may lie before it.
        shown_since = shown.status_date if shown and shown.status == "CURRENT" else None
        return "CURRENT", shown_since or epoch(ledger.fills[0].at)
    if shown or (position.due_at and not position.over):
        return "PENDING", epoch(prescription.written_at)
    return None, None
