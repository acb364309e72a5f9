"""What a contact is shown: the stage, who acts next and since when, by when and why, and what has been done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from playbooks.calendar.values import BusinessDays
from playbooks.engine.facts import current_reports
from playbooks.engine.mail_context import context
from playbooks.engine.model import CLOCK, Playbook, Role, Side, Stage
from playbooks.engine.onboarding import Contact, Onboarding, ReplyKind
from playbooks.engine.partner_knowledge import knows_contact
from playbooks.engine.replies import has_declined, reply_of
from playbooks.engine.stages import Position, position_of
from playbooks.engine.timers import reminders_off_until
from playbooks.engine.view import View, view
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from practice_page.visitor import Visitor

WaitsOn = Literal["you", "answered", "colleague", "us", "partner", "nobody"]
MISSED_AGAIN = timedelta(hours=12)
"""How long after reporting that something did not come a contact cannot report so again."""

ASKED_FOR = timedelta(days=7)
"""How long a contact is shown that they asked for help."""


@dataclass(frozen=True)
class Due:
    """The stage's deadline, `amount` after `start`.

    `business`: counted in business days of the pharmacy. `estimate`: not promised. `moved`: a person extended it.
    `paused`: holds are not counted. `late`: it has passed, for an estimate with its grace.
    """

    at: datetime
    amount: str
    start: datetime
    business: bool
    estimate: bool
    moved: bool
    paused: bool
    late: bool


@dataclass(frozen=True)
class Done:
    fact: str
    title: str
    at: datetime


@dataclass(frozen=True)
class Overview:
    """`waits_on` is who acts next, `holder` that person's name or the party's title, `since` when they were to begin.

    `missing` are the facts that the stage waits for. `early` are stages done ahead of their turn, with the time if it
    was reported. `former_address`: that of this contact which the partner may still use. `technical_known`: whether
    the partner knows the technical contact. `vacant`: roles whose holder has declined; `primary_declined`: the primary
    contact has. `missed_at` and `asked_at`: when this contact reported that
    something did not come, and asked for help.
    """

    view: View
    role: str
    waits_on: WaitsOn
    holder: str
    since: datetime
    due: Due | None
    missing: tuple[str, ...]
    done: tuple[Done, ...]
    early: Mapping[str, datetime | None]
    primary: Contact
    technical: Contact | None
    size: int | None
    reminded: bool
    quiet_until: datetime | None
    former_address: str | None
    technical_known: bool
    vacant: frozenset[str]
    primary_declined: bool
    asked_at: datetime | None
    missed_at: datetime | None
    copied: bool

    @property
    def is_primary(self) -> bool:
        return self.role == Role.PRIMARY_CONTACT

    @property
    def missed_again_at(self) -> datetime | None:
        return self.missed_at + MISSED_AGAIN if self.missed_at else None

    @property
    def open(self) -> bool:
        return not self.view.closed


def overview_of(visitor: Visitor) -> Overview:
    playbook, onboarding, now = visitor.playbook, visitor.onboarding, visitor.now
    current, position = view(playbook, onboarding, now), position_of(playbook, onboarding)
    technical = visitor.technical
    primary = visitor.watch.subject.primary_contact if visitor.watch else onboarding.primary_contact
    waits_on, holder = _next_party(visitor, current, technical)
    values = context(playbook, onboarding, position, now, visitor.role)
    data = visitor.integration.data
    reminders, missed, asked = position.stage.reminders, missed_at(visitor), _replied_at(visitor, "question")
    return Overview(
        view=current,
        role=visitor.role,
        waits_on=waits_on,
        holder=holder,
        since=current.entered_at,
        due=_due(onboarding, position, current, str(values["allowance"])),
        missing=current.missing,
        done=_done(visitor),
        early=_early(playbook, position),
        primary=primary,
        technical=technical,
        size=values["size"],
        reminded=reminders is not None and reminders.to == visitor.role,
        quiet_until=None if current.closed else reminders_off_until(onboarding, visitor.contact, now),
        former_address=values["former_address"],
        vacant=frozenset(values["vacant"]),
        primary_declined=_has_declined(visitor, primary),
        asked_at=None if asked is None or now - asked > ASKED_FOR else asked,
        technical_known=knows_contact(visitor.playbook, onboarding, TECHNICAL_CONTACT, technical),
        missed_at=None if current.closed or (missed and _is_outdated(missed, current, now)) else missed,
        copied=data is not None and data.facts[-1] in position.facts,
    )


def _has_declined(visitor: Visitor, primary: Contact) -> bool:
    """Returns whether the primary contact has said that they are not the right person."""
    if visitor.watch and visitor.watch.declined == primary.email:
        return True
    return has_declined(visitor.onboarding, Role.PRIMARY_CONTACT, primary.email)


def _is_outdated(missed: datetime, current: View, now: datetime) -> bool:
    """Returns whether what was missed belongs to an earlier stage, and is long ago."""
    return missed < current.entered_at and now - missed >= MISSED_AGAIN


def missed_at(visitor: Visitor) -> datetime | None:
    """Returns when this contact last reported that something did not come."""
    return _replied_at(visitor, "not_received")


def _replied_at(visitor: Visitor, what: ReplyKind) -> datetime | None:
    reply = reply_of(visitor.onboarding, visitor.role, visitor.contact.email, what)
    return reply.at if reply else None


def _next_party(visitor: Visitor, current: View, technical: Contact | None) -> tuple[WaitsOn, str]:
    if current.waiting_on is None or current.waiting_on == CLOCK:
        return "nobody", ""
    party = visitor.playbook.party(current.waiting_on)
    if party.name == visitor.role:
        return "you", visitor.contact.name
    if party.name == Role.PRIMARY_CONTACT:
        return "colleague", visitor.onboarding.primary_contact.name
    if party.name == TECHNICAL_CONTACT and technical:
        return "colleague", technical.name
    return ("us" if party.side is Side.US else "colleague" if party.side is Side.PRACTICE else "partner"), party.title


def _due(onboarding: Onboarding, position: Position, current: View, amount: str) -> Due | None:
    deadline, stage = position.visit.deadline, position.stage
    if current.closed or deadline is None:
        return None
    extended_at = [each.given_at for each in onboarding.extensions if each.stage == stage.name]
    return Due(
        at=deadline.due_at,
        amount=amount,
        start=deadline.start,
        business=isinstance(deadline.duration, BusinessDays),
        estimate=deadline.grace is not None,
        moved=deadline.start in extended_at,
        paused=any(hold.end > deadline.start for hold in onboarding.holds),
        late=current.sla == "breached",
    )


def _early(playbook: Playbook, position: Position) -> dict[str, datetime | None]:
    passed, facts = {visit.stage.name for visit in position.visits}, position.facts

    def at(stage: Stage) -> datetime | None:
        return max((found.at for name in stage.until if (found := facts[name]).fact), default=None)

    ahead = [stage for stage in playbook.stages if stage.until and stage.name not in passed]
    return {stage.name: at(stage) for stage in ahead if all(position.has(name) for name in stage.until)}


def _done(visitor: Visitor) -> tuple[Done, ...]:
    """Returns what has happened, without what the team told the partner."""
    facts = sorted(current_reports(visitor.onboarding).values(), key=lambda fact: (fact.at, fact.number))
    shown = (fact for fact in facts if fact.name != visitor.playbook.knowledge.told)
    return tuple(Done(fact.name, visitor.playbook.fact(fact.name).title, fact.at) for fact in shown)
