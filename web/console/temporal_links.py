"""Saved lists of Temporal UI: what is overdue, whom it waits on, whose it is; each a link with its query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from playbooks.registry import PLAYBOOKS
from store.journal.board import Group
from web.services import Services

OPEN = "WorkflowType = 'Onboarding' AND ExecutionStatus = 'Running'"


@dataclass(frozen=True)
class SavedLink:
    """`query` is Temporal's own; `address` leads to it in Temporal UI."""

    title: str
    query: str
    address: str


def saved_links(web: Services, groups: Iterable[Group]) -> list[SavedLink]:
    """The lists that managers want; none if it is not known where Temporal UI is."""
    wanted = [("Overdue now", "Sla = 'breached'"), ("Due soon", "Sla = 'due_soon'")]
    parties = {party.name: party.title for book in PLAYBOOKS.values() for party in book.parties}
    wanted += [(f"Waiting on {title}", f"WaitingOn = {quoted(name)}") for name, title in parties.items()]
    assignees = sorted({group.assignee for group in groups if group.assignee})
    wanted += [(f"Assigned to {handle}", f"Assignee = {quoted(handle)}") for handle in assignees]
    found = []
    for title, condition in wanted:
        query = f"{OPEN} AND {condition}"
        address = web.temporal_ui(f"workflows?query={quote(query, safe='')}")
        if address:
            found.append(SavedLink(title, query, address))
    return found


def quoted(value: str) -> str:
    """A text as Temporal's queries write it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
