"""Checks of what the pharmacy dispenses, sends and gets back."""

from __future__ import annotations

from datetime import datetime, timedelta

from pharmacy.prescriptions.life.admission import Admission, Known
from pharmacy.prescriptions.life.events import Deliver, Dispense, RequestRefill, Return, Ship
from pharmacy.prescriptions.life.position import ItemPosition
from pharmacy.prescriptions.life.values import Prescription, Recorded
from playbooks.engine.transition import Refused


def dispense(admission: Admission, event: Dispense) -> Dispense | Known:
    item, position = admission.item(event.product), admission.position
    if known := _on_record(admission, event):
        return Known(f"{event.qty} of {item.item.name} dispensed on {admission.time(known.at)}")
    if not position.approval:
        raise Refused(f"{item.item.name} cannot be dispensed: no vet has approved it yet.")
    if admission.prescription.origin == "owner" and not position.payment:
        raise Refused(f"{item.item.name} cannot be dispensed: it is not paid yet.")
    admission.refuse_over(f"{item.item.name} cannot be dispensed")
    if item.end and item.end.at <= admission.at:
        back = "; take that back first" if item.end.held_until > admission.now else "; a new prescription is needed"
        raise Refused(f"{item.item.name} cannot be dispensed: {admission.ended(item, item.end)}{back}.")
    if event.reshipment and not item.ledger.fills:
        raise Refused(f"{item.item.name} cannot be sent again: nothing was dispensed.")
    return event


def _on_record(admission: Admission, event: Dispense) -> Recorded | None:
    """Returns the same fill, if on record: of the same time, or the last one if neither time nor key is given."""
    untimed = event.model_copy(update={"at": None})
    fills = [
        each
        for each in admission.prescription.events
        if isinstance(each.event, Dispense) and each.event.product == event.product
    ]
    same = [each for each in fills if each.event.model_copy(update={"at": None}) == untimed]
    if event.at is not None:
        return next((each for each in same if each.at == admission.at or each.event == event), None)
    return same[-1] if same and not admission.keyed and same[-1] is fills[-1] else None


def take_back(admission: Admission, event: Return) -> Return | Known:
    """Checks a return, and says how much came back."""
    item, prescription = admission.item(event.product), admission.prescription
    ledger, name = item.ledger, item.item.name
    if not ledger.last:
        raise Refused(f"{name} cannot come back: nothing was dispensed.")
    returns = [
        each for each in prescription.events if each.event.name == "return" and each.event.product == event.product
    ]
    last = returns[-1] if returns and ledger.returned_at else None
    if ledger.all_returned or (last and _same_return(admission, event, last)):
        return Known(f"{name} came back on {admission.time(ledger.returned_at or admission.at)}")
    if admission.at < ledger.fills[0].at:
        first = admission.time(ledger.fills[0].at)
        raise Refused(f"{name} cannot come back before it was dispensed on {first}; give another time.")
    if event.qty is not None and event.qty > ledger.with_owner:
        raise Refused(f"{event.qty} of {name} cannot come back: the owner has {ledger.with_owner}.")
    return event.model_copy(update={"qty": event.qty or min(ledger.last.qty, ledger.with_owner)})


def _same_return(admission: Admission, event: Return, last: Recorded) -> bool:
    if not isinstance(last.event, Return) or event.qty not in (None, last.event.qty):
        return False
    return admission.at == last.at if event.at is not None else not admission.keyed


def parcel(admission: Admission, event: Ship | Deliver) -> Ship | Deliver | Known:
    """Checks that something was dispensed which is not yet on its way or there, and names it."""
    packed = [each for each in admission.items(event.items) if each.ledger.packed_at and not each.ledger.all_returned]
    ahead = [each for each in packed if (each.delivered if isinstance(event, Deliver) else each.shipped) is None]
    if ahead:
        return event.model_copy(update={"items": tuple(each.item.product for each in ahead)})
    if not packed:
        raise Refused(f"Nothing was dispensed, so there is nothing to {event.name}.")
    return Known("delivered" if isinstance(event, Deliver) else "on its way")


def ask_refill(admission: Admission, event: RequestRefill) -> RequestRefill | Known:
    item = admission.item(event.product)
    name = item.item.name
    if item.refill:
        return Known(f"a refill of {name} was asked for on {admission.time(item.refill.at)}")
    admission.refuse_over(f"{name} cannot be refilled")
    if item.end:
        raise Refused(f"{name} cannot be refilled: {admission.ended(item, item.end)}; ask the vet for a new one.")
    if not item.ledger.last:
        raise Refused(f"{name} cannot be refilled: its first fill has not been dispensed yet.")
    if not item.remaining:
        raise Refused(f"{name} has no refills left; ask the vet for a renewal.")
    return event


def refill_held_until(prescription: Prescription, item: ItemPosition | None, now: datetime) -> datetime | None:
    """Returns until when the refill that was asked for is held; None if it can be dispensed now, or none was."""
    start = refill_from(prescription, item) if item and item.refill else None
    return start if start and start > now else None


def refill_from(prescription: Prescription, item: ItemPosition) -> datetime | None:
    """Returns from when a refill may be sent, None if that is not known: some days before the last is used up."""
    if not item.ledger.last or not item.item.days:
        return None
    share = item.ledger.last.qty / item.item.qty
    lasts = timedelta(days=float(item.item.days * share)) - timedelta(days=prescription.rules.early_days)
    return item.ledger.last.at + max(lasts, timedelta(0))
