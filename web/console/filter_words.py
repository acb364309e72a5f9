"""What the filters of the board say, in words."""

from __future__ import annotations

from collections.abc import Mapping

from desk.sides import side_titles
from playbooks.registry import PLAYBOOKS
from web.console.filters import BY_STATUS, ME, NOBODY, PERIODS, SLAS, Filters

SORTED = {"practice": "practice", "deadline": "deadline", "since": "time in the stage", "assignee": "colleague"}


def in_words(filters: Filters, without: str = "All that are open.") -> str:
    """Returns what the filters leave, such as `Stage: Call. Assigned to: me.`; `without` any filter that."""
    stages = {stage.name: stage.title for book in PLAYBOOKS.values() for stage in book.stages}
    parties = {party.name: party.title for book in PLAYBOOKS.values() for party in book.parties}
    integrations = {book.name: book.title for book in PLAYBOOKS.values()}
    said = [
        ("Search", filters.q),
        ("Integration", integrations.get(filters.playbook, filters.playbook)),
        ("Stage", stages.get(filters.stage, filters.stage)),
        ("Waiting on", parties.get(filters.waiting_on, filters.waiting_on)),
        ("Assigned to", {ME: "me", NOBODY: "nobody"}.get(filters.assignee, filters.assignee)),
        ("Deadline", SLAS.get(filters.sla, "")),
        ("Status", BY_STATUS[filters.status] if filters.status else ""),
        ("Started within", PERIODS.get(filters.started, "")),
        ("Took", _days(filters)),
        *_visit(filters, stages),
        ("Sorted by", SORTED.get(filters.sort.removeprefix("-"), "") + (", reversed" if filters.reverse else "")),
    ]
    return " ".join(f"{what}: {value}." for what, value in said if value) or without


def _days(filters: Filters) -> str:
    if filters.days_taken is None:
        return ""
    first, end = filters.days_taken
    return f"less than {end} day{'' if end == 1 else 's'}" if not first else f"{first} to {end} days"


def _visit(filters: Filters, stages: Mapping[str, str]) -> list[tuple[str, str]]:
    visit = filters.visited
    if visit is None:
        return []
    if visit.stage is None:
        side = visit.side or ""
        return [(f"Deadlines {visit.outcome} by", side_titles(filters.playbook).get(side, side))]
    what = "Passed" if visit.outcome == "passed" else f"{visit.outcome.capitalize()} the deadline of"
    return [(what, stages.get(visit.stage, visit.stage))]
