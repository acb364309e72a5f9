"""Where an onboarding stands, derived from its facts: what is known, which stages were passed, and by when.

Nothing here decides or remembers anything: the same facts, in whatever order they came, give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbooks import calendar
from playbooks.calendar import BusinessDays, Elapsed, Pause
from playbooks.model import BySize, Playbook, Role, Stage, Target
from playbooks.onboarding import Contact, Fact, Hold, Onboarding


@dataclass(frozen=True)
class Known:
    """A fact that holds: reported itself (`fact`), or implied by another, and then without a time of its own."""

    name: str
    at: datetime
    fact: Fact | None
    implied_by: str | None = None


@dataclass(frozen=True)
class Visit:
    """One stage as this onboarding passed it. `counted` is false where an implied fact leaves its length unknown."""

    stage: Stage
    entered_at: datetime
    left_at: datetime | None = None
    due_at: datetime | None = None
    soon_at: datetime | None = None
    breach_at: datetime | None = None
    counted: bool = True

    @property
    def kept(self) -> bool | None:
        """Whether the deadline was kept; None where there was none, or nobody can tell yet."""
        if self.left_at is None or self.breach_at is None or not self.counted:
            return None
        return self.left_at <= self.breach_at


@dataclass(frozen=True)
class Standing:
    """Where an onboarding stands: `visits` ends with the stage it is in."""

    known: dict[str, Known]
    visits: tuple[Visit, ...]

    @property
    def visit(self) -> Visit:
        return self.visits[-1]

    @property
    def stage(self) -> Stage:
        return self.visits[-1].stage

    @property
    def complete(self) -> bool:
        return not self.stage.until

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that the present stage still waits for."""
        return tuple(name for name in self.stage.until if name not in self.known)


def current_facts(onboarding: Onboarding) -> dict[str, Fact]:
    """The report that counts for each fact: not taken back, and of several the one that happened last."""
    current: dict[str, Fact] = {}
    for fact in onboarding.facts:
        if fact.retracted is None:
            other = current.get(fact.name)
            if other is None or (fact.at, fact.number) > (other.at, other.number):
                current[fact.name] = fact
    return current


def known_facts(playbook: Playbook, onboarding: Onboarding) -> dict[str, Known]:
    """All that is known: the reports that count, and what they imply."""
    known = {name: Known(name, fact.at, fact) for name, fact in current_facts(onboarding).items()}
    # Earliest first, so that what two facts imply is dated by the first of them, whatever order they came in.
    ahead = sorted(known.values(), key=lambda each: (each.at, each.name))
    while ahead:
        cause = ahead.pop(0)
        for name in playbook.fact(cause.name).implies:
            if name not in known:
                known[name] = Known(name, cause.at, None, implied_by=cause.name)
                ahead.insert(0, known[name])
    return known


def stand(playbook: Playbook, onboarding: Onboarding) -> Standing:
    """Where the onboarding stands. A stage is entered when the fact that opened it happened."""
    known = known_facts(playbook, onboarding)
    pauses = [hold.pause for hold in onboarding.holds]
    visits: list[Visit] = []
    entered = onboarding.requested_at
    for stage in playbook.stages:
        closing = [known[name] for name in stage.until if name in known]
        over = bool(stage.until) and len(closing) == len(stage.until)
        left = max([entered, *(each.at for each in closing)]) if over else None
        counted = all(each.fact is not None for each in closing) and _opened_by_report(visits, known)
        visits.append(_timed(onboarding, stage, entered, left, counted, pauses))
        if left is None:
            break
        entered = left
    return Standing(known, tuple(visits))


def contact(playbook: Playbook, onboarding: Onboarding, role: Role) -> Contact | None:
    """Who holds a role at the practice now, or None if nobody has been named."""
    if role is Role.PRIMARY_CONTACT:
        return onboarding.primary_contact
    facts = current_facts(onboarding)
    for kind in playbook.facts:
        if kind.contact is role and (fact := facts.get(kind.name)):
            return Contact(name=fact.data["name"], email=fact.data["email"], phone=fact.data.get("phone"))
    return None


def client_count(onboarding: Onboarding) -> int | None:
    """The practice's number of clients: as last reported by a fact, else as the request says."""
    counts = [fact for fact in onboarding.facts if fact.retracted is None and fact.data.get("client_count") is not None]
    if counts:
        return int(max(counts, key=lambda fact: (fact.at, fact.number)).data["client_count"])
    return onboarding.practice.client_count


def on_hold(onboarding: Onboarding, now: datetime) -> Hold | None:
    """The hold that is in force, if there is one."""
    return next((hold for hold in onboarding.holds if hold.pause.start <= now < hold.pause.end), None)


def allowance(target: Target, onboarding: Onboarding) -> Elapsed | BusinessDays:
    """The time a target gives, settled by the practice's size where it depends on it (DP8)."""
    if not isinstance(target.duration, BySize):
        return target.duration
    size = target.duration
    large = (client_count(onboarding) or 0) >= size.threshold
    return size.from_threshold if large else size.below


def estimate(
    playbook: Playbook, onboarding: Onboarding, known: dict[str, Known]
) -> tuple[datetime, Elapsed | BusinessDays] | None:
    """When the stage that takes as long as the practice is large should be over, and what time that gives it (DP8).

    None while the facts that start it are not known.
    """
    for before, stage in zip(playbook.stages, playbook.stages[1:], strict=False):
        if stage.target and isinstance(stage.target.duration, BySize) and set(before.until) <= known.keys():
            start = max(known[name].at for name in before.until)
            given = allowance(stage.target, onboarding)
            pauses = [hold.pause for hold in onboarding.holds]
            return calendar.due(onboarding.team_calendar, start, given, pauses), given
    return None


def _opened_by_report(visits: list[Visit], known: dict[str, Known]) -> bool:
    return not visits or all(known[name].fact is not None for name in visits[-1].stage.until)


def _timed(
    onboarding: Onboarding,
    stage: Stage,
    entered: datetime,
    left: datetime | None,
    counted: bool,
    pauses: list[Pause],
) -> Visit:
    if stage.target is None:
        return Visit(stage, entered, left, counted=counted)
    places = onboarding.team_calendar
    start, duration = entered, allowance(stage.target, onboarding)
    for extension in onboarding.extensions:
        if extension.stage == stage.name:
            start = extension.given_at
            duration = Elapsed(hours=(extension.until - extension.given_at).total_seconds() / 3600)
    due = calendar.due(places, start, duration, pauses)
    breach = calendar.due(places, due, stage.target.grace, pauses) if stage.target.grace else due
    soon = calendar.due(places, start, duration, pauses, portion=0.75)
    return Visit(stage, entered, left, due, soon, breach, counted)
