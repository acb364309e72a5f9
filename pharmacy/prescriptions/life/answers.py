"""The answer to a report: what was recorded, and what that means."""

from __future__ import annotations

from datetime import timedelta

from pharmacy.prescriptions.life.decisions import cancel_answer
from pharmacy.prescriptions.life.endings import held_until
from pharmacy.prescriptions.life.events import Cancel, Decline, RequestRefill, Return
from pharmacy.prescriptions.life.fills import refill_held_until
from pharmacy.prescriptions.life.position import Position, position_of
from pharmacy.prescriptions.life.texts import text_of
from pharmacy.prescriptions.life.values import CancelAnswer, Prescription, Receipt, Recorded
from playbooks.calendar.time_format import format_time

_CANCELS: dict[CancelAnswer, str] = {
    "done": "The pharmacy dispenses no more of it.",
    "too_late": "The last fill is on its way and cannot be stopped; no refill was left.",
    "stops_after_this_fill": "What was dispensed still reaches the owner; no refill follows.",
}


def answer_to(prescription: Prescription, before: Position, recorded: Recorded) -> Receipt:
    """Returns the answer to an event just recorded; `before` is where the prescription stood."""
    sentences, answer = [f"Recorded: {text_of(prescription, recorded)}."], None
    match recorded.event:
        case Cancel(items=tuple() as products):
            answer = cancel_answer(tuple(item for item in before.items if item.item.product in products))
            sentences.append(_CANCELS[answer])
        case RequestRefill(product=product):
            sentences.append(_refill(prescription, product, recorded))
    if isinstance(recorded.event, Decline | Cancel | Return) and prescription.rules.undo > timedelta(0):
        until = format_time(held_until(prescription, recorded), prescription.zone)
        sentences.append(f"It can be taken back until {until}.")
    return Receipt(outcome="recorded", text=" ".join(sentences), answer=answer)


def _refill(prescription: Prescription, product: str, recorded: Recorded) -> str:
    held = refill_held_until(prescription, position_of(prescription).item(product), recorded.recorded_at)
    if held is None:
        return "It can be dispensed."
    return f"It is held until {format_time(held, prescription.zone)}, when the last fill is nearly used up."
