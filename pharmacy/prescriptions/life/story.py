"""What a prescription waits for, and its history: for the order page, the portal and `explain`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from pharmacy.prescriptions.life.values import Concern, Prescription

Party = Literal["vet", "owner", "pharmacy", "practice_system", "team", "nobody"]


class Story(NamedTuple):
    """One sentence each: where it is, and what comes next. `by` is when that is due or happens by itself."""

    where: str
    waiting_on: Party
    next: str
    by: datetime | None
    concerns: tuple[Concern, ...]


class Step(NamedTuple):
    """One step of the history: what happened to which products, who did it, when, and when it was reported."""

    text: str
    products: tuple[str, ...]
    by: str
    at: datetime
    recorded_at: datetime


def story(prescription: Prescription, now: datetime) -> Story:
    """Returns what it waits for, on whom, what is next and by when."""
    raise NotImplementedError


def history(prescription: Prescription) -> tuple[Step, ...]:
    """Returns the steps in the order in which they happened."""
    raise NotImplementedError
