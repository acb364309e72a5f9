"""Derives an onboarding's position from its facts: stages, deadlines and outcome, in whatever order the facts came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from playbooks.calendar import arithmetic
from playbooks.engine.deadlines import Deadline, deadline
from playbooks.engine.facts import CurrentFact, current_facts, expected_keys
from playbooks.engine.model import Playbook, Stage
from playbooks.engine.onboarding import Hold, Onboarding
from playbooks.engine.states import Outcome, Status


@dataclass(frozen=True)
class Visit:
    """A stage that was entered. Its clock runs from `clock_from`, which a renewed fact moves.

    `counted` is false if an implied fact leaves its length unknown, `timed` if one leaves unknown when its clock began.
    """

    stage: Stage
    entered_at: datetime
    clock_from: datetime
    left_at: datetime | None = None
    deadline: Deadline | None = None
    counted: bool = True
    timed: bool = True

    @property
    def due_at(self) -> datetime | None:
        return self.deadline.due_at if self.deadline else None

    @property
    def breach_at(self) -> datetime | None:
        return self.deadline.breach_at if self.deadline else None

    @property
    def kept(self) -> bool | None:
        """Whether the deadline was kept; None if there is none, or it is not known.

        Of a stage that was overtaken nobody knows when it was over, but whether that was on record in time.
        """
        if self.left_at is None or self.deadline is None or not self.timed:
            return None
        if not self.counted and self.left_at == self.entered_at:
            return None
        return self.left_at <= self.deadline.breach_at


@dataclass(frozen=True)
class Position:
    """Where an onboarding stands: `visits` ends with the present stage.

    `missing_of` has the missing keys of each fact that the stage waits for. `outcome` is None while the onboarding is
    open; `ended_by` is the fact that ended it, if one did.
    """

    facts: dict[str, CurrentFact]
    visits: tuple[Visit, ...]
    missing_of: dict[str, tuple[str, ...]]
    outcome: Outcome | None = None
    ended_by: str | None = None

    @property
    def visit(self) -> Visit:
        return self.visits[-1]

    @property
    def stage(self) -> Stage:
        return self.visits[-1].stage

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that the present stage waits for."""
        return tuple(name for name in self.stage.until if not self.has(name))

    def has(self, name: str) -> bool:
        """Whether a fact is known, for all its keys."""
        return name in self.facts and self.facts[name].complete


def position_of(playbook: Playbook, onboarding: Onboarding) -> Position:
    """Returns where the onboarding stands.

    A stage is entered when the fact that opened it first happened. Its clock runs from the report that counts: a
    revision that renews starts it anew, but not once the stage is over.
    """
    facts = current_facts(playbook, onboarding)
    pauses = [hold.pause for hold in onboarding.holds]
    visits: list[Visit] = []
    opening: list[CurrentFact] = []
    entered = onboarding.requested_at
    for stage in playbook.stages:
        closing = [facts[name] for name in stage.until if name in facts and facts[name].complete]
        over = bool(stage.until) and len(closing) == len(stage.until)
        left = max([entered, *(fact.since for fact in closing)]) if over else None
        start = max((fact.last_time(left) for fact in opening), default=onboarding.requested_at)
        timed = all(each.implied_by is None for each in opening)
        counted = timed and all(each.implied_by is None for each in closing)
        due = deadline(playbook, onboarding, stage, start, pauses)
        visits.append(Visit(stage, entered, start, left, due, counted, timed))
        if left is None:
            break
        entered, opening = left, closing
    visits[-1] = replace(visits[-1], stage=_as_it_stands(playbook, visits[-1].stage, facts))
    ended_by = next((name for name in facts if playbook.fact(name).ends), None)
    outcome = _outcome(playbook, onboarding, visits[-1].stage, ended_by)
    return Position(facts, tuple(visits), _missing_of(playbook, onboarding, visits[-1].stage, facts), outcome, ended_by)


def _as_it_stands(playbook: Playbook, stage: Stage, facts: dict[str, CurrentFact]) -> Stage:
    preparation = stage.preparation
    if preparation is None or preparation.fact in facts:
        return stage
    return stage.while_prepared(playbook.fact(preparation.fact).reported_by)


def _missing_of(
    playbook: Playbook, onboarding: Onboarding, stage: Stage, facts: dict[str, CurrentFact]
) -> dict[str, tuple[str, ...]]:
    missing: dict[str, tuple[str, ...]] = {}
    for name in stage.until:
        current = facts.get(name)
        if playbook.fact(name).each_of and not (current and current.complete):
            expected = expected_keys(playbook, onboarding, name)
            missing[name] = tuple(key for key in expected if current is None or key not in current.by_key)
    return missing


def _outcome(playbook: Playbook, onboarding: Onboarding, stage: Stage, ended_by: str | None) -> Outcome | None:
    if onboarding.withdrawn:
        return "withdrawn"
    if ended_by:
        return playbook.fact(ended_by).ends
    return None if stage.until else "complete"


def on_hold(onboarding: Onboarding, now: datetime) -> Hold | None:
    return next((hold for hold in onboarding.holds if hold.start <= now < hold.end), None)


def clock_facts(onboarding: Onboarding, position: Position) -> Iterator[tuple[str, datetime]]:
    """Yields the facts that the present stage's clock is still to record, with when; holds put it off."""
    visit, pauses = position.visit, [hold.pause for hold in onboarding.holds]
    # A renewed fact starts the clock anew, but never before the stage was entered.
    start = max(visit.entered_at, visit.clock_from)
    for rule in visit.stage.clock_facts:
        if not position.has(rule.fact):
            yield rule.fact, arithmetic.due(onboarding.team_calendar, start, rule.after, pauses)


def status(onboarding: Onboarding, position: Position, now: datetime) -> Status:
    return position.outcome or ("on_hold" if on_hold(onboarding, now) else "open")
