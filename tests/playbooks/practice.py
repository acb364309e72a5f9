"""A practice for tests of rules: facts, commands and the clock, by the engine alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playbooks.calendar.values import Calendar
from playbooks.datapoint import DATAPOINT
from playbooks.engine import steps
from playbooks.engine.commands import command
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import (
    Command,
    Effect,
    Entry,
    MailOrder,
    Onboarding,
    Receipt,
    RefreshCalendars,
    Report,
    Request,
)
from playbooks.engine.stages import Position, position_of
from playbooks.engine.states import MailState
from playbooks.engine.transition import Result
from playbooks.engine.view import View, view

NEW_YORK = ZoneInfo("America/New_York")
CHICAGO = ZoneInfo("America/Chicago")
THANKSGIVING, CHRISTMAS = date(2026, 11, 26), date(2026, 12, 25)
HOLIDAYS = {THANKSGIVING: "Thanksgiving", CHRISTMAS: "Christmas Day", date(2027, 1, 1): "New Year's Day"}
TEAM = Calendar(time_zone="America/New_York", country="US", state="NY", holidays=HOLIDAYS)
PRACTICE = Calendar(time_zone="America/Chicago", country="US", state="IL", holidays=HOLIDAYS)
# In UTC, so that adding days to it means days of 24 hours.
MONDAY = datetime(2026, 11, 16, 10, tzinfo=NEW_YORK).astimezone(UTC)
ANA, TOM, UMA = "ana@riverside.test", "tom@it.test", "uma@it.test"

DETAILS: dict[str, dict[str, Any]] = {
    "technical_contact_designated": {"name": "Tom", "email": TOM},
    "eula_accepted": {"version": "3.1", "accepted_by": "Ana Ruiz"},
}
REGISTRATION = ("practice_information_given", "technical_contact_designated", "eula_accepted")
ALL = ("queued", "invitation_sent", *REGISTRATION, "technical_contact_reached", "agent_installed", "data_received")


def at(day: date, hour: float = 10, zone: ZoneInfo = NEW_YORK) -> datetime:
    """Returns a local time on a day."""
    return datetime.combine(day, time(int(hour), round(hour % 1 * 60)), zone)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def request(**practice: Any) -> Request:
    about = {"id": "riverside-vet", "name": "Riverside Vet", "time_zone": "America/Chicago", **practice}
    return Request.model_validate(
        {"practice": about, "primary_contact": {"name": "Ana Ruiz", "email": ANA}, "assignee": "sam"}
    )


@dataclass
class Practice:
    """An onboarding and the time on its clock. Every step must survive JSON."""

    now: datetime = MONDAY
    team: Calendar = TEAM
    place: Calendar = PRACTICE
    playbook: Playbook = DATAPOINT
    asked: Request = field(default_factory=request)
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        turn = steps.begin(self.playbook, self.asked, "run-1", "sam", self.team, self.place, self.now)
        self.onboarding: Onboarding = turn.onboarding
        self.take(turn)

    def take(self, turn: Result) -> Receipt:
        """Goes on from a turn, by way of JSON: what is not kept there does not count."""
        self.onboarding = Onboarding.model_validate_json(turn.onboarding.model_dump_json(exclude_defaults=True))
        assert self.onboarding == turn.onboarding
        self.effects += turn.effects
        assert turn.receipt is not None
        return turn.receipt

    def record(
        self, fact: str, *, at: datetime | None = None, key: str | None = None, mail: Any = None, **data: Any
    ) -> Receipt:
        report = Report(data=data or DETAILS.get(fact, {}), by="dana", at=at, key=key, mail=mail)
        return self.take(steps.record(self.playbook, self.onboarding, fact, report, self.now))

    def records(self, *facts: str) -> Practice:
        for fact in facts:
            self.record(fact)
        return self

    def through(self, stage: str) -> Practice:
        """Records, now, the facts up to a stage."""
        for each in self.playbook.stages:
            if each.name == stage:
                break
            self.records(*(name for name in each.until if name not in self.position.facts))
        assert self.view().stage == stage
        return self

    def order(self, name: str, why: str | None = "because", by: str = "sam", **given: Any) -> Receipt:
        asked = Command(by=by, why=why, **given)
        return self.take(command(self.playbook, self.onboarding, name, asked, self.now))

    def settle(self, mail: MailOrder, state: MailState, reason: str = "") -> None:
        self.take(steps.settle(self.playbook, self.onboarding, mail.key, state, reason, self.now))

    def wake(self) -> list[Effect]:
        """Fires the timers that are due now."""
        before = len(self.effects)
        self.take(steps.wake(self.playbook, self.onboarding, self.now))
        return self.effects[before:]

    def sleep(self, length: timedelta) -> Practice:
        """Lets time pass in a downtime."""
        self.now = self.now.astimezone(UTC) + length
        return self

    def live(self, length: timedelta) -> list[MailOrder]:
        """Lets time pass, firing each timer when it is due; returns the mails of that time."""
        before, end = len(self.mails), self.now.astimezone(UTC) + length
        # What a command just now has made due is done at once, as the workflow does it.
        self.wake()
        while (ring := self.view().next_wakeup) and ring <= end:
            assert ring > self.now
            self.now = ring
            self.wake()
        self.now = end
        return self.mails[before:]

    def view(self) -> View:
        return view(self.playbook, self.onboarding, self.now)

    def due_at(self) -> datetime:
        """Returns the deadline of the present stage, which must have one."""
        due = self.view().due_at
        assert due is not None
        return due

    @property
    def position(self) -> Position:
        return position_of(self.playbook, self.onboarding)

    @property
    def mails(self) -> list[MailOrder]:
        return [effect for effect in self.effects if isinstance(effect, MailOrder)]

    @property
    def kinds(self) -> list[str]:
        return [mail.kind for mail in self.mails]

    @property
    def journal(self) -> list[Entry]:
        return [effect for effect in self.effects if isinstance(effect, Entry)]

    @property
    def refreshes(self) -> list[RefreshCalendars]:
        return [effect for effect in self.effects if isinstance(effect, RefreshCalendars)]

    def mails_of(self, kind: str) -> list[MailOrder]:
        return [mail for mail in self.mails if mail.kind == kind]
