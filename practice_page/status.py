"""What a contact is told: where it stands, who has the ball and since when, by when and why, what has been done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from playbooks.calendar.values import BusinessDays
from playbooks.engine.commands import TOLD
from playbooks.engine.facts import current_reports
from playbooks.engine.mail_context import context
from playbooks.engine.model import CLOCK, Playbook, Role, Side, Stage
from playbooks.engine.onboarding import Contact, Onboarding
from playbooks.engine.stages import Position, position_of
from playbooks.engine.timers import reminders_off_until
from playbooks.engine.view import View, view
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from practice_page import partner_knowledge
from practice_page.visitor import Visitor

Ball = Literal["you", "answered", "colleague", "us", "partner", "nobody"]
MISSED_AGAIN = timedelta(hours=12)
"""How long after a contact has told that something did not come they cannot tell so again."""


@dataclass(frozen=True)
class Due:
    """By when the present stage should be over, and why then: `amount` from `start` on.

    `business`: in business days of the pharmacy. `estimate`: no promise. `moved`: a person gave it more time.
    `paused`: holds are not counted. `late`: it is over, for an estimate clearly so.
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
    """A fact that was reported, and when it happened."""

    fact: str
    title: str
    at: datetime


@dataclass(frozen=True)
class Story:
    """`holder` has the ball since `since`: a person's name, or what the party is called.

    `missing` is what the stage waits for. `early` are the stages that are done ahead of their turn, and when that was
    reported, if it was. `address_known` and `technical_known`: whether the partner has the primary contact's present
    address, and the technical contact. `missed_at`: when this contact told us that something did not come.
    """

    seen: View
    role: str
    ball: Ball
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
    address_known: bool
    technical_known: bool
    missed_at: datetime | None
    copied: bool

    @property
    def is_primary(self) -> bool:
        return self.role == Role.PRIMARY_CONTACT

    @property
    def missed_again_at(self) -> datetime | None:
        """From when on they can tell so again."""
        return self.missed_at + MISSED_AGAIN if self.missed_at else None

    @property
    def open(self) -> bool:
        return not self.seen.closed


def story_of(visitor: Visitor) -> Story:
    """All there is to tell to a visitor, at the onboarding's own time."""
    playbook, onboarding, now = visitor.playbook, visitor.onboarding, visitor.now
    seen, position = view(playbook, onboarding, now), position_of(playbook, onboarding)
    technical = visitor.technical
    ball, holder = _ball(visitor, seen, technical)
    told = context(playbook, onboarding, position, now, visitor.role)
    data = visitor.integration.data
    reminders, missed = position.stage.reminders, missed_at(visitor)
    return Story(
        seen=seen,
        role=visitor.role,
        ball=ball,
        holder=holder,
        since=seen.entered_at,
        due=_due(onboarding, position, seen, str(told["allowance"])),
        missing=seen.missing,
        done=_done(visitor),
        early=_early(playbook, position),
        primary=onboarding.primary_contact,
        technical=technical,
        size=told["size"],
        reminded=reminders is not None and reminders.to == visitor.role,
        quiet_until=reminders_off_until(onboarding, visitor.contact, now),
        address_known=partner_knowledge.has_address(visitor.integration, onboarding),
        technical_known=partner_knowledge.knows(visitor.integration, onboarding, technical),
        missed_at=None if seen.closed or (missed and _settled(missed, seen, now)) else missed,
        copied=data is not None and data.facts[-1] in position.facts,
    )


def _settled(missed: datetime, seen: View, now: datetime) -> bool:
    """Whether what was missed is of an earlier stage, and long ago."""
    return missed < seen.entered_at and now - missed >= MISSED_AGAIN


def missed_words(visitor: Visitor) -> str:
    """What the team reads as the subject when this contact misses something."""
    return f"{visitor.called} has not received it"


def missed_at(visitor: Visitor) -> datetime | None:
    """When this contact told us last that something did not come."""
    told = {"by": visitor.by, "about": missed_words(visitor)}
    found = [said.at for said in visitor.onboarding.mails if said.kind == TOLD and told.items() <= said.quote.items()]
    return found[-1] if found else None


def _ball(visitor: Visitor, seen: View, technical: Contact | None) -> tuple[Ball, str]:
    if seen.waiting_on is None or seen.waiting_on == CLOCK:
        return "nobody", ""
    party = visitor.playbook.party(seen.waiting_on)
    if party.name == visitor.role:
        return "you", visitor.contact.name
    if party.name == Role.PRIMARY_CONTACT:
        return "colleague", visitor.onboarding.primary_contact.name
    if party.name == TECHNICAL_CONTACT and technical:
        return "colleague", technical.name
    return ("us" if party.side is Side.US else "colleague" if party.side is Side.PRACTICE else "partner"), party.title


def _due(onboarding: Onboarding, position: Position, seen: View, amount: str) -> Due | None:
    limit, stage = position.visit.deadline, position.stage
    if seen.closed or limit is None:
        return None
    given = [each.given_at for each in onboarding.extensions if each.stage == stage.name]
    return Due(
        at=limit.due_at,
        amount=amount,
        start=limit.start,
        business=isinstance(limit.duration, BusinessDays),
        estimate=limit.grace is not None,
        moved=limit.start in given,
        paused=any(hold.end > limit.start for hold in onboarding.holds),
        late=seen.sla == "breached",
    )


def _early(playbook: Playbook, position: Position) -> dict[str, datetime | None]:
    passed, known = {visit.stage.name for visit in position.visits}, position.facts

    def at(stage: Stage) -> datetime | None:
        return max((found.at for name in stage.until if (found := known[name]).fact), default=None)

    ahead = [stage for stage in playbook.stages if stage.until and stage.name not in passed]
    return {stage.name: at(stage) for stage in ahead if all(position.has(name) for name in stage.until)}


def _done(visitor: Visitor) -> tuple[Done, ...]:
    facts = sorted(current_reports(visitor.onboarding).values(), key=lambda fact: (fact.at, fact.number))
    return tuple(Done(fact.name, visitor.playbook.fact(fact.name).title, fact.at) for fact in facts)
