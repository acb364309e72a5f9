"""The steps of a prescription: each takes one and returns the next one with its effects. Pure: `now` is an argument.

open     it is written by a vet, or requested by an owner
record   an event is reported
wake     `next_wakeup` is reached
"""

from __future__ import annotations

from datetime import datetime

from pharmacy.prescriptions.life.acknowledgement import delivery_after
from pharmacy.prescriptions.life.admission import Admission, Known
from pharmacy.prescriptions.life.admitting import admit
from pharmacy.prescriptions.life.answers import answer_to
from pharmacy.prescriptions.life.calls import Accepted, Create
from pharmacy.prescriptions.life.dates import instant_of
from pharmacy.prescriptions.life.delivery import delivery_state, next_call
from pharmacy.prescriptions.life.effects import Step
from pharmacy.prescriptions.life.events import Event, Report, RequestRefill, Resolve
from pharmacy.prescriptions.life.fills import refill_held_until
from pharmacy.prescriptions.life.firing import fire_due
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.texts import opening_text, reason_of, text_of
from pharmacy.prescriptions.life.timers import closes_at, timers
from pharmacy.prescriptions.life.trade import longest_validity
from pharmacy.prescriptions.life.values import NewPrescription, Prescription, Receipt, Recorded, Result, Rules
from playbooks.calendar.time_format import contact_day, format_time
from playbooks.engine.fields import utc
from playbooks.engine.idempotency import CLOCK_SKEW, previous_answer, with_answer
from playbooks.engine.transition import Refused
from playbooks.plural import count_of

MOST_EVENTS = 500
"""Events that one prescription keeps, many times what a year of refills needs: its state travels as one payload."""


def open(request: NewPrescription, by: str, now: datetime, rules: Rules) -> Result:
    """Opens a prescription. Raises `Refused`: controlled, a product twice, nothing that needs a vet, a future date."""
    now = utc(now)
    _refuse_items(request)
    longest = longest_validity((item.kind for item in request.items), request.state)
    if request.months and request.months > longest:
        raise Refused(f"It can be valid for at most {count_of(longest, 'month')}; you gave {request.months}.")
    if request.renews == request.id:
        raise Refused("A prescription cannot renew itself.")
    fields = {name: getattr(request, name) for name in NewPrescription.model_fields if name != "state"}
    prescription = Prescription(
        **fields | {"months": request.months or longest, "written_at": now},
        opened_by=by,
        opened_at=now,
        rules=rules,
    )
    written = instant_of(request.written_at, prescription.zone, now) if request.written_at else now
    _refuse_future(prescription, "It", written, now)
    step = Step(prescription, now)
    step.change(written_at=min(written, now))
    step.add_entry("command", "open", opening_text(step.prescription), by)
    return step.result(Receipt(outcome="recorded", text=f"Opened {request.id}."))


def _refuse_items(request: NewPrescription) -> None:
    products = [item.product.casefold() for item in request.items]
    twice = next((item.product for item in request.items if products.count(item.product.casefold()) > 1), None)
    if twice:
        raise Refused(f"{twice} is on it twice; put it on one line with the whole quantity.")
    for item in request.items:
        if item.kind == "controlled":
            raise Refused(f"{item.name} is a controlled substance, which cannot be prescribed this way.")
    if all(item.kind == "free" for item in request.items):
        raise Refused("Nothing on it needs a vet; it can be bought without a prescription.")


