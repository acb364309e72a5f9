"""The values an onboarding is made of. All of it is frozen: the engine returns a new one for every step."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from playbooks.calendar import Calendar, Frozen, Pause
from playbooks.model import Role

PRACTICE_ID = re.compile(r"[a-z0-9-]{1,63}")


def _email(address: str) -> str:
    try:
        # Addresses in `.test` are for trials; DNS is never asked, so that a check has no outside to depend on.
        return validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as reason:
        raise ValueError(f"'{address}' is not an e-mail address: {reason}") from None


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is not a time zone; use a name such as America/Chicago") from None
    return name


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1 or _controls(text):
        raise ValueError("must be one line without control characters")
    return text


def _plain_text(text: str) -> str:
    # A database or a terminal chokes on these, long after whoever typed them was told that all is well.
    if _controls(text) - set("\n\r\t"):
        raise ValueError("must not contain control characters")
    return text


def _controls(text: str) -> set[str]:
    return {letter for letter in text if unicodedata.category(letter) == "Cc"}


def _practice_id(text: str) -> str:
    if not PRACTICE_ID.fullmatch(text):
        raise ValueError(f"'{text}' must be 1 to 63 lower-case letters, digits or hyphens, such as riverside-vet")
    return text


Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(_plain_text)
]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_one_line)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
PracticeId = Annotated[str, AfterValidator(_practice_id)]


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
    client_count: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    owner: Line | None = None


class Signature(Frozen):
    """Who did something, why, and when."""

    by: str
    why: str | None = None
    at: datetime


class Fact(Frozen):
    """A reported fact. `at` is when it happened, `recorded_at` when it was reported."""

    number: int
    name: str
    data: dict[str, Any] = Field(default_factory=dict)
    by: str
    at: datetime
    recorded_at: datetime
    retracted: Signature | None = None


class Hold(Frozen):
    """A stretch without clocks and reminders: from `start` to `until`, or to `resumed_at` if that came first."""

    start: datetime
    until: datetime
    resumed_at: datetime | None = None

    @property
    def pause(self) -> Pause:
        return Pause(start=self.start, end=self.until if self.resumed_at is None else self.resumed_at)


class Extension(Frozen):
    """The deadline of one stage, moved by a person."""

    stage: str
    given_at: datetime
    until: datetime


MailState = Literal["queued", "sending", "sent", "failed", "unknown", "bounced", "cancelled"]


class Said(Frozen):
    """A mail that was ordered, and what became of it."""

    key: str
    kind: str
    to: Role
    email: str | None
    about: str = ""
    stage: str | None = None
    at: datetime
    state: MailState = "queued"


class Onboarding(Frozen):
    """Everything an integration of one practice is made of: what was reported, by whom, and what was said.

    Stage, deadlines and progress are not in here: they are derived from it (`playbooks.derive`).
    """

    playbook: str
    run: str
    practice: Practice
    primary_contact: Contact
    requested_at: datetime
    started_at: datetime
    assignee: str | None = None
    team_calendar: Calendar
    practice_calendar: Calendar
    facts: tuple[Fact, ...] = ()
    holds: tuple[Hold, ...] = ()
    extensions: tuple[Extension, ...] = ()
    said: tuple[Said, ...] = ()
    done: tuple[str, ...] = ()
    reminded: dict[str, datetime] = Field(default_factory=dict)
    keys: dict[str, str] = Field(default_factory=dict)
    withdrawn: Signature | None = None
    entries: int = 0
    turns: int = 0

    @property
    def id(self) -> str:
        return f"{self.playbook}/{self.practice.id}"


class Request(Frozen):
    """A practice's request, as the practice file states it."""

    practice: Practice
    primary_contact: Contact
    requested_at: AwareDatetime | None = None
    assignee: Line | None = None


class Report(Frozen):
    """A fact as somebody reports it. Without `at` it happened now; `key` makes a repeated report one."""

    data: dict[str, Any] = Field(default_factory=dict)
    by: Line
    at: AwareDatetime | None = None
    key: Key | None = None


class Command(Frozen):
    """Something a person decides about an onboarding that is no fact of the integration."""

    by: Line
    why: Words | None = None
    until: AwareDatetime | None = None
    fact: Line | None = None
    kind: Line | None = None
    assignee: Line | None = None
    contact: dict[Key, Key | None] | None = None
    key: Key | None = None


class Entry(Frozen):
    """One line of the journal: what happened, who said so, when, and why."""

    number: int
    kind: Literal["fact", "command", "clock", "mail", "alert"]
    name: str
    text: str
    by: str
    why: str | None = None
    at: datetime
    recorded_at: datetime
    data: dict[str, Any] = Field(default_factory=dict)


class MailOrder(Frozen):
    """A mail to be written and sent. `words` is all that its template may speak of.

    `name` and `email` are empty for the roles whose address is a setting. `handle` is the assignee's.
    A mail with a `stage` is pointless once that stage is over, and is not sent any more if it still waits.
    """

    key: str
    kind: str
    to: Role
    name: str | None = None
    email: str | None = None
    handle: str | None = None
    stage: str | None = None
    at: datetime
    words: dict[str, Any]


class RefreshCalendars(Frozen):
    """The known holidays end soon: have both calendars computed anew."""

    first_day: datetime


Effect = Entry | MailOrder | RefreshCalendars


class Receipt(Frozen):
    """The answer to a report or a command."""

    outcome: Literal["recorded", "already_known"]
    text: str
    stage: str
    status: str
