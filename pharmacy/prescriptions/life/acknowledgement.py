"""What became of a call, and what that means for the next one."""

from __future__ import annotations

from pharmacy.prescriptions.life.calls import (
    Accepted,
    Call,
    Check,
    Checked,
    Create,
    Disable,
    Fill,
    Observed,
    Outcome,
    ShownItem,
    Stuck,
    Unsure,
    Update,
    UpdatedItem,
    Waiting,
)
from pharmacy.prescriptions.life.values import Delivery, Problem


def delivery_after(delivery: Delivery, call: Call, outcome: Outcome) -> Delivery:
    """Returns the delivery once a call has this outcome."""
    match outcome:
        case Accepted(uid=uid):
            return _accepted(delivery, call, uid)
        case Unsure(reason=reason):
            problem = Problem(kind="uncertain", reason=reason, unproven=True, call=call)
        case Stuck(reason=reason, unproven=unproven, looks_again=again):
            problem = Problem(kind="needs_person", reason=reason, unproven=unproven, call=call, looks_again=again)
        case Waiting():
            return delivery.model_copy(update={"waiting": outcome})
        case Checked(disabled=disabled):
            return delivery.model_copy(update={"maybe_twice": bool(disabled)})
        case Observed():
            return _observed(delivery, call, outcome)
    return delivery.model_copy(update={"problem": problem, "waiting": None})


def _accepted(delivery: Delivery, call: Call, uid: str | None) -> Delivery:
    settled = delivery.model_copy(update={"problem": None, "waiting": None})
    match call:
        case Disable():
            return settled.model_copy(update={"disabled": True})
        case Check():
            return settled.model_copy(update={"maybe_twice": False})
        case Update(items=items, prescriber=prescriber):
            changes = {change.product: change for change in items}
            shown = (
                _changed(item, changes[item.product]) if item.product in changes else item for item in delivery.items
            )
            return settled.model_copy(update={"items": tuple(shown), "prescriber": prescriber or delivery.prescriber})
        case Create():
            if uid is None:
                reason = "It was accepted, but no identity came back."
                return delivery_after(delivery, call, Unsure(reason=reason))
            if delivery.uid not in (None, uid):
                reason = f"It is there twice, as {delivery.uid} and as {uid}: disable one of them there."
                return delivery_after(delivery, call, Stuck(reason=reason, unproven=True))
            return settled.model_copy(update={"uid": uid, "items": _created(call), "prescriber": call.prescriber})


def _created(call: Create) -> tuple[ShownItem, ...]:
    return tuple(
        ShownItem(
            product=item.product,
            status="PENDING" if item.last_dispensed is None else "CURRENT",
            status_date=call.written if item.last_dispensed is None else item.last_dispensed,
            qty=item.qty,
            remaining=item.remaining,
            last_dispensed=item.last_dispensed,
        )
        for item in call.items
    )


def _changed(item: ShownItem, change: UpdatedItem) -> ShownItem:
    if isinstance(change, Fill):
        update = change.model_dump(include={"qty", "remaining", "last_dispensed", "status_date"})
        return item.model_copy(update={**update, "status": "CURRENT"})
    return item.model_copy(update={"status": change.status, "status_date": change.status_date})


def _observed(delivery: Delivery, call: Call, seen: Observed) -> Delivery:
    """What was read back counts, whatever became of the call."""
    if seen.uid is None and delivery.uid is not None:
        return delivery_after(delivery, call, Stuck(reason="It is no longer found there."))
    prescriber = delivery.prescriber
    if isinstance(call, Create):
        prescriber = call.prescriber if seen.uid else None
    elif isinstance(call, Update) and call.prescriber:
        # It cannot be told from the items whether the change was made: it is made again.
        prescriber = None
    # What does not show yet may still come.
    maybe_twice = delivery.maybe_twice or seen.twice or (isinstance(call, Create) and seen.uid is None)
    return read_back(delivery, seen, prescriber).model_copy(update={"maybe_twice": maybe_twice})


def read_back(delivery: Delivery, seen: Observed, prescriber: str | None) -> Delivery:
    """Returns the delivery with what is shown; `prescriber` is the vet of ours who stands there, if known."""
    return delivery.model_copy(
        update={
            "uid": seen.uid,
            "items": seen.items,
            "prescriber": prescriber,
            "disabled": seen.uid is not None and not seen.active,
            "problem": None,
            "waiting": None,
        }
    )
