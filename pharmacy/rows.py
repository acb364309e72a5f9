"""The plain values that go into the journal and come out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

MailState = Literal["queued", "sending", "sent", "failed", "unknown", "bounced", "cancelled"]


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
    status: str
    stage: str
    stage_title: str
    sla: str
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


@dataclass(frozen=True)
class Letter:
    """A mail, written and ready to be sent. One that belongs to no onboarding, as a digest, leaves those two None.

    With a `stage` it is pointless once that stage is over. One that cannot be sent, as for want of an address, is
    stored as `failed` with the `error` that says why.
    """

    key: str
    onboarding: str | None
    run: str | None
    kind: str
    role: str
    stage: str | None
    to_name: str
    to_email: str | None
    subject: str
    text: str
    html: str
    message_id: str
    created_at: datetime
    state: MailState = "queued"
    error: str | None = None


@dataclass(frozen=True)
class Mail:
    """What the ledger knows of a mail; `text` and `html` only where they were asked for.

    `note` says what is not certain about it, such as that it may have been delivered twice.
    """

    key: str
    onboarding: str | None
    run: str | None
    kind: str
    role: str
    stage: str | None
    to_name: str
    to_email: str | None
    subject: str
    message_id: str
    state: MailState
    attempts: int
    error: str | None
    note: str | None
    created_at: datetime
    claimed_at: datetime | None
    sent_at: datetime | None
    text: str | None = None
    html: str | None = None


def storable(text: str) -> str:
    """The text without what PostgreSQL refuses for ever: U+0000, and halves of letters (lone surrogates)."""
    return text.replace("\0", "").encode(errors="replace").decode()
