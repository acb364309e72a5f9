"""The values an onboarding is made of. All of it is frozen: the engine returns a new one for every step."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from playbooks.calendar.values import Calendar, Frozen, Pause
from playbooks.engine.fields import Count, Email, Instant, Key, Line, PracticeId, TimeZone, Words
from playbooks.engine.states import MailState, Status

BY_A_CONTACT = "contact:"
"""What the name of whoever acted on the practice's page begins with."""


class Contact(Frozen):
    name: Line
    email: Email
    phone: Line | None = None


class Practice(Frozen):
    """A veterinary practice, as its request names it."""

    id: PracticeId
    name: Line
    time_zone: TimeZone
    country: Line | None = None
    state: Line | None = None
    client_count: Count | None = None
    owner: Line | None = None


class Signature(Frozen):
    """Who did something, why, and when."""

    by: str
    why: str | None = None
    at: AwareDatetime


class Fact(Frozen):
    """A reported fact. `at` is when it happened, `recorded_at` when it was reported; `of` tells several apart."""

    number: int
    name: str
    of: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    by: str
    at: AwareDatetime
    recorded_at: AwareDatetime
    retracted: Signature | None = None


class Hold(Frozen):
    """A stretch without clocks and reminders: from `start` to `until`, or to `resumed_at` if that came first."""

    start: AwareDatetime
    until: AwareDatetime
    resumed_at: AwareDatetime | None = None

    @property
    def end(self) -> datetime:
        return self.until if self.resumed_at is None else self.resumed_at

    @property
    def pause(self) -> Pause:
        return Pause(start=self.start, end=self.end)


class Extension(Frozen):
    """The deadline of one stage, moved by a person.

    `hours` is what the stage's clock then had left to run: less than until the new deadline, if a hold was on.
    """

    stage: str
    given_at: AwareDatetime
    until: AwareDatetime
    hours: float


class SentMail(Frozen):
    """A mail that was ordered, and what became of it."""

    key: str
    kind: str
    to: str
    email: str | None
    name: str | None = None
    of: str | None = None
    about: str = ""
    stage: str | None = None
    at: AwareDatetime
    state: MailState = "queued"
    quote: dict[str, str] = Field(default_factory=dict)
    """What it passes on in somebody's own words, to be said again if it is sent again."""


class Onboarding(Frozen):
    """Everything an integration of one practice is made of: what was reported, by whom, and what was said.

    Stage, deadlines and progress are not in here: they are derived from it (`playbooks.engine.stages`).
    """

    playbook: str
    run: str
    practice: Practice
    primary_contact: Contact
    requested_at: AwareDatetime
    started_at: AwareDatetime
    assignee: str | None = None
    team_calendar: Calendar
    practice_calendar: Calendar
    facts: tuple[Fact, ...] = ()
    holds: tuple[Hold, ...] = ()
    extensions: tuple[Extension, ...] = ()
    mails: tuple[SentMail, ...] = ()
    fired_timers: tuple[str, ...] = ()
    reminded_at: dict[str, AwareDatetime] = Field(default_factory=dict)
    reminders_off_until: dict[str, AwareDatetime] = Field(default_factory=dict)
    """Until when the person at an address does not want to be reminded."""
    answers: dict[str, str] = Field(default_factory=dict)
    withdrawn: Signature | None = None
    entry_count: int = 0
    version: int = 0

    @property
    def id(self) -> str:
        return f"{self.playbook}/{self.practice.id}"


class Request(Frozen):
    """A practice's request, as the practice file states it."""

    practice: Practice
    primary_contact: Contact
    requested_at: Instant | None = None
    assignee: Line | None = None


class Report(Frozen):
    """A fact as somebody reports it. Without `at` it happened now; `key` makes a repeated report one."""

    data: dict[str, Any] = Field(default_factory=dict)
    by: Line
    at: Instant | None = None
    key: Key | None = None


class Command(Frozen):
    """Something a person decides about an onboarding that is no fact of the integration."""

    by: Line
    why: Words | None = None
    until: Instant | None = None
    fact: Line | None = None
    of: Line | None = None
    kind: Line | None = None
    assignee: Line | None = None
    contact: dict[Key, Key | None] | None = None
    role: Line | None = None
    answers: dict[Key, Words] | None = None
    key: Key | None = None


class Entry(Frozen):
    """One line of the journal: what happened, who said so, when, and why."""

    number: int
    kind: Literal["fact", "command", "clock", "mail", "alert"]
    name: str
    text: str
    by: str
    why: str | None = None
    at: AwareDatetime
    recorded_at: AwareDatetime
    data: dict[str, Any] = Field(default_factory=dict)


class MailOrder(Frozen):
    """A mail to be written and sent. `context` is all that its template may speak of.

    `name` and `email` are empty for the roles whose address is a setting. `handle` is the assignee's.
    A mail with a `stage` is pointless once that stage is over, and is not sent any more if it still waits.
    """

    key: str
    kind: str
    to: str
    name: str | None = None
    email: str | None = None
    handle: str | None = None
    stage: str | None = None
    at: AwareDatetime
    context: dict[str, Any]


class RefreshCalendars(Frozen):
    """The known holidays end soon: have both calendars computed anew."""

    first_day: AwareDatetime


class Handover(Frozen):
    """What a workflow that a playbook launches for the practice is given.

    `workflow` and `id` say which; `on` is the fact that launched it, None at the onboarding's completion, and `at` when
    that was. `contacts` are those at the practice by role, `facts` the reports that count. To the onboarding `by` it
    may report facts.
    """

    workflow: str
    id: str
    on: str | None = None
    of: str | None = None
    practice: Practice
    contacts: dict[str, Contact]
    facts: tuple[Fact, ...] = ()
    assignee: str | None = None
    team_calendar: Calendar
    practice_calendar: Calendar
    at: AwareDatetime
    by: str


Effect = Entry | MailOrder | RefreshCalendars | Handover


ALREADY_KNOWN = "Already known: "
"""How an answer begins if the fact is on record. A repeat under the same key gets the first answer again."""


class Receipt(Frozen):
    """The answer to a report or a command."""

    outcome: Literal["recorded", "already_known"]
    text: str
    stage: str
    status: Status