def record(prescription: Prescription, report: Report, now: datetime) -> Result:
    """Records an event and draws its consequences; the clock's events up to `now` come first.

    A repeat changes nothing and is `already_known`. Raises `Refused` for what cannot be, in one sentence.
    """
    now, event = utc(now), report.event
    body = event.model_dump(mode="json")
    if previous := previous_answer(prescription.answers, report.key, event.name, body):
        receipt = Receipt.model_validate_json(previous).model_copy(update={"outcome": "already_known"})
        return Result(prescription, receipt=receipt)
    step = Step(prescription, now)
    fire_due(step)
    at = instant_of(event.at, prescription.zone, now) if event.at else now
    _refuse_future(prescription, event.name, at, now)
    position = position_of(step.prescription)
    admission = Admission(step.prescription, position, min(at, now), now, keyed=report.key is not None)
    admitted = admit(admission, event)
    if isinstance(admitted, Known):
        return Result(prescription, receipt=Receipt(outcome="already_known", text=f"Already known: {admitted.text}."))
    if len(prescription.events) >= MOST_EVENTS:
        raise Refused(f"It has {MOST_EVENTS} events on record; find out who keeps reporting, and stop that.")
    recorded = _add(step, admitted, report.by, admission.at)
    receipt = answer_to(step.prescription, position, recorded)
    answers = with_answer(prescription.answers, report.key, event.name, body, receipt.model_dump_json())
    step.change(answers=answers)
    if event.name == "approve" and prescription.origin == "owner" and not position.payment:
        text = f"The vet approved what you asked for {prescription.patient_name}: it is sent once it is paid."
        step.tell("approved", "owner", text)
    if isinstance(event, RequestRefill):
        _tell_of_held_refill(step, event.product)
    fire_due(step)
    return step.result(receipt)


def _tell_of_held_refill(step: Step, product: str) -> None:
    prescription = step.prescription
    item = position_of(prescription).item(product)
    if item and (held := refill_held_until(prescription, item, step.now)):
        day = contact_day(held, prescription.zone, step.now)
        text = (
            f"You asked early for a refill of {item.item.name}: it can be sent from {day}, and you need not ask again."
        )
        step.tell("refill_held", "owner", text)


def _refuse_future(prescription: Prescription, what: str, at: datetime, now: datetime) -> None:
    if at > now + CLOCK_SKEW:
        raise Refused(
            f"{what}: {format_time(at, prescription.zone)} is in the future"
            f" (it is {format_time(now, prescription.zone)}); report what has happened."
        )


def _add(step: Step, event: Event, by: str, at: datetime) -> Recorded:
    events = step.prescription.events
    recorded = Recorded(number=len(events) + 1, event=event, by=by, at=at, recorded_at=step.now)
    step.change(events=(*events, recorded))
    if isinstance(event, Resolve):
        _settle(step, event)
    step.add_entry("fact", event.name, text_of(step.prescription, recorded), by, at=at, why=reason_of(recorded))
    return recorded


def _settle(step: Step, event: Resolve) -> None:
    delivery = step.prescription.delivery
    if (problem := delivery.problem) is None:
        return
    if event.decision == "there":
        step.change(delivery=delivery_after(delivery, problem.call, Accepted(uid=event.uid)))
    elif event.decision == "leave":
        change = {"kind": "left", "reason": "Left as it is: nothing more is sent.", "looks_again": False}
        step.change(delivery=delivery.model_copy(update={"problem": problem.model_copy(update=change)}))
    else:
        maybe_twice = delivery.maybe_twice or (isinstance(problem.call, Create) and problem.unproven)
        step.change(delivery=delivery.model_copy(update={"problem": None, "maybe_twice": maybe_twice}))


def wake(prescription: Prescription, now: datetime) -> Result:
    """Fires the timers that are due by `now`. Changes nothing if none is."""
    step = Step(prescription, now)
    fire_due(step)
    return step.result()


def next_wakeup(prescription: Prescription) -> datetime | None:
    """Returns when `wake` has something to do next: a held decision is final, a request or validity ends."""
    ahead = timers(prescription)
    return ahead[0].at if ahead else None


def is_over(prescription: Prescription, now: datetime) -> bool:
    """Whether nothing can happen any more: it ended, all that can be sent is sent, and no late report is taken."""
    closes = closes_at(position_of(prescription))
    if closes is None or closes > now or next_call(prescription, now):
        return False
    return delivery_state(prescription).state not in ("uncertain", "needs_person")
