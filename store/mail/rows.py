"""Mails as they are written to the ledger, and as they are read from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbooks.engine.states import MailState, Remedy


@dataclass(frozen=True)
class Letter:
    """A composed mail. One that belongs to no onboarding, such as a digest, has None for `onboarding` and `run`.

    With a `stage` it is obsolete once that stage is over. One that cannot be sent, such as without an address, is
    stored as `failed` with an `error`.
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
    note: str | None = None


@dataclass(frozen=True)
class Mail:
    """A mail of the ledger; `text` and `html` only if requested. `note` says what is uncertain about its delivery."""

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
    remedy: Remedy | None = None
