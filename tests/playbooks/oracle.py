"""Computes the expected stage from the reports in a slow and obvious way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

# Written by hand from the requirements, not from the playbook.
FOLLOWS: dict[str, set[str]] = {
    "queued": set(),
    "invitation_sent": {"queued"},
    "practice_information_given": set(),
    "technical_contact_designated": set(),
    "eula_accepted": {"invitation_sent", "queued"},
    "technical_contact_reached": set(),
    "agent_installed": {"technical_contact_reached", "invitation_sent", "queued"},
    "data_received": {"agent_installed", "technical_contact_reached", "invitation_sent", "queued"},
    "import_completed": {
        *("data_received", "agent_installed", "technical_contact_reached"),
        *("invitation_sent", "queued"),
    },
}
LEGAL = {"practice_information_given", "technical_contact_designated", "eula_accepted"}
REVISABLE = {"practice_information_given", "technical_contact_designated", "agent_installed"}
WAY: list[tuple[str, set[str]]] = [
    ("queue_entry", {"queued"}),
    ("invitation", {"invitation_sent"}),
    ("registration", LEGAL),
    ("installation_contact", {"technical_contact_reached"}),
    ("agent_installation", {"agent_installed"}),
    ("initial_import", {"data_received"}),
]


@dataclass(frozen=True)
class Reported:
    name: str
    data: dict[str, Any]
    at: datetime
    number: int
    retracted: bool = False


@dataclass
class Oracle:
    """The accepted reports, in the order in which they came."""

    requested_at: datetime
    reports: list[Reported]

    def valid(self, name: str) -> list[Reported]:
        """Returns the valid reports of a fact, in the order in which they happened."""
        return sorted(
            (each for each in self.reports if each.name == name and not each.retracted),
            key=lambda each: (each.at, each.number),
        )

    def add(self, name: str, data: dict[str, Any], at: datetime) -> None:
        self.reports.append(Reported(name, data, at, len(self.reports)))

    def take_back(self, name: str) -> None:
        gone = self.valid(name)[-1]
        self.reports[gone.number] = replace(gone, retracted=True)

    @property
    def reported(self) -> set[str]:
        return {each.name for each in self.reports if not each.retracted}

    @property
    def known(self) -> set[str]:
        reported = self.reported
        return reported.union(*(FOLLOWS[name] for name in reported))

    @property
    def stage(self) -> str:
        known = self.known
        return next((stage for stage, needs in WAY if not needs <= known), "connected")

    def since(self, name: str) -> datetime:
        """Returns when a fact first happened, or else the first fact that implies it."""
        if name in self.reported:
            return self.valid(name)[0].at
        return min(self.valid(cause)[0].at for cause in self.reported if name in FOLLOWS[cause])

    @property
    def entered_at(self) -> datetime:
        """Returns when the present stage was entered: with the last fact of the stages before it."""
        before, present = set[str](), self.stage
        for stage, needs in WAY:
            if stage == present:
                break
            before |= needs
        return max([self.requested_at, *(self.since(name) for name in before)])

    def answer(self, name: str, data: dict[str, Any], at: datetime | None, closed: bool) -> str:
        """Returns the expected answer to a report."""
        valid = self.valid(name)
        if valid and valid[-1].data == data and at is None:
            return "already_known"
        if any(each.data == data and each.at == at for each in valid):
            return "already_known"
        if closed or (valid and name not in REVISABLE):
            return "refused"
        return "recorded"
