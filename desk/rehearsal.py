"""A whole onboarding played through by the engine alone: every mail and deadline, without a server or a reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from desk.sample_data import sample
from playbooks.calendar import arithmetic
from playbooks.calendar.values import Calendar, Elapsed
from playbooks.engine import steps
from playbooks.engine.deadlines import allowance
from playbooks.engine.facts import FactKey, contact
from playbooks.engine.model import CLOCK, Playbook
from playbooks.engine.onboarding import Effect, Entry, MailOrder, Onboarding, Report, Request
from playbooks.engine.stages import Visit, position_of
from playbooks.engine.timers import timers
from playbooks.engine.transition import Refused, Result

A_LITTLE_BEFORE = 0.9
"""The part of a deadline's time that people use who are in time."""
AFTER_ALL = timedelta(hours=1)
"""How long after the last escalation or reminder people act who are late."""
RUN = "rehearsal"


@dataclass(frozen=True)
class Scene:
    """An event: a fact, a timer, a stage entered (with its deadline), or a mail."""

    at: datetime
    kind: Literal["fact", "clock", "stage", "mail"]
    text: str
    by: str | None = None
    due_at: datetime | None = None
    mail: MailOrder | None = None


@dataclass
class Play:
    """One onboarding on its way, and what has happened so far."""

    playbook: Playbook
    onboarding: Onboarding
    now: datetime
    scenes: list[Scene] = field(default_factory=list)
    _shown: tuple[str, datetime | None] | None = None

    @property
    def visit(self) -> Visit:
        return position_of(self.playbook, self.onboarding).visit

    @property
    def over(self) -> bool:
        return position_of(self.playbook, self.onboarding).outcome is not None

    def take(self, result: Result) -> None:
        self.onboarding = result.onboarding
        self.scenes.extend(_scene(effect) for effect in result.effects if isinstance(effect, Entry | MailOrder))
        visit = self.visit
        if self._shown != (visit.stage.name, visit.due_at):
            self._shown = (visit.stage.name, visit.due_at)
            self.scenes.append(self._entered(visit))

    def upcoming(self) -> str | None:
        """What kind of thing the clock brings next; None if nothing that concerns people."""
        ahead = timers(self.playbook, self.onboarding, position_of(self.playbook, self.onboarding), self.now)
        return next((moment.what for moment in ahead if moment.what != "calendar"), None)

    def wake(self, before: datetime | None = None) -> bool:
        """Lets the clock bring what is next, if that is before a moment; whether it was."""
        ahead = timers(self.playbook, self.onboarding, position_of(self.playbook, self.onboarding), self.now)
        if not ahead or (before is not None and ahead[0].at >= before):
            return False
        self.now = max(self.now, ahead[0].at)
        self.take(steps.wake(self.playbook, self.onboarding, self.now))
        return True

    @property
    def missing(self) -> list[FactKey]:
        """What the stage still waits for: the facts, and of what, where they are reported for each of several."""
        position = position_of(self.playbook, self.onboarding)
        reported = [name for name in position.missing if self.playbook.fact(name).reported_by != CLOCK]
        return [(name, of) for name in reported for of in position.missing_of.get(name) or (None,)]

    def record(self, fact: str, at: datetime, of: str | None = None) -> None:
        """Whoever is to report a fact does so, with details made up."""
        while self.wake(before=at):
            pass
        if self.over:
            return
        self.now = max(self.now, at)
        kind = self.playbook.fact(fact)
        data = sample(self.playbook, kind, self.onboarding, of)
        report = Report(data=data, by=self._reporter(kind.reported_by), at=self.now)
        self.take(steps.record(self.playbook, self.onboarding, fact, report, self.now))

    def _reporter(self, party: str) -> str:
        person = contact(self.playbook, self.onboarding, party)
        return person.name if person else self.playbook.party(party).title

    def _entered(self, visit: Visit) -> Scene:
        stage = visit.stage
        if not stage.until or stage.waits_on is None:
            return Scene(visit.entered_at, "stage", f"{stage.title}: the end")
        text = f"{stage.title}: waiting on {self.playbook.party(stage.waits_on).title}"
        return Scene(visit.entered_at, "stage", text, due_at=visit.due_at)


