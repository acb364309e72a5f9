"""Fires the timers of a prescription that are due, decided from its state alone."""

from __future__ import annotations

from pharmacy.prescriptions.life.effects import Step
from pharmacy.prescriptions.life.endings import endings_in_force
from pharmacy.prescriptions.life.events import Cancel, Decline, Event, Expire, Lapse
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.texts import decline_text, products_of, text_of
from pharmacy.prescriptions.life.timers import Timer, lapses_at, timers
from pharmacy.prescriptions.life.trade import supply_text
from pharmacy.prescriptions.life.values import Prescription, Recorded
from playbooks.calendar.time_format import contact_day
from playbooks.engine.model import CLOCK


def fire_due(step: Step) -> None:
    """Fires what is due by now, one after the other: each may change what follows."""
    while (ahead := timers(step.prescription)) and ahead[0].at <= step.now:
        timer = ahead[0]
        step.change(fired_timers=(*step.prescription.fired_timers, timer.key))
        match timer.kind:
            case "final":
                _final(step, timer)
            case "refill":
                _refill(step, timer)
            case "reminder":
                _remind(step, timer)
            case "lapse":
                _add(step, Lapse(), timer)
                text = f"The request for {step.prescription.patient_name} has lapsed; a new one is needed."
                step.tell("request_lapsed", "owner", text)
                step.tell("request_lapsed", "vet", text)
            case "close":
                step.add_entry("clock", timer.kind, "Closed: late reports are no longer accepted", CLOCK, at=timer.at)
            case "expire":
                _add(step, Expire(), timer)
                supply = supply_text(step.prescription.months)
                text = (
                    f"The prescription for {step.prescription.patient_name} ({supply}) has expired; ask for a new one."
                )
                step.tell("expired", "owner", text)


def _add(step: Step, event: Event, timer: Timer) -> None:
    events = step.prescription.events
    recorded = Recorded(number=len(events) + 1, event=event, by=CLOCK, at=timer.at, recorded_at=step.now)
    step.change(events=(*events, recorded))
    step.add_entry("clock", timer.kind, text_of(step.prescription, recorded), CLOCK, at=timer.at)


def _final(step: Step, timer: Timer) -> None:
    """A decision can no longer be taken back; the owner is told of the vet's, in the words that the vet chose alone."""
    prescription = step.prescription
    recorded = prescription.events[timer.number - 1]
    endings = endings_in_force(prescription)
    names = ", ".join(item.name for item in prescription.items if recorded in endings[item.product])
    if prescription.rules.undo:
        text = f"The {recorded.event.name} of {names} can no longer be taken back"
        step.add_entry("clock", timer.kind, text, CLOCK, at=timer.at)
    match recorded.event:
        case Decline(by="vet", message_to_owner=words):
            step.tell("declined", "owner", words or decline_text(prescription, recorded))
        case Cancel(by="vet", message_to_owner=str() as words) if prescription.rules.tells_of_cancels:
            step.tell("cancelled", "owner", words)


def _refill(step: Step, timer: Timer) -> None:
    names = _names(step.prescription, step.prescription.events[timer.number - 1])
    step.add_entry("clock", timer.kind, f"Refill of {names} can be dispensed", CLOCK, at=timer.at)
    step.tell("refill_due", "team", f"The owner asked for a refill of {names}: it can be dispensed now.")


def _remind(step: Step, timer: Timer) -> None:
    prescription, position = step.prescription, position_of(step.prescription)
    day = contact_day(lapses_at(prescription), prescription.zone, step.now)
    to, what = ("owner", "paid") if position.approval else ("vet", "approved")
    step.add_entry("clock", timer.kind, f"Reminder: it lapses on {day} unless it is {what}", CLOCK, at=timer.at)
    text = f"The request for {prescription.patient_name} lapses on {day} unless it is {what}."
    step.tell("request_reminder", "owner" if to == "owner" else "vet", text)


def _names(prescription: Prescription, recorded: Recorded) -> str:
    names = {item.product: item.name for item in prescription.items}
    return ", ".join(names[product] for product in products_of(prescription, recorded))
