"""Deadlines of stages: the target of the playbook, holds, extensions and the practice's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from playbooks.calendar import arithmetic
from playbooks.calendar.values import BusinessDays, Calendar, Elapsed, Pause
from playbooks.engine.facts import CurrentFact, practice_size
from playbooks.engine.model import BySize, Playbook, Stage, Target
from playbooks.engine.onboarding import Onboarding
from playbooks.engine.states import Sla


@dataclass(frozen=True)
class Deadline:
    """A stage is due once `duration` has run from `start`, not counting `pauses`."""

    calendar: Calendar
    start: datetime
    duration: Elapsed | BusinessDays
    grace: Elapsed | None
    pauses: Sequence[Pause]

    @cached_property
    def due_at(self) -> datetime:
        return arithmetic.due(self.calendar, self.start, self.duration, self.pauses)

    @cached_property
    def soon_at(self) -> datetime:
        """When three quarters of the time are gone."""
        return arithmetic.due(self.calendar, self.start, self.duration, self.pauses, portion=0.75)

    @cached_property
    def breach_at(self) -> datetime:
        """When the deadline counts as missed: at `due_at`, or for an estimate after its grace."""
        return arithmetic.due(self.calendar, self.due_at, self.grace, self.pauses) if self.grace else self.due_at

    def state(self, now: datetime, on_hold: bool) -> Sla:
        """Returns the deadline's state at `now`."""
        if on_hold:
            return "paused"
        if now >= self.breach_at:
            return "breached"
        return "due_soon" if now >= self.soon_at else "on_track"


def deadline(
    playbook: Playbook, onboarding: Onboarding, stage: Stage, start: datetime, pauses: Sequence[Pause]
) -> Deadline | None:
    """Returns the deadline of a stage whose clock runs from `start`: the latest, if it was extended."""
    if stage.target is None:
        return None
    calendar, grace = onboarding.team_calendar, stage.target.grace
    rule = Deadline(calendar, start, allowance(playbook, onboarding, stage.target), grace, pauses)
    extended = [
        Deadline(calendar, extension.given_at, Elapsed(hours=extension.hours), grace, pauses)
        for extension in onboarding.extensions
        if extension.stage == stage.name
    ]
    return max([rule, *extended], key=lambda each: each.due_at.timestamp()) if extended else rule


def allowance(playbook: Playbook, onboarding: Onboarding, target: Target) -> Elapsed | BusinessDays:
    """Returns the time that a target allows, which may depend on the practice's size (DP8)."""
    if not isinstance(target.duration, BySize):
        return target.duration
    size = target.duration
    large = (practice_size(playbook, onboarding) or 0) >= size.threshold
    return size.from_threshold if large else size.below


@dataclass(frozen=True)
class Estimate:
    """When the stage whose duration depends on the practice's size should be over: `allowance` after `start` (DP8)."""

    start: datetime
    allowance: Elapsed | BusinessDays
    at: datetime


def estimate(playbook: Playbook, onboarding: Onboarding, facts: dict[str, CurrentFact]) -> Estimate | None:
    """Returns None while a fact that starts that stage is missing."""
    for before, stage in zip(playbook.stages, playbook.stages[1:], strict=False):
        if stage.target and isinstance(stage.target.duration, BySize) and set(before.until) <= facts.keys():
            start = max(facts[name].last_time() for name in before.until)
            allowed = allowance(playbook, onboarding, stage.target)
            pauses = [hold.pause for hold in onboarding.holds]
            return Estimate(start, allowed, arithmetic.due(onboarding.team_calendar, start, allowed, pauses))
    return None
