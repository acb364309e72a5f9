"""The states of an onboarding, its deadline and its mails; types, filters and database constraints derive from them."""

from __future__ import annotations

from typing import Literal, get_args

Ending = Literal["refused", "expired", "withdrawn"]
"""The outcomes that a fact can bring (`FactType.ends`)."""
Outcome = Literal["complete", "withdrawn", "refused", "expired"]
"""How an onboarding ends: at its last stage, by the command `withdraw`, or by a fact."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

Status = Literal["open", "on_hold", "complete", "withdrawn", "refused", "expired"]
STATUSES: tuple[Status, ...] = get_args(Status)
CLOSED: tuple[Status, ...] = OUTCOMES
OPEN: tuple[Status, ...] = tuple(status for status in STATUSES if status not in CLOSED)

Sla = Literal["none", "on_track", "due_soon", "breached", "paused"]
"""The state of the present stage's deadline. `due_soon`: three quarters of the time are gone."""
SLAS: tuple[Sla, ...] = ("breached", "due_soon", "on_track", "paused", "none")
"""The most urgent first."""

MailState = Literal["held", "queued", "sending", "sent", "failed", "unknown", "bounced", "cancelled"]
"""`held`: it waits for a person to send or drop it. `unknown`: the connection broke while it was sent. `failed`: it
was refused."""
MAIL_STATES: tuple[MailState, ...] = get_args(MailState)

Remedy = Literal["address", "again", "ours"]
"""What helps a mail that was not delivered: another address, sending it again, or putting right our own sending."""
REMEDIES: tuple[Remedy, ...] = get_args(Remedy)
