"""The states that an onboarding, its deadline and its mails can be in, each defined here and nowhere else.

Types, lists, filters and the database's constraints are derived from these.
"""

from __future__ import annotations

from typing import Literal, get_args

Ending = Literal["refused", "expired"]
"""What a fact can end an onboarding as (`FactType.ends`)."""
Outcome = Literal["complete", "withdrawn", "refused", "expired"]
"""How an onboarding can end: at its last stage, by a person's command, or by such a fact."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

Status = Literal["open", "on_hold", "complete", "withdrawn", "refused", "expired"]
STATUSES: tuple[Status, ...] = get_args(Status)
CLOSED: tuple[Status, ...] = OUTCOMES
OPEN: tuple[Status, ...] = tuple(status for status in STATUSES if status not in CLOSED)

Sla = Literal["none", "on_track", "due_soon", "breached", "paused"]
"""How the present stage stands to its deadline. `due_soon`: three quarters of the time are gone."""
SLAS: tuple[Sla, ...] = ("breached", "due_soon", "on_track", "paused", "none")
"""The most urgent first."""

MailState = Literal["queued", "sending", "sent", "failed", "unknown", "bounced", "cancelled"]
"""`unknown`: the connection broke while it was sent, so nobody can tell. `failed`: it was refused."""
MAIL_STATES: tuple[MailState, ...] = get_args(MailState)
