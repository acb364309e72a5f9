"""What a contact is told: where it stands, who has the ball and since when, by when and why, what has been done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from playbooks.calendar import BusinessDays
from playbooks.derive import Standing, contact, current_facts, stand
from playbooks.model import Playbook, Role, Side, Stage
from playbooks.moments import quiet_until
from playbooks.onboarding import Contact, Onboarding
from playbooks.view import View, view
from playbooks.words import words
from web.practice.door import Visitor

Ball = Literal["you", "colleague", "us", "partner", "nobody"]


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
    """`holder` has the ball: a person's name, or what the party is called. `missing` is what the stage waits for.

    `early` are the stages that are done ahead of their turn, and when that was reported, if it was.
    """

    seen: View
    role: Role
    ball: Ball
    holder: str
    due: Due | None
    missing: tuple[str, ...]
    done: tuple[Done, ...]
    early: Mapping[str, datetime | None]
    primary: Contact
    technical: Contact | None
    client_count: int | None
    reminded: bool
    quiet_until: datetime | None

    @property
    def is_primary(self) -> bool:
        return self.role is Role.PRIMARY_CONTACT

    @property
    def open(self) -> bool:
        return not self.seen.closed


def story_of(visitor: Visitor) -> Story:
    """All there is to tell to a visitor, at the onboarding's own time."""
    playbook, onboarding, now = visitor.playbook, visitor.onboarding, visitor.now
    seen, standing = view(playbook, onboarding, now), stand(playbook, onboarding)
    technical = contact(playbook, onboarding, Role.TECHNICAL_CONTACT)
    ball, holder = _ball(visitor, seen, technical)
    told = words(playbook, onboarding, standing, now, visitor.role)
    reminders = standing.stage.reminders
    return Story(
        seen=seen,
        role=visitor.role,
        ball=ball,
        holder=holder,
        due=_due(onboarding, standing, seen, str(told["allowance"])),
        missing=seen.missing,
        done=_done(visitor),
        early=_early(playbook, standing),
        primary=onboarding.primary_contact,
        technical=technical,
        client_count=told["client_count"],
        reminded=reminders is not None and reminders.to is visitor.role,
        quiet_until=quiet_until(onboarding, visitor.contact, now),
    )


def _ball(visitor: Visitor, seen: View, technical: Contact | None) -> tuple[Ball, str]:
    if seen.waiting_on is None:
        return "nobody", ""
    party = visitor.playbook.party(seen.waiting_on)
    if party.name == visitor.role:
        return "you", visitor.contact.name
    if party.name == Role.PRIMARY_CONTACT:
        return "colleague", visitor.onboarding.primary_contact.name
    if party.name == Role.TECHNICAL_CONTACT and technical:
        return "colleague", technical.name
    return ("us" if party.side is Side.US else "colleague" if party.side is Side.PRACTICE else "partner"), party.title


def _due(onboarding: Onboarding, standing: Standing, seen: View, amount: str) -> Due | None:
    limit, stage = standing.visit.deadline, standing.stage
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


def _early(playbook: Playbook, standing: Standing) -> dict[str, datetime | None]:
    passed, known = {visit.stage.name for visit in standing.visits}, standing.known

    def at(stage: Stage) -> datetime | None:
        return max((found.at for name in stage.until if (found := known[name]).fact), default=None)

    ahead = [stage for stage in playbook.stages if stage.until and stage.name not in passed]
    return {stage.name: at(stage) for stage in ahead if all(name in known for name in stage.until)}


def _done(visitor: Visitor) -> tuple[Done, ...]:
    facts = sorted(current_facts(visitor.onboarding).values(), key=lambda fact: (fact.at, fact.number))
    return tuple(Done(fact.name, visitor.playbook.fact(fact.name).title, fact.at) for fact in facts)
