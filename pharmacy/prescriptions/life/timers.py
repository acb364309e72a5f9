"""What happens to a prescription by itself, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pharmacy.prescriptions.life.endings import endings_in_force, held_until
from pharmacy.prescriptions.life.fills import refill_from
from pharmacy.prescriptions.life.position import Position, position_of
from pharmacy.prescriptions.life.values import Prescription

LATE_DAYS = 30
"""Days for which a prescription that is over still takes reports of what happened before, and returns."""


TITLES = {
    "final": "The decision can no longer be taken back",
    "refill": "The refill can be dispensed",
    "reminder": "Reminder that the request will lapse",
    "lapse": "The request lapses",
    "expire": "The prescription expires",
    "close": "Late reports are no longer accepted",
}
"""What each kind of timer waits for."""


class Timer(NamedTuple):
    """`number` is that of the event whose timer it is, 0 for the prescription's own."""

    at: datetime
    kind: Literal["final", "refill", "reminder", "lapse", "expire", "close"]
    number: int = 0

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.number}" if self.number else self.kind


def timers(prescription: Prescription) -> list[Timer]:
    """Returns the timers that have not fired, the next one first."""
    position = position_of(prescription)
    found = [*_decisions(prescription), *_refills(prescription, position), *_ends(prescription, position)]
    return sorted(timer for timer in found if timer.key not in prescription.fired_timers)


def lapses_at(prescription: Prescription) -> datetime:
    return prescription.opened_at + timedelta(days=prescription.rules.request_days)


def closes_at(position: Position) -> datetime | None:
    """Returns until when late reports are taken once it is over, None while it is not: returns come weeks later."""
    ends = [each.end.held_until for each in position.items if each.end]
    if over := position.lapse or position.expiry:
        ends.append(over.recorded_at)
    elif position.open_items:
        return None
    return max(ends) + timedelta(days=LATE_DAYS)


def _decisions(prescription: Prescription) -> list[Timer]:
    endings = {one.number: one for found in endings_in_force(prescription).values() for one in found}
    return [Timer(held_until(prescription, one), "final", number) for number, one in endings.items()]


def _refills(prescription: Prescription, position: Position) -> list[Timer]:
    asked = [(item, item.refill) for item in position.items if item.refill and not position.over]
    return [
        Timer(max(refill_from(prescription, item) or refill.at, refill.at), "refill", refill.number)
        for item, refill in asked
    ]


def _ends(prescription: Prescription, position: Position) -> list[Timer]:
    if close := closes_at(position):
        return [Timer(close, "close")]
    if position.due_at is None:
        lapse = lapses_at(prescription)
        reminder = lapse - timedelta(days=prescription.rules.reminder_days)
        return [Timer(reminder, "reminder"), Timer(lapse, "lapse")]
    return [Timer(position.expires_at, "expire")] if position.expires_at else []
