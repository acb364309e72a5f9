"""What a person should look at: contradictions that are recorded and not refused, and what stops a prescription."""

from __future__ import annotations

from collections.abc import Iterator

from pharmacy.prescriptions.life.events import Approve, Dismiss, PatientRenamed
from pharmacy.prescriptions.life.ledger import contradiction
from pharmacy.prescriptions.life.position import ItemPosition, Position, position_of
from pharmacy.prescriptions.life.statuses import is_final
from pharmacy.prescriptions.life.values import Concern, Prescription


def concerns(prescription: Prescription) -> tuple[Concern, ...]:
    """Returns what needs a look and nobody has dismissed."""
    dismissed = {each.event.concern for each in prescription.events if isinstance(each.event, Dismiss)}
    found = _all(prescription, position_of(prescription))
    return tuple(concern for concern in found if concern.key not in dismissed)


def _all(prescription: Prescription, position: Position) -> Iterator[Concern]:
    yield from _about_patient(prescription, position)
    disabled = position.prescriber_disabled
    if disabled and prescription.delivery.uid is None and position.open_items:
        text = f"{position.prescriber} is no longer an active vet of the practice: name another prescriber."
        yield Concern(key=f"prescriber/{disabled.number}", text=text, since=disabled.recorded_at)
    yield from _about_price(prescription, position)
    for item in position.items:
        yield from _about_fills(prescription, item)
        yield from _about_showing(prescription, position, item)


def _about_patient(prescription: Prescription, position: Position) -> Iterator[Concern]:
    if position.death and position.open_items:
        text = f"{position.patient_name} has died: cancel what is still open."
        yield Concern(key=f"died/{position.death.number}", text=text, since=position.death.recorded_at)
    old, new = prescription.patient_name, position.patient_name
    renamed = [each for each in prescription.events if isinstance(each.event, PatientRenamed)]
    if old != new and position.open_items and not position.over:
        text = f"The pet was renamed from {old} to {new}: write a new prescription under {new}."
        yield Concern(key=f"renamed/{renamed[-1].number}", text=text, since=renamed[-1].recorded_at)


def _about_price(prescription: Prescription, position: Position) -> Iterator[Concern]:
    """Yields what the owner had paid for another quantity than the vet approved."""
    approval, payment = position.approval, position.payment
    if not (approval and payment and isinstance(approval.event, Approve)) or payment.number > approval.number:
        return
    items = {item.product: item for item in prescription.items}
    for change in approval.event.changes:
        item = items[change.product]
        if change.qty not in (None, item.qty):
            paid, approved = f"{item.qty:f} of {item.name}", f"{change.qty:f}"
            text = f"The owner paid for {paid}, and the vet approved {approved}: the pharmacy settles the difference."
            yield Concern(key=f"price/{item.product}", text=text, since=approval.recorded_at)


def _about_fills(prescription: Prescription, item: ItemPosition) -> Iterator[Concern]:
    for fill in item.ledger.fills:
        since = prescription.events[fill.number - 1].recorded_at
        if text := contradiction(item.item, fill):
            yield Concern(key=f"ledger/{fill.number}", text=f"{text}.", since=since)
        if fill.at < prescription.written_at:
            text = f"{item.item.name} was dispensed before the prescription was written."
            yield Concern(key=f"early/{fill.number}", text=text, since=since)


def _about_showing(prescription: Prescription, position: Position, item: ItemPosition) -> Iterator[Concern]:
    """Yields what came too late for the practice's system to show it."""
    delivery, last, name = prescription.delivery, item.ledger.last, item.item.name
    shown = delivery.item(item.item.product)
    if delivery.uid is None or item.item.kind == "free" or item.ledger.all_returned:
        return
    if shown is None and (last or not (item.end or position.over)):
        text = f"{name} is missing in the practice's system, where nothing can be added: write a new prescription."
        yield Concern(key=f"missing/{item.item.product}", text=text, since=prescription.events[-1].recorded_at)
    final = shown and (delivery.disabled or is_final(shown.status))
    if shown and last and final and shown.last_dispensed != item.last_dispensed_at:
        text = f"A fill of {name} was reported too late: the practice's system shows the item as ended."
        since = prescription.events[last.number - 1].recorded_at
        yield Concern(key=f"late/{last.number}", text=text, since=since)
    elif final and not item.end:
        text = f"The practice's system shows {name} as ended, which nobody reported here: cancel it here too."
        yield Concern(key=f"ended/{item.item.product}", text=text, since=prescription.events[-1].recorded_at)
