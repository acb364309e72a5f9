"""What travels between the import of a feed, its activities and its clients."""

from __future__ import annotations

from typing import Literal

from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Count, Instant, Line, Words


class ImportQueue(Frozen):
    """Whose feeds to bring in, in the order of their numbers."""

    practice: str


class ImportOrder(Frozen):
    """Which feed of which practice to bring in."""

    practice: str
    number: int


class ImportStep(Frozen):
    """How the feed stands after a step. `why` is what a person is asked, or why it was refused.

    `changed_at` is when a feed that is in was made, if the practice says anything new in it; `watch` is the workflow
    that is told of it.
    """

    state: Literal["received", "reading", "asking", "applying", "linking", "done", "refused"]
    why: str = ""
    clients: Count = 0
    patients: Count = 0
    changed_at: Instant | None = None
    watch: str | None = None


class ImportDecision(Frozen):
    """What a person decides about a feed that stopped and asked."""

    number: int
    approve: bool
    by: Line
    why: Words


class ImportRuling(Frozen):
    """The decision, for the feed's own record."""

    order: ImportOrder
    decision: ImportDecision


def import_id(practice: str) -> str:
    """The workflow that imports a practice's feeds: one at a time, because each stands on the one before."""
    return f"feed-import/{practice}"
