"""An onboarding as `onboard show` and the API give it, and the sentences of `onboard explain`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from pharmacy.rows import Mail
from playbooks.calendar import Frozen
from playbooks.derive import current_facts, known_facts
from playbooks.model import Playbook
from playbooks.onboarding import Contact, MailState, Onboarding, Practice
from playbooks.view import Next, Sla, Status, Step, view


class ShownFact(Frozen):
    """A fact on record. One with `implied_by` follows from another and has no time of its own; `superseded` and
    `retracted` ones do not count any more."""

    name: str
    title: str
    data: dict[str, Any] = Field(default_factory=dict)
    by: str | None = None
    at: datetime | None = None
    recorded_at: datetime | None = None
    implied_by: str | None = None
    superseded: bool = False
    retracted: bool = False


class ShownMail(Frozen):
    key: str
    kind: str
    role: str
    to: str | None
    state: MailState
    subject: str | None = None
    message_id: str | None = None
    attempts: int = 0
    error: str | None = None
    note: str | None = None
    ordered_at: datetime
    sent_at: datetime | None = None


class Shown(Frozen):
    id: str
    run: str
    playbook: str
    practice: Practice
    primary_contact: Contact
    assignee: str | None
    status: Status
    stage: str
    stage_title: str
    waiting_on: str | None
    waiting_on_title: str | None
    asks: str
    missing: tuple[str, ...]
    requested_at: datetime
    entered_at: datetime
    due_at: datetime | None
    sla: Sla
    hold_until: datetime | None
    headline: str
    progress: tuple[Step, ...]
    facts: tuple[ShownFact, ...]
    mails: tuple[ShownMail, ...]
    next: Next | None
    now: datetime


def shown(playbook: Playbook, onboarding: Onboarding, now: datetime, letters: Iterable[Mail]) -> Shown:
    """All there is to see of an onboarding, the ledger's word on its mails included."""
    seen = view(playbook, onboarding, now)
    return Shown(
        id=onboarding.id,
        run=onboarding.run,
        playbook=playbook.name,
        practice=onboarding.practice,
        primary_contact=onboarding.primary_contact,
        assignee=onboarding.assignee,
        requested_at=onboarding.requested_at,
        facts=_facts(playbook, onboarding),
        mails=_mails(onboarding, letters),
        now=now,
        **{name: getattr(seen, name) for name in _VIEWED},
    )


_VIEWED = (
    *("status", "stage", "stage_title", "waiting_on", "waiting_on_title", "asks", "missing", "entered_at"),
    *("due_at", "sla", "hold_until", "headline", "progress", "next"),
)


def _facts(playbook: Playbook, onboarding: Onboarding) -> tuple[ShownFact, ...]:
    current = current_facts(onboarding)
    reported = [
        ShownFact(
            name=fact.name,
            title=playbook.fact(fact.name).title,
            data=fact.data,
            by=fact.by,
            at=fact.at,
            recorded_at=fact.recorded_at,
            superseded=fact.retracted is None and current[fact.name].number != fact.number,
            retracted=fact.retracted is not None,
        )
        for fact in onboarding.facts
    ]
    implied = [
        ShownFact(name=known.name, title=playbook.fact(known.name).title, implied_by=known.implied_by)
        for known in known_facts(playbook, onboarding).values()
        if known.fact is None
    ]
    return (*reported, *implied)


def _mails(onboarding: Onboarding, letters: Iterable[Mail]) -> tuple[ShownMail, ...]:
    ledger = {letter.key: letter for letter in letters}
    mails = []
    for said in onboarding.said:
        letter = ledger.get(said.key)
        more: dict[str, Any] = {"state": said.state, "to": said.email}
        if letter is not None:
            more = {
                "state": letter.state,
                "to": letter.to_email,
                "subject": letter.subject,
                "message_id": letter.message_id,
                "attempts": letter.attempts,
                "error": letter.error,
                "note": letter.note,
                "sent_at": letter.sent_at,
            }
        mails.append(ShownMail(key=said.key, kind=said.kind, role=said.to.value, ordered_at=said.at, **more))
    return tuple(mails)


def explain(seen: Shown) -> list[str]:
    """Why an onboarding is where it is, in sentences: on whom it waits, since when, what comes next, what failed."""
    zone = seen.practice.time_zone
    if seen.status == "complete":
        lines = [f"{seen.practice.name}: complete ({seen.stage_title.lower()}) since {_time(seen.entered_at)}."]
    elif seen.status == "withdrawn":
        lines = [f"{seen.practice.name} was withdrawn at the stage “{seen.stage_title}”."]
    else:
        lines = _waiting(seen)
    lines += [_mail_trouble(mail) for mail in seen.mails if mail.state in ("failed", "bounced", "unknown")]
    lines += [
        f"The mail “{mail.kind.replace('_', ' ')}” to {mail.to} has not gone out yet: {mail.error}."
        for mail in seen.mails
        if mail.state in ("queued", "sending") and mail.error
    ]
    return [*lines, f"The practice's time zone is {zone}."]


def _waiting(seen: Shown) -> list[str]:
    lines = [
        f"{seen.practice.name} is at “{seen.stage_title}” since {_time(seen.entered_at)},"
        f" waiting on {seen.waiting_on_title}: {seen.asks}"
    ]
    if seen.missing and len(seen.missing) > 0:
        lines.append(f"It goes on when this is on record: {', '.join(seen.missing)}.")
    if seen.hold_until:
        lines.append(f"It is on hold until {_time(seen.hold_until)}; clocks and reminders stand still.")
    elif seen.due_at and seen.sla == "breached":
        lines.append(f"It is overdue since {_time(seen.due_at)}.")
    elif seen.due_at:
        lines.append(f"It is due {_time(seen.due_at)} ({seen.sla.replace('_', ' ')}).")
    else:
        lines.append("There is no deadline for this stage.")
    if seen.next:
        lines.append(f"Next by itself: {seen.next.what}, {_time(seen.next.at)}.")
    else:
        lines.append("Nothing more happens by itself until somebody records a fact.")
    return lines


def _mail_trouble(mail: ShownMail) -> str:
    what = f"The mail “{mail.kind.replace('_', ' ')}” to {mail.to or mail.role}"
    if mail.state == "unknown":
        return f"{what} may not have arrived, or twice: {mail.note or mail.error}."
    fate = "came back" if mail.state == "bounced" else "was refused"
    return f"{what} {fate}: {mail.error}. Fix the address, then resend it."


def _time(moment: datetime) -> str:
    return f"{moment:%a %d %b %Y %H:%M %Z}"
