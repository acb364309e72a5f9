"""Checks of decisions: approve, pay, decline, cancel, and taking those back."""

from __future__ import annotations

from decimal import ROUND_HALF_UP

from pharmacy.prescriptions.life.admission import Admission, Known
from pharmacy.prescriptions.life.endings import endings_in_force, held_until
from pharmacy.prescriptions.life.events import Approve, Cancel, Decline, ItemChange, Pay, Undo
from pharmacy.prescriptions.life.position import ItemPosition
from pharmacy.prescriptions.life.quantities import MOST_CENTS
from pharmacy.prescriptions.life.statuses import is_final
from pharmacy.prescriptions.life.trade import DECLINE_REASONS
from pharmacy.prescriptions.life.values import CancelAnswer, Prescription
from playbooks.engine.transition import Refused
from playbooks.plural import count_of


def approve(admission: Admission, event: Approve) -> Approve | Known:
    approval, position = admission.position.approval, admission.position
    if approval and isinstance(approval.event, Approve):
        by, at = approval.event.by, admission.time(approval.at)
        if _repeats(event, approval.event):
            return Known(f"approved by {by} on {at}")
        raise Refused(f"It was approved by {by} on {at}; to change it, cancel it and write a new prescription.")
    admission.refuse_over("It cannot be approved")
    if not position.open_items:
        raise Refused("There is nothing to approve: every item was declined or cancelled.")
    if event.months and event.months > admission.prescription.months:
        raise Refused(
            f"It can be valid for at most {count_of(admission.prescription.months, 'month')}; you gave {event.months}."
        )
    _refuse_changes(admission, event)
    if admission.position.payment:
        return event
    return event.model_copy(update={"changes": tuple(_priced(admission, change) for change in event.changes)})


def _repeats(event: Approve, before: Approve) -> bool:
    """Returns whether an approval says nothing but what an earlier one said."""
    said = {change.product: change.model_dump() for change in before.changes}
    same = (
        change.model_dump(exclude_none=True).items() <= said.get(change.product, {}).items() for change in event.changes
    )
    return (event.changes, event.months) == ((), None) or (
        event.months == before.months and len(event.changes) == len(before.changes) and all(same)
    )


def _priced(admission: Admission, change: ItemChange) -> ItemChange:
    """Returns the change with the price in proportion to its quantity, unless it gives one."""
    item = admission.item(change.product).item
    if change.qty is None or change.price_cents is not None:
        return change
    cents = (item.price_cents * change.qty / item.qty).to_integral_value(ROUND_HALF_UP)
    if cents > MOST_CENTS:
        raise Refused(f"The price of {item.name} would be too high; correct the quantity.")
    return change.model_copy(update={"price_cents": int(cents)})


def _refuse_changes(admission: Admission, event: Approve) -> None:
    products = [change.product for change in event.changes]
    if len(set(products)) < len(products):
        raise Refused("An item can be changed only once in an approval.")
    for change in event.changes:
        item = admission.item(change.product)
        if item.end:
            raise Refused(f"{admission.ended(item, item.end)}; it cannot be changed.")
        if admission.position.payment and change.price_cents not in (None, item.item.price_cents):
            raise Refused(f"The price of {item.item.name} cannot change: it is paid; decline it instead.")


def pay(admission: Admission, event: Pay) -> Pay | Known:
    if paid := admission.position.payment:
        return Known(f"paid on {admission.time(paid.at)}")
    admission.refuse_over("It cannot be paid")
    if not admission.position.open_items:
        raise Refused("There is nothing to pay: every item was declined or cancelled; pay back what was taken.")
    return event


def end(admission: Admission, event: Decline | Cancel) -> Decline | Cancel | Known:
    """Checks a decline or cancel, and names the items that it ends."""
    _refuse_without_reason(event)
    items = admission.items(event.items)
    lapse = admission.position.lapse
    if lapse and lapse.at <= admission.at:
        raise Refused(f"The request lapsed on {admission.time(lapse.at)}; there is nothing to {event.name}.")
    # A late report of an earlier decision takes the place of the later one.
    ends = [each for each in items if each.end is None or (event.at and admission.at < each.end.at)]
    if ends:
        return event.model_copy(update={"items": tuple(each.item.product for each in ends)})
    for each in items:
        if each.end and (each.end.recorded.event.name, each.end.who) != (event.name, event.by):
            raise Refused(f"{admission.ended(each, each.end)}; there is nothing to {event.name}.")
    return Known("; ".join(admission.ended(each, each.end) for each in items if each.end))


def _refuse_without_reason(event: Decline | Cancel) -> None:
    if event.code and event.code not in DECLINE_REASONS:
        raise Refused(f"'{event.code}' is not a coded reason; use one of {', '.join(DECLINE_REASONS)}.")
    if not event.reason and event.code in (None, "other"):
        raise Refused(f"Say why in `reason`; a {event.name} needs a reason or a coded one.")


def cancel_answer(items: tuple[ItemPosition, ...]) -> CancelAnswer:
    """Returns what a cancel of these items can still stop; of several the least."""
    answers = {_cancel_answer(item) for item in items}
    order: tuple[CancelAnswer, ...] = ("too_late", "stops_after_this_fill", "done")
    return next(answer for answer in order if answer in answers)


def _cancel_answer(item: ItemPosition) -> CancelAnswer:
    if not item.ledger.fills or item.delivered:
        return "done"
    if item.remaining:
        return "stops_after_this_fill"
    return "too_late" if item.shipped else "done"


def undo(admission: Admission, event: Undo) -> Undo | Known:
    """Checks an undo, and names the items that it concerns."""
    prescription, items = admission.prescription, admission.items(event.items)
    endings = endings_in_force(prescription)
    held = [
        each.item.product
        for each in items
        if _can_be_taken_back(prescription, each)
        and any(held_until(prescription, one) > admission.now for one in endings[each.item.product])
    ]
    if held:
        return event.model_copy(update={"items": tuple(held)})
    undone = {
        product for one in prescription.events if isinstance(one.event, Undo) for product in one.event.items or ()
    }
    ended = [each for each in items if each.end]
    if not ended and any(each.item.product in undone for each in items):
        return Known("taken back")
    if not ended:
        raise Refused("There is nothing to take back.")
    sentences = "; ".join(admission.ended(each, each.end) for each in ended if each.end)
    raise Refused(f"{sentences}; it is too late to take that back: write a new prescription if it is needed.")


def _can_be_taken_back(prescription: Prescription, item: ItemPosition) -> bool:
    shown = prescription.delivery.item(item.item.product)
    return not prescription.delivery.disabled and not (shown and is_final(shown.status))
