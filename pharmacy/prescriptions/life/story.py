"""What a prescription waits for, and its history: for the order page, the portal and `explain`."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pharmacy.prescriptions.life.calls import Party
from pharmacy.prescriptions.life.concerns import concerns
from pharmacy.prescriptions.life.delivery import delivery_state
from pharmacy.prescriptions.life.events import Cancel, Decline, Ship
from pharmacy.prescriptions.life.fills import refill_held_until
from pharmacy.prescriptions.life.position import Position, position_of
from pharmacy.prescriptions.life.texts import opening_text, products_of, reason_of, text_of
from pharmacy.prescriptions.life.timers import lapses_at
from pharmacy.prescriptions.life.values import Concern, DeliveryState, Prescription
from playbooks.calendar.time_format import format_time


class Story(NamedTuple):
    """One sentence each: where it is, and what comes next. `by` is when that is due or happens by itself."""

    where: str
    waiting_on: Party
    next: str
    by: datetime | None
    concerns: tuple[Concern, ...] = ()


class HistoryStep(NamedTuple):
    """What happened to which products, who reported it, when it happened and when it was reported.

    `reason` is for the practice and the team; the owner sees `message_to_owner` alone. `writer` is the handle of the
    vet in whose name it was written, if this is how it began.
    """

    text: str
    products: tuple[str, ...]
    by: str
    at: datetime
    recorded_at: datetime
    reason: str | None = None
    message_to_owner: str | None = None
    tracking: str | None = None
    writer: str | None = None


def history(prescription: Prescription) -> tuple[HistoryStep, ...]:
    """Returns the steps in the order in which they happened, the opening first."""
    everything = tuple(item.product for item in prescription.items)
    opening = opening_text(prescription), everything, prescription.opened_by, prescription.opened_at
    writer = prescription.prescriber if prescription.origin == "vet" else None
    steps = [HistoryStep(*opening, recorded_at=prescription.opened_at, writer=writer)]
    for each in sorted(prescription.events, key=lambda one: (one.at, one.number)):
        message = each.event.message_to_owner if isinstance(each.event, Decline | Cancel) else None
        tracking = each.event.tracking if isinstance(each.event, Ship) else None
        what = text_of(prescription, each), products_of(prescription, each), each.by
        steps.append(HistoryStep(*what, each.at, each.recorded_at, reason_of(each), message, tracking))
    return tuple(steps)


def story(prescription: Prescription, now: datetime) -> Story:
    """Returns what it waits for, on whom, what is next and by when."""
    position, state = position_of(prescription), delivery_state(prescription)
    found = _delivery(prescription, position, state, now) or _life(prescription, position, state, now)
    return found._replace(concerns=concerns(prescription))


def waits_on(prescription: Prescription, now: datetime) -> Party:
    """Returns whom it waits on, but for a call that is only to be made: nobody has to do anything for that."""
    position, state = position_of(prescription), delivery_state(prescription)
    on_its_way = state.state == "waiting" and not prescription.delivery.waiting
    found = None if on_its_way else _delivery(prescription, position, state, now)
    return (found or _life(prescription, position, state, now)).waiting_on


def _delivery(prescription: Prescription, position: Position, delivery: DeliveryState, now: datetime) -> Story | None:
    """Returns the story if the next thing is a call."""
    state, reason = delivery
    waiting, problem = prescription.delivery.waiting, prescription.delivery.problem
    held = [item.end.held_until for item in position.items if item.end and item.end.held_until > now]
    match state:
        case "uncertain":
            next_try = waiting.next_try if waiting else None
            return Story(reason, "practice_system", "It is looked up before anything else is sent.", next_try)
        case "needs_person" if problem and problem.looks_again:
            next = "It is looked up automatically once that is possible, unless the pharmacy's team looks there sooner."
            return Story(reason, "team", next, None)
        case "needs_person" if problem and problem.unproven:
            return Story(reason, "team", "The pharmacy's team looks there, and says whether it is to be sent.", None)
        case "needs_person":
            return Story(reason, "team", "The pharmacy's team puts that right, and has it sent.", None)
        case "waiting" if waiting:
            return Story(reason, waiting.waiting_on, waiting.next, waiting.next_try)
        case "waiting" if held:
            return Story(reason, "nobody", "The practice's system is told of it.", max(held))
        case "waiting":
            return Story(reason, "practice_system", "It is sent as soon as it is its turn.", None)
    return None


def _life(prescription: Prescription, position: Position, state: DeliveryState, now: datetime) -> Story:
    if not position.open_items or position.over:
        where = state.reason if state.state != "sent" else "It is over, and the practice's system shows that."
        return Story(where, "nobody", "Nothing; a new prescription can be written.", None)
    if not position.approval:
        return Story("It is to be approved.", "vet", _once_approved(prescription, position), lapses_at(prescription))
    if position.due_at is None:
        return Story("It is approved.", "owner", "Once it is paid, it is dispensed.", lapses_at(prescription))
    if unfilled := [item for item in position.open_items if not item.ledger.fills]:
        names = ", ".join(item.item.name for item in unfilled)
        return Story(f"{names} can be dispensed.", "pharmacy", "The pharmacy dispenses it.", position.expires_at)
    return _refills(prescription, position, now)


def _once_approved(prescription: Prescription, position: Position) -> str:
    if prescription.origin == "owner" and not position.payment:
        return "Once it is approved and paid, it is dispensed."
    return "Once it is approved, it is dispensed."


def _refills(prescription: Prescription, position: Position, now: datetime) -> Story:
    asked = [item for item in position.open_items if item.refill]
    if asked:
        names = ", ".join(item.item.name for item in asked)
        held = [refill_held_until(prescription, item, now) for item in asked]
        if None in held:
            return Story(f"A refill of {names} was asked for.", "pharmacy", "The refill.", None)
        first = min(filter(None, held))
        where = f"A refill of {names} was asked for early, and is held until {format_time(first, prescription.zone)}."
        return Story(where, "nobody", "Then it can be dispensed.", first)
    left = [item for item in position.open_items if item.remaining]
    if left:
        names = "; ".join(f"{item.left} of {item.item.name}" for item in left)
        return Story(f"Dispensed. Left: {names}.", "owner", "A refill, if it is asked for.", position.expires_at)
    return Story("All is dispensed.", "nobody", "A renewal, if it is needed.", position.expires_at)
