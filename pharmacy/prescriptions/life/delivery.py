"""What is sent to the practice's system, what became of it, and where that stands."""

from __future__ import annotations

from datetime import UTC, datetime

from pharmacy.prescriptions.life.acknowledgement import delivery_after
from pharmacy.prescriptions.life.calls import Call, Check, Checked, Create, Disable, Outcome, Waiting
from pharmacy.prescriptions.life.difference import difference, wanted
from pharmacy.prescriptions.life.effects import Step
from pharmacy.prescriptions.life.endings import final_key
from pharmacy.prescriptions.life.position import Position, position_of
from pharmacy.prescriptions.life.values import Delivery, DeliveryState, Prescription, Problem, Result
from playbooks.calendar.time_format import format_time

NOTHING_HELD = datetime.max.replace(tzinfo=UTC)
"""A time at which every decision is final."""
BY_DELIVERY = "delivery"
ENDED = {"decline": "declined", "cancel": "cancelled", "return": "returned"}
"""What an item was that such an event ended."""


def next_call(prescription: Prescription, now: datetime) -> Call | None:
    """Returns what to send now: at most one call at a time, only legal changes (RX6).

    None before it is due (RX2), while a decision can be taken back, while a call is uncertain or with a person, and
    when all is shown. After a call ask again: a fill and a cancel are two calls.
    """
    if problem_of(prescription, position_of(prescription)):
        return None
    delivery = prescription.delivery
    return difference(prescription, now) or (Check(uid=delivery.uid) if delivery.maybe_twice else None)


def problem_of(prescription: Prescription, position: Position) -> Problem | None:
    """Returns what stops the delivery, unless nothing is to be created any more and nothing may have been."""
    problem = prescription.delivery.problem
    if problem and isinstance(problem.call, Create) and not problem.unproven and not wanted(position):
        return None
    return problem


def acknowledged(prescription: Prescription, call: Call, outcome: Outcome, now: datetime) -> Result:
    """Takes over what became of a call.

    After `Unsure` nothing is sent until `Observed` says what is shown, or a person resolves it. An update or disabling
    is not repeated blindly either: an item that has ended already would be refused.
    """
    step = Step(prescription, now)
    before, after = prescription.delivery, delivery_after(prescription.delivery, call, outcome)
    if after == before and not (isinstance(outcome, Checked) and outcome.disabled):
        return Result(prescription)
    step.change(delivery=after)
    step.add_entry(
        "alert" if after.problem else "fact", outcome.kind, _entry(call, outcome, before, after), BY_DELIVERY
    )
    return step.result()


def _entry(call: Call, outcome: Outcome, before: Delivery, after: Delivery) -> str:
    what = {"create": "Creation", "update": "Update", "disable": "Disabling", "check": "Check"}[call.kind]
    if after.problem:
        return f"{what}: {after.problem.reason}"
    if after.waiting:
        return f"{what} put off: {after.waiting.reason}"
    if isinstance(outcome, Checked):
        if outcome.disabled:
            return f"Came to be there twice; disabled in the practice's system: {', '.join(outcome.disabled)}"
        return "It is not there twice"
    if isinstance(call, Create) and after.uid is None:
        return "It is not in the practice's system"
    if isinstance(call, Create | Check) and before.uid is None:
        return f"Created in the practice's system as {after.uid}"
    return "Disabled in the practice's system" if isinstance(call, Disable) else "Updated in the practice's system"


def delivery_state(prescription: Prescription) -> DeliveryState:
    """Returns where the delivery is and why. `waiting`: something is still to be sent; `sent`: all is shown."""
    delivery, position = prescription.delivery, position_of(prescription)
    problem = problem_of(prescription, position)
    if problem and problem.kind == "uncertain" and delivery.waiting:
        return DeliveryState("uncertain", delivery.waiting.reason)
    if problem and problem.kind != "left":
        return DeliveryState(problem.kind, problem.reason)
    if delivery.disabled:
        ours = all(each.void for each in position.items if delivery.item(each.item.product))
        why = "It was cancelled before any fill, or came back, and is disabled." if ours else "It was disabled there."
        return DeliveryState("disabled", why)
    if problem:
        return DeliveryState("sent" if delivery.uid else "not_due", problem.reason)
    if delivery.uid is None and not wanted(position):
        return DeliveryState("not_due", _not_due(position))
    if delivery.uid is None and position.prescriber_disabled:
        return DeliveryState(
            "needs_person", f"{position.prescriber} is no longer an active vet: name another prescriber."
        )
    if difference(prescription, NOTHING_HELD) is None:
        return DeliveryState("sent", "The practice's system has it, up to date.")
    return DeliveryState("waiting", _waiting(prescription, position))


def put_off(prescription: Prescription, waiting: Waiting | None) -> Prescription:
    """Returns the prescription with why its call has to wait just now, if something is to be sent or looked up."""
    if waiting is None or delivery_state(prescription).state not in ("waiting", "uncertain"):
        return prescription
    return prescription.model_copy(update={"delivery": prescription.delivery.model_copy(update={"waiting": waiting})})


def _not_due(position: Position) -> str:
    if position.lapse:
        return "The request has lapsed; nothing is sent to the practice's system."
    if not position.open_items:
        ways = {ENDED[each.end.recorded.event.name] for each in position.items if each.end}
        what = "It" if len(position.items) == 1 else "All of it"
        return f"{what} was {' or '.join(sorted(ways))}; nothing is sent to the practice's system."
    if position.over:
        why = "The patient has died" if position.death else "It has expired"
        return f"{why}; nothing is sent to the practice's system."
    if not position.approval:
        return "A vet has to approve it."
    return "The owner has to pay." if position.due_at is None else "Nothing on it needs to be shown."


def _waiting(prescription: Prescription, position: Position) -> str:
    if prescription.delivery.waiting:
        return prescription.delivery.waiting.reason
    fired = prescription.fired_timers
    ended = [(each.item.name, each.end) for each in position.items if each.end]
    if held := [(name, end) for name, end in ended if final_key(end.recorded) not in fired]:
        said = [f"{name}: {end.text.lower()}." if position.open_items else f"{end.text}." for name, end in held]
        until = format_time(max(end.held_until for _, end in held), prescription.zone)
        how = " ".join(dict.fromkeys(said))
        return f"{how} It can be taken back until {until}; then the practice's system is told."
    return "It is about to be sent to the practice's system."