def rehearse(
    playbook: Playbook, request: Request, team: Calendar, practice: Calendar, start: datetime, *, late: bool = False
) -> list[Scene]:
    """The story of one practice, in the order in which it happens.

    Everybody acts a little before the deadline, and before a first reminder; with `late`, only when every escalation
    has gone out, and one reminder of each sort. Raises `Refused` if the playbook cannot be played through.
    """
    play = _opened(playbook, request, team, practice, start)
    while not play.over:
        stage = play.visit.stage
        for (fact, of), at in _too_late(play) if late else _in_time(play):
            play.record(fact, at, of)
        while play.visit.stage == stage and play.upcoming() == "fact":
            play.wake()
        if play.visit.stage == stage and not play.over:
            raise Refused(f"The stage '{stage.name}' does not end with its facts; look at the playbook.")
    return play.scenes


def anomalies(
    playbook: Playbook, request: Request, team: Calendar, practice: Calendar, start: datetime
) -> list[tuple[str, Scene]]:
    """The mails that no regular story contains, each with what makes it go out: a fact before one that it lacks."""
    found = []
    for rule in playbook.mail_rules:
        if rule.lacking:
            play = _opened(playbook, request, team, practice, start)
            play.record(rule.on, start + AFTER_ALL)
            condition = f"{rule.on} is recorded while {rule.lacking} is not"
            found += [(condition, each) for each in play.scenes if each.mail and each.mail.kind == rule.kind]
    return found


def _opened(playbook: Playbook, request: Request, team: Calendar, practice: Calendar, start: datetime) -> Play:
    result = steps.begin(playbook, request, RUN, request.assignee or "team", team, practice, start)
    play = Play(playbook, result.onboarding, start)
    play.take(result)
    return play


def _in_time(play: Play) -> Iterator[tuple[FactKey, datetime]]:
    """The missing facts of the stage, spread over the time it has."""
    visit = play.visit
    missing = play.missing
    for number, fact in enumerate(missing, start=1):
        yield fact, _portion(play, visit, A_LITTLE_BEFORE * number / len(missing))


def _portion(play: Play, visit: Visit, portion: float) -> datetime:
    stage, onboarding = visit.stage, play.onboarding
    if stage.target:
        given = allowance(play.playbook, onboarding, stage.target)
        return arithmetic.due(onboarding.team_calendar, visit.entered_at, given, portion=portion)
    # People at the practice act in its working hours; two days are enough for what has no deadline. Day 0 asks them.
    place, reminders = onboarding.practice_calendar, stage.reminders.days if stage.reminders else ()
    days = min((2, *filter(None, reminders)))
    at = arithmetic.due(place, visit.entered_at, Elapsed(hours=24 * days), portion=portion)
    return arithmetic.working_moment(place, at)


def _too_late(play: Play) -> Iterable[tuple[FactKey, datetime]]:
    """The missing facts of the stage, after all that the clock does about them; reminders never end by themselves."""
    reminders = play.visit.stage.reminders
    left = len(reminders.days) + 1 if reminders else 0
    while (what := play.upcoming()) and (what != "reminder" or left > 0):
        left -= what == "reminder"
        play.wake()
    return [(fact, play.now + AFTER_ALL * number) for number, fact in enumerate(play.missing, start=1)]


def _scene(effect: Effect) -> Scene:
    if isinstance(effect, MailOrder):
        return Scene(effect.at, "mail", effect.kind, mail=effect)
    assert isinstance(effect, Entry)
    kind: Literal["fact", "clock"] = "clock" if effect.kind in ("clock", "alert", "mail") else "fact"
    return Scene(effect.at, kind, effect.text, by=effect.by)
