"""By when a stage should be done: its target, moved by holds, extensions and the practice's size."""

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


@dataclass(frozen=True)
class Deadline:
    """When a stage is due: once `duration` has run from `start`, holds apart. Worked out when first asked for."""

    place: Calendar
    start: datetime
    duration: Elapsed | BusinessDays
    grace: Elapsed | None
    pauses: Sequence[Pause]

    @cached_property
    def due_at(self) -> datetime:
        return arithmetic.due(self.place, self.start, self.duration, self.pauses)

    @cached_property
    def soon_at(self) -> datetime:
        """When it comes near: with three quarters of the time gone."""
        return arithmetic.due(self.place, self.start, self.duration, self.pauses, portion=0.75)

    @cached_property
    def breach_at(self) -> datetime:
        """When it counts as missed: at once, or for an estimate after its grace."""
        return arithmetic.due(self.place, self.due_at, self.grace, self.pauses) if self.grace else self.due_at


def deadline(
    playbook: Playbook, onboarding: Onboarding, stage: Stage, start: datetime, pauses: Sequence[Pause]
) -> Deadline | None:
    """The deadline of a stage whose clock runs from `start`; the latest there is, if people gave it more time."""
    if stage.target is None:
        return None
    place, grace = onboarding.team_calendar, stage.target.grace
    rule = Deadline(place, start, allowance(playbook, onboarding, stage.target), grace, pauses)
    moved = [
        Deadline(place, extension.given_at, Elapsed(hours=extension.hours), grace, pauses)
        for extension in onboarding.extensions
        if extension.stage == stage.name
    ]
    return max([rule, *moved], key=lambda each: each.due_at.timestamp()) if moved else rule


def allowance(playbook: Playbook, onboarding: Onboarding, target: Target) -> Elapsed | BusinessDays:
    """The time a target gives, settled by the practice's size where it depends on it (DP8)."""
    if not isinstance(target.duration, BySize):
        return target.duration
    size = target.duration
    large = (practice_size(playbook, onboarding) or 0) >= size.threshold
    return size.from_threshold if large else size.below


@dataclass(frozen=True)
class Estimate:
    """When the stage that takes as long as the practice is large should be over: `allowance` from `start` on (DP8)."""

    start: datetime
    allowance: Elapsed | BusinessDays
    at: datetime


def estimate(playbook: Playbook, onboarding: Onboarding, known: dict[str, CurrentFact]) -> Estimate | None:
    """None while the facts that start that stage are not known."""
    for before, stage in zip(playbook.stages, playbook.stages[1:], strict=False):
        if stage.target and isinstance(stage.target.duration, BySize) and set(before.until) <= known.keys():
            start = max(known[name].time_by(None) for name in before.until)
            given = allowance(playbook, onboarding, stage.target)
            pauses = [hold.pause for hold in onboarding.holds]
            return Estimate(start, given, arithmetic.due(onboarding.team_calendar, start, given, pauses))
    return None
