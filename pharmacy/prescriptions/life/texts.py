"""What happened to a prescription, in a sentence: for its history and its receipts."""

from __future__ import annotations

from collections.abc import Iterable

from pharmacy.prescriptions.life.endings import PARTIES
from pharmacy.prescriptions.life.events import (
    Approve,
    Cancel,
    Decline,
    Deliver,
    Dismiss,
    Dispense,
    Expire,
    ItemChange,
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
    Undo,
)
from pharmacy.prescriptions.life.ledger import left_text
from pharmacy.prescriptions.life.position import changed_items
from pharmacy.prescriptions.life.trade import DECLINE_REASONS
from pharmacy.prescriptions.life.values import Prescription, Recorded
from playbooks.plural import count_of

_RESOLVED = {
    "there": "Found to be in the practice's system",
    "send": "To be sent again",
    "leave": "Left as it is: nothing more is sent",
}


def opening_text(prescription: Prescription) -> str:
    how = "Written by " if prescription.origin == "vet" else "Requested by the owner, for approval from "
    return f"{how}{prescription.prescriber}" + (", renewing an earlier prescription" if prescription.renews else "")


def text_of(prescription: Prescription, recorded: Recorded) -> str:
    """Returns what happened, without its reason, which not everybody may see."""
    match recorded.event:
        case Approve(by=by, changes=changes):
            return ", ".join([f"Approved by {by}", *(_change(prescription, change) for change in changes)])
        case Pay():
            return "Paid"
        case Decline(by=by, items=items):
            return f"Declined by {PARTIES[by]}: {_names(prescription, items or ())}"
        case Cancel(by=by, items=items):
            return f"Cancelled by {PARTIES[by]}: {_names(prescription, items or ())}"
        case Undo(items=items):
            return f"{_undone(prescription, recorded)} taken back: {_names(prescription, items or ())}"
        case Dispense(product=product, qty=qty, remaining=remaining, reshipment=again):
            how = "Sent again" if again else "Dispensed"
            approval = next((each for each in prescription.events if isinstance(each.event, Approve)), None)
            item = next(each for each in changed_items(prescription, approval) if each.product == product)
            return f"{how}: {qty:f} of {item.name} ({left_text(item, remaining)} left)"
        case Return(product=product, qty=qty):
            return f"Came back: {qty or 0:f} of {_names(prescription, [product])}"
        case Ship(items=items, carrier=carrier):
            return f"On its way{f' with {carrier}' if carrier else ''}: {_names(prescription, items or ())}"
        case Deliver(items=items):
            return f"Delivered: {_names(prescription, items or ())}"
        case RequestRefill(product=product):
            return f"Refill of {_names(prescription, [product])} asked for"
        case PatientDied():
            return f"{prescription.patient_name} has died"
        case PatientAlive():
            return f"{prescription.patient_name} is alive: the death was reported wrongly"
        case PatientRenamed(patient_name=name):
            return f"The patient is now called {name}"
        case PrescriberDisabled():
            return "The prescriber is no longer an active vet of the practice"
        case PrescriberReplaced(prescriber=vet):
            return f"{vet} is the prescriber from now on"
        case Lapse():
            return f"The request lapsed after {count_of(prescription.rules.request_days, 'day')}"
        case Expire():
            return "The prescription expired"
        case Resolve(decision=decision):
            return _RESOLVED[decision]
        case Dismiss():
            return "A concern was marked as done"


def decline_text(prescription: Prescription, recorded: Recorded) -> str:
    """Returns what the owner is told of a decline to which the vet wrote no message."""
    return f"The practice declined {_names(prescription, products_of(prescription, recorded))}."


def reason_of(recorded: Recorded) -> str | None:
    """Returns why, for the practice and the team; the owner never sees it."""
    event = recorded.event
    if not isinstance(event, Decline | Cancel):
        return None
    coded = DECLINE_REASONS.get(event.code or "") if event.code != "other" else None
    return ": ".join(filter(None, (coded, event.reason))) or None


def products_of(prescription: Prescription, recorded: Recorded) -> tuple[str, ...]:
    """Returns the products that an event concerns, all of them if it names none."""
    event = recorded.event
    if isinstance(event, Dispense | Return | RequestRefill):
        return (event.product,)
    named = event.items if isinstance(event, Decline | Cancel | Undo | Ship | Deliver) else None
    return named or tuple(item.product for item in prescription.items)


def _undone(prescription: Prescription, undo: Recorded) -> str:
    """Returns what an undo took back: the last decline or cancel before it."""
    ends = [one for one in prescription.events if isinstance(one.event, Decline | Cancel) and one.number < undo.number]
    return "Cancellation" if ends and isinstance(ends[-1].event, Cancel) else "Decline"


def _change(prescription: Prescription, change: ItemChange) -> str:
    """Returns what a vet changed of an item: `Apoquel with qty 10 instead of 30`."""
    item = next(item for item in prescription.items if item.product == change.product)
    changed = [
        f"qty {change.qty:f} instead of {item.qty:f}" if change.qty is not None else "",
        f"refills {change.refills:f} instead of {item.refills:f}" if change.refills is not None else "",
        "other instructions" if change.instructions is not None else "",
        "another price" if change.price_cents is not None else "",
    ]
    return f"{item.name} with {' and '.join(filter(None, changed)) or 'no change'}"


def _names(prescription: Prescription, products: Iterable[str]) -> str:
    names = {item.product: item.name for item in prescription.items}
    return ", ".join(names[product] for product in products)
