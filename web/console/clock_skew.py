"""Clocks that were moved ahead of ours (time travel): whose dates on a page are of such a clock."""

from __future__ import annotations

from collections.abc import Iterable

from desk.clock import is_moved
from playbooks.engine.listed import Row
from web.console.attention import Part


def is_ahead(row: Row) -> bool:
    """Whether it is seen that the onboarding's clock was moved: what has happened there lies in our future."""
    latest = max(row.entered_at, row.requested_at, row.closed_at or row.requested_at)
    return is_moved(latest) or (row.sla == "breached" and row.due_at is not None and is_moved(row.due_at))


def moved(rows: Iterable[Row], parts: Iterable[Part]) -> tuple[str, ...]:
    """The practices on a page whose dates are of a clock that was moved, by name."""
    needs = (need for part in parts for need in part.needs)
    named = {row.practice_name for row in rows if is_ahead(row)}
    return tuple(sorted(named | {need.practice_name for need in needs if need.since and is_moved(need.since)}))
