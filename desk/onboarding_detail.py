"""An onboarding as `onboard show` and the API give it. `desk.explain` tells the same in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from playbooks.calendar.values import Frozen
from playbooks.engine.facts import contacts, current_reports
from playbooks.engine.listed import Next, Summary
from playbooks.engine.model import Playbook, keyed_title
from playbooks.engine.onboarding import Contact, Entry, Onboarding, Practice, Reply, SentMail, Signature
from playbooks.engine.retraction import closing_facts, retractable_reports
from playbooks.engine.stages import Position, on_hold, position_of
from playbooks.engine.states import MailState, Remedy
from playbooks.engine.view import StageProgress, view
from store.mail.rows import Mail


class FactDetail(Frozen):
    """A fact on record. One with `implied_by` follows from another and has no time of its own; `superseded` and
    `retracted` ones do not count any more, `taken_back` says who retracted it, why and when. `retractable`: it can be
    taken back now."""

    name: str
    of: str | None = None
    title: str
    data: dict[str, Any] = Field(default_factory=dict)
    by: str | None = None
    at: datetime | None = None
    recorded_at: datetime | None = None
    implied_by: str | None = None
    superseded: bool = False
    retracted: bool = False
    taken_back: Signature | None = None
    retractable: bool = False


class MailDetail(Frozen):
    key: str
    kind: str
    role: str
    of: str | None = None
    to: str | None
    state: MailState
    subject: str | None = None
    message_id: str | None = None
    attempts: int = 0
    error: str | None = None
    remedy: Remedy | None = None
    note: str | None = None
    ordered_at: datetime
    sent_at: datetime | None = None


class OnboardingDetail(Summary):
    """An onboarding in detail at `now`, on its own clock.

    `contacts` are those at the practice by role, `replies` what they said on the practice's page. `missing` are the
    facts that the stage waits for, `early` the titles of facts that belong to stages still ahead, `closing` the facts
    of which one more report ends the onboarding, so that it cannot be taken back. `held` says who put it on hold, and
    why, once the journal has it; `ending` what fact ended it. `overdue_at` is when it counts as overdue: later than
    `due_at` where that is only an estimate. `time_zone` is that of the team, in which its deadlines are told; the
    practice has its own. `caveat` says what cannot be told now.
    """

    run: str
    practice: Practice
    primary_contact: Contact
    contacts: dict[str, Contact]
    asks: str
    chase: str
    missing: tuple[str, ...]
    missing_of: dict[str, tuple[str, ...]]
    missing_titles: tuple[str, ...]
    early: tuple[str, ...]
    closing: tuple[str, ...] = ()
    overdue_at: datetime | None
    hold_until: datetime | None
    held: Signature | None = None
    withdrawn: Signature | None
    ending: str
    progress: tuple[StageProgress, ...]
    facts: tuple[FactDetail, ...]
    mails: tuple[MailDetail, ...]
    replies: tuple[Reply, ...] = ()
    reminders_off_until: dict[str, datetime] = Field(default_factory=dict)
    next: Next | None
    now: datetime
    time_zone: str
    caveat: str | None = None


def detail_of(
    playbook: Playbook, onboarding: Onboarding, now: datetime, letters: Iterable[Mail], lines: Iterable[Entry] = ()
) -> OnboardingDetail:
    """Returns an onboarding in detail, with the mails of the ledger. `lines` are needed only for who put it on hold."""
    state, position = view(playbook, onboarding, now), position_of(playbook, onboarding)
    entered = {visit.stage.name for visit in position.visits}
    ahead = {name for stage in playbook.stages if stage.name not in entered for name in stage.until}
    return OnboardingDetail(
        run=onboarding.run,
        practice=onboarding.practice,
        primary_contact=onboarding.primary_contact,
        contacts=contacts(playbook, onboarding),
        chase="" if state.closed else position.stage.chase,
        missing_titles=tuple(
            keyed_title(playbook.fact(name).title, ", ".join(state.missing_of.get(name, ()))) for name in state.missing
        ),
        early=() if state.closed else tuple(playbook.fact(name).title for name in position.facts if name in ahead),
        closing=closing_facts(playbook, onboarding, position),
        overdue_at=None if state.closed else position.visit.breach_at,
        held=_held(onboarding, now, lines),
        withdrawn=onboarding.withdrawn,
        facts=_facts(playbook, onboarding, position),
        mails=_mails(onboarding, letters),
        replies=onboarding.replies,
        reminders_off_until={email: at for email, at in onboarding.reminders_off_until.items() if at > now},
        now=now,
        time_zone=onboarding.team_calendar.time_zone,
        **{name: getattr(state, name) for name in _VIEWED},
    )


_VIEWED = (*Summary.model_fields, "asks", "missing", "missing_of", "hold_until", "ending", "progress", "next")


def _held(onboarding: Onboarding, now: datetime, lines: Iterable[Entry]) -> Signature | None:
    hold = on_hold(onboarding, now)
    holds = [line for line in lines if hold and (line.kind, line.name, line.at) == ("command", "hold", hold.start)]
    return Signature(by=holds[-1].by, why=holds[-1].why, at=holds[-1].at) if holds else None


def _facts(playbook: Playbook, onboarding: Onboarding, position: Position) -> tuple[FactDetail, ...]:
    current = current_reports(onboarding)
    retractable = retractable_reports(playbook, onboarding, position)
    reported = [
        FactDetail(
            name=fact.name,
            of=fact.of,
            title=keyed_title(playbook.fact(fact.name).title, fact.of),
            data=fact.data,
            by=fact.by,
            at=fact.at,
            recorded_at=fact.recorded_at,
            superseded=fact.retracted is None and current[fact.name, fact.of].number != fact.number,
            retracted=fact.retracted is not None,
            taken_back=fact.retracted,
            retractable=fact.number in retractable,
        )
        for fact in onboarding.facts
    ]
    implied = [
        FactDetail(name=fact.name, title=playbook.fact(fact.name).title, implied_by=fact.implied_by)
        for fact in position.facts.values()
        if fact.fact is None
    ]
    return (*reported, *implied)


def _mails(onboarding: Onboarding, letters: Iterable[Mail]) -> tuple[MailDetail, ...]:
    ledger = {letter.key: letter for letter in letters}

    def detail(order: SentMail) -> MailDetail:
        if letter := ledger.get(order.key):
            return mail_detail(letter).model_copy(update={"ordered_at": order.at, "of": order.of})
        return MailDetail(
            key=order.key,
            kind=order.kind,
            role=order.to,
            of=order.of,
            to=order.email,
            state=order.state,
            ordered_at=order.at,
        )

    return tuple(map(detail, onboarding.mails))


def mail_detail(mail: Mail) -> MailDetail:
    same = {name: getattr(mail, name) for name in MailDetail.model_fields if hasattr(mail, name)}
    return MailDetail(**same, to=mail.to_email, ordered_at=mail.created_at)
