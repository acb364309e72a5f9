"""Mails as plain values: as they are written into the ledger, and as they are read from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbooks.engine.states import MailState


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
