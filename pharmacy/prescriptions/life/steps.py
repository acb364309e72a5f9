"""The steps of a prescription: each takes one and returns the next one with its effects. Pure: `now` is an argument.

open     it is written by a vet, or requested by an owner
record   an event is reported
wake     `next_wakeup` is reached
"""

from __future__ import annotations

from datetime import datetime

from pharmacy.prescriptions.life.events import Report
from pharmacy.prescriptions.life.values import NewPrescription, Prescription, Result, Rules


def open(request: NewPrescription, by: str, now: datetime, rules: Rules) -> Result:
    """Opens a prescription. Raises `Refused`: controlled, a product twice, nothing that needs a vet, a future date."""
    raise NotImplementedError


def record(prescription: Prescription, report: Report, now: datetime) -> Result:
    """Records an event and draws its consequences; the clock's events up to `now` come first.

    A repeat changes nothing and is `already_known`. Raises `Refused` for what cannot be, in one sentence.
    """
    raise NotImplementedError


def wake(prescription: Prescription, now: datetime) -> Result:
    """Fires the timers that are due by `now`. Changes nothing if none is."""
    raise NotImplementedError


def next_wakeup(prescription: Prescription) -> datetime | None:
    """Returns when `wake` has something to do next: a held decision is released, a request or validity ends."""
    raise NotImplementedError
