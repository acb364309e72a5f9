"""Where an onboarding is: computed by its workflow, kept in the journal, shown by the board, API and CLI."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from playbooks.calendar.values import Frozen
from playbooks.engine.states import Sla, Status


class Next(Frozen):
    """The next timer."""

    what: str
    at: datetime


class ToTell(Frozen):
    """What the partner has to be told of a contact: `matter` says why, `todo` what to do, `whom` who is asked for that.

    `whom_email` is where, if that is not the partner.

    It is done once the fact `PartnerKnowledge.told` is reported with `contact` (the role in words) and `email`.
    """

    contact: str
    email: str
    matter: str
    todo: str
    whom: str = ""
    whom_email: str = ""

    def __str__(self) -> str:
        return f"{self.matter} {self.todo}"


class Summary(Frozen):
    """What every view of an onboarding has."""

    id: str
    playbook: str
    status: Status
    stage: str
    stage_title: str
    waiting_on: str | None
    waiting_on_title: str | None
    sla: Sla
    assignee: str | None
    headline: str
    entered_at: datetime
    due_at: datetime | None
    requested_at: datetime


class Listed(Summary):
    """An onboarding as the list has it. It is read from the journal, and may lag a moment behind."""

    practice: str
    practice_name: str
    next_what: str | None
    next_at: datetime | None
    started_at: datetime
    closed_at: datetime | None

    @property
    def next(self) -> Next | None:
        return Next(what=self.next_what, at=self.next_at) if self.next_what and self.next_at else None


class Row(Listed):
    """One run of an onboarding as the journal keeps it.

    `version` grows with every change: of two publications the one with the higher version counts.
    `visits` are the stages passed: stage, side, entered_at, left_at (ISO 8601), counted, kept; `hours` is added when
    stored. `record` is the whole onboarding, given once it closes. `contacts` are the names, e-mail addresses and
    telephones that it is searched by, a line for each person. Lists leave these three out. `to_tell` is what the
    partner has to be told of contacts, while the onboarding is open (`ToTell`).
    """

    run: str
    version: int
    visits: list[dict[str, Any]] = Field(default_factory=list)
    record: dict[str, Any] | None = None
    contacts: str = ""
    to_tell: list[dict[str, str]] = Field(default_factory=list)
