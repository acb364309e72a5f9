"""The messages between the workflow that imports feeds, its activities and its clients."""

from __future__ import annotations

from typing import Literal

from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Count, Instant, Line, Text


class ImportQueue(Frozen):
    """The practice whose feeds to import, in the order of their numbers."""

    practice: str


class ImportOrder(Frozen):
    practice: str
    number: int


class ImportStep(Frozen):
    """The feed after a step. `why` is the question to a person, or why the feed was refused.

    `changed_at` is when an imported feed was made, if it changed anything; `watch` is the workflow that gets a signal.
    """

    state: Literal["received", "reading", "asking", "applying", "linking", "done", "refused"]
    why: str = ""
    clients: Count = 0
    patients: Count = 0
    changed_at: Instant | None = None
    watch: str | None = None


class ImportDecision(Frozen):
    """A person's decision about a suspicious feed."""

    number: int
    approve: bool
    by: Line
    why: Text


class ImportRuling(Frozen):
    """A decision to record with its feed."""

    order: ImportOrder
    decision: ImportDecision


def import_id(practice: str) -> str:
    """Returns the ID of the workflow that imports a practice's feeds."""
    return f"feed-import/{practice}"
