"""An onboarding as a row of lists: written by its workflow, kept in the journal, shown by the board, API and CLI."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from playbooks.calendar.values import Frozen
from playbooks.engine.states import Sla, Status


class Listed(Frozen):
    """An onboarding as the list has it. It is read from the journal, and may lag a moment behind."""

    id: str
    playbook: str
    practice: str
    practice_name: str
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
    next_what: str | None
    next_at: datetime | None
    requested_at: datetime
    started_at: datetime
    closed_at: datetime | None


class Row(Listed):
    """One run of an onboarding as the journal keeps it.

    `version` grows with every change: of two publications the one with the higher version counts.
    `visits` are the stages passed: stage, side, entered_at, left_at (ISO 8601), counted, kept; `hours` is added when
    stored. `record` is the whole onboarding, given once it closes. `contacts` are e-mail addresses and telephones that
    it is searched by, with spaces between. Lists leave these three out.
    """

    run: str
    version: int
    visits: list[dict[str, Any]] = Field(default_factory=list)
    record: dict[str, Any] | None = None
    contacts: str = ""
