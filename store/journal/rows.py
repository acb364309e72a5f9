"""The plain values that go into the journal and come out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playbooks.engine.states import Sla, Status


@dataclass(frozen=True)
class Row:
    """Where one run of an onboarding stands, as everybody is shown it. All times have a zone.

    `version` grows with every change: of two publications the one with the higher version counts.
    `visits` are the stages passed: stage, side, entered_at, left_at (ISO 8601), counted, kept; `hours` is added when
    stored. `record` is the whole onboarding, given once it closes. `contacts` are e-mail addresses and telephones that
    it is searched by, with spaces between. Lists leave these three out.
    """

    id: str
    run: str
    playbook: str
    practice: str
    practice_name: str
    status: Status
    stage: str
    stage_title: str
    sla: Sla
    headline: str
    entered_at: datetime
    requested_at: datetime
    started_at: datetime
    version: int
    waiting_on: str | None = None
    waiting_on_title: str | None = None
    assignee: str | None = None
    due_at: datetime | None = None
    next_what: str | None = None
    next_at: datetime | None = None
    closed_at: datetime | None = None
    visits: list[dict[str, Any]] = field(default_factory=list)
    record: dict[str, Any] | None = None
    contacts: str = ""


@dataclass(frozen=True)
class Line:
    """One line of an onboarding's journal: what happened, who said so, when, and why."""

    number: int
    kind: str
    name: str
    text: str
    by: str
    at: datetime
    recorded_at: datetime
    why: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
