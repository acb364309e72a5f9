"""What is sent to the practice's system: the difference between what it should show and what it has acknowledged."""

from __future__ import annotations

from datetime import datetime

from pharmacy.prescriptions.life.calls import Call, Outcome
from pharmacy.prescriptions.life.values import DeliveryState, Prescription, Result


def next_call(prescription: Prescription, now: datetime) -> Call | None:
    """Returns what to send now: at most one call at a time, only legal changes (RX6).

    None before it is due (RX2), while a decision can be taken back, while a call is uncertain or with a person, and
    when all is shown. After a call ask again: a fill and a cancel are two calls.
    """
    raise NotImplementedError


def acknowledged(prescription: Prescription, call: Call, outcome: Outcome, now: datetime) -> Result:
    """Takes over what became of a call. Raises `Refused` if an accepted create has no uid."""
    raise NotImplementedError


def delivery_state(prescription: Prescription) -> DeliveryState:
    """Returns where the delivery is and why. `waiting`: something is still to be sent; `sent`: all is shown."""
    raise NotImplementedError
