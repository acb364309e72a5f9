"""The messages of reconciliation with the practices' ezyVet."""

from __future__ import annotations

from playbooks.calendar.values import Frozen


class Comparison(Frozen):
    """One practice to compare; with `prescription`, only that one, which a person has decided about."""

    practice: str
    queue: str
    prescription: str | None = None


class Compared(Frozen):
    """How a practice's comparison ended. `problem` says why it could not be finished."""

    practice: str
    compared: int = 0
    agreed: int = 0
    problem: str | None = None


class Failed(Frozen):
    """A practice that could not be compared, and why."""

    practice: str
    problem: str


class Round(Frozen):
    """All practices to compare; None for those that are live. The first so many are `done`."""

    queue: str
    practices: tuple[str, ...] | None = None
    done: int = 0


class Practices(Frozen):
    ids: tuple[str, ...]
