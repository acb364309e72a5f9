"""What the filters of the board say, in words."""

from __future__ import annotations

from playbooks.registry import PLAYBOOKS
from web.console.filters import BY_STATUS, ME, SLAS, Filters

SORTED = {"practice": "practice", "deadline": "deadline", "since": "time in the stage", "assignee": "colleague"}


def in_words(filters: Filters) -> str:
    """Returns what the filters leave, such as `Stage: Call. Assigned to: me.`; all that is open without any."""
    stages = {stage.name: stage.title for book in PLAYBOOKS.values() for stage in book.stages}
    parties = {party.name: party.title for book in PLAYBOOKS.values() for party in book.parties}
    integrations = {book.name: book.title for book in PLAYBOOKS.values()}
    said = [
        ("Search", filters.q),
        ("Integration", integrations.get(filters.playbook, filters.playbook)),
        ("Stage", stages.get(filters.stage, filters.stage)),
        ("Waiting on", parties.get(filters.waiting_on, filters.waiting_on)),
        ("Assigned to", "me" if filters.assignee == ME else filters.assignee),
        ("Deadline", SLAS.get(filters.sla, "")),
        ("Status", BY_STATUS[filters.status] if filters.status else ""),
        ("Sorted by", SORTED.get(filters.sort.removeprefix("-"), "") + (", reversed" if filters.reverse else "")),
    ]
    return " ".join(f"{what}: {value}." for what, value in said if value) or "All that are open."
