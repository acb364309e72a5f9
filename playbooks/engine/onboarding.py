"""The values of an onboarding. All are frozen: every step of the engine returns a new onboarding."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from playbooks.calendar.values import Calendar, Frozen, Pause
from playbooks.engine.fields import Count, Email, Instant, Key, Line, Paragraph, PracticeId, Text, TimeZone
from playbooks.engine.states import MailState, Status

CONTACT_PREFIX = "contact:"
"""Begins the `by` of what somebody did on the practice's page."""


class Contact(Frozen):
    name: Line
    email: Email
    phone: Line | None = None


def contact_handle(name: str, role: str) -> str:
    """Returns the name by which the journal records what a contact does on the practice's page; it has no address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    first = re.match(r"[a-z0-9-]+", plain.strip())
    return f"{CONTACT_PREFIX}{first[0][:40] if first else role}"


class Practice(Frozen):
    """A veterinary practice, as its request describes it."""

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
    """A reported fact. `at` is when it happened, `recorded_at` when it was reported; `of` is its key."""

    number: int
    name: str
    of: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    by: str
    at: AwareDatetime
    recorded_at: AwareDatetime
    retracted: Signature | None = None


class Hold(Frozen):
    """Deadlines and reminders pause from `start` to `until`, or to `resumed_at` if that came first."""

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
    """A deadline that a person moved to `until`; `hours` is what the stage's clock had left to run, holds excluded."""

    stage: str
    given_at: AwareDatetime
    until: AwareDatetime
    hours: float


class MailChoice(Frozen):
    """What a person chooses for a kind of mail before it leaves: to hold it back, and a paragraph to add."""

    hold: bool = False
    paragraph: Paragraph | None = None


class SentMail(Frozen):
    """A mail that was ordered, and what became of it.

    Of a mail that was held, `cause` is the number of the fact that it tells of, and `dropped` says who dropped it: a
    person, or the engine, because the fact was taken back or another mail took its place.
    """

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
    """Text that it passes on verbatim, kept for sending it again."""
    paragraph: str | None = None
    """What a person added to it."""
    cause: int | None = None
    dropped: Literal["person", "engine"] | None = None


ReplyKind = Literal["accepted", "declined", "not_received", "question"]
"""What a contact can say: that they take the role on, or are not the right person, that something has not come, or a
question."""


class Reply(Frozen):
    """What a contact said on the practice's page, at the address `email`: first at `since`, last `at`.

    `answers` are those of the last time.
    """

    what: ReplyKind
    role: str
    of: str | None = None
    email: str
    since: AwareDatetime
    at: AwareDatetime
    answers: dict[str, str] = Field(default_factory=dict)


class Onboarding(Frozen):
    """The whole state of one onboarding. Stage, deadlines and progress are derived from it, not kept in it."""

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
    """Until when reminders to an address are paused."""
    replies: tuple[Reply, ...] = ()
    """What contacts said on the practice's page: of each kind the last."""
    answers: dict[str, str] = Field(default_factory=dict)
    withdrawn: Signature | None = None
    entry_count: int = 0
    version: int = 0

    @property
    def id(self) -> str:
        return f"{self.playbook}/{self.practice.id}"


class Request(Frozen):
    """A practice's request, as in a practice file."""

    practice: Practice
    primary_contact: Contact
    requested_at: Instant | None = None
    assignee: Line | None = None


class Report(Frozen):
    """A report of a fact. Without `at` it happened now; `key` is the idempotency key.

    `revises` is the number of the report that counted when this one was written, 0 for none: if another counts by now,
    it is refused. `mail` has what was chosen for the mails that it sends, by their kind.
    """

    data: dict[str, Any] = Field(default_factory=dict)
    by: Line
    at: Instant | None = None
    revises: int | None = None
    mail: dict[Key, MailChoice] | None = None
    key: Key | None = None


class Command(Frozen):
    """A person's decision about an onboarding. `key` is the idempotency key.

    With `instead_of`, it is reassigned only if that colleague has it; then to nobody, if there is no `assignee`.
    `mail` has what was chosen for the mails that it sends, by their kind. `mentions` are the handles of the colleagues
    whom a note names.
    """

    by: Line
    why: Text | None = None
    until: Instant | None = None
    fact: Line | None = None
    of: Line | None = None
    kind: Line | None = None
    assignee: Line | None = None
    instead_of: Line | None = None
    contact: dict[Key, Key | None] | None = None
    practice: dict[Key, Key | None] | None = None
    role: Line | None = None
    reply: ReplyKind | None = None
    answers: dict[Key, Text] | None = None
    mail: dict[Key, MailChoice] | None = None
    mentions: tuple[Line, ...] | None = None
    key: Key | None = None


class Entry(Frozen):
    """One entry of the journal: what happened, who did or reported it, when, and why."""

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
    """A mail to send; its template is rendered with `context`.

    `name` and `email` are empty for the roles whose address is a setting. `handle` is the assignee's. A mail with a
    `stage` is obsolete once that stage is over, and is cancelled if it has not been sent. Without `link` it has no link
    to the practice's page. A `held` one waits until it is ordered again as `released`, or dropped.
    """

    key: str
    kind: str
    to: str
    name: str | None = None
    email: str | None = None
    handle: str | None = None
    stage: str | None = None
    link: bool = True
    at: AwareDatetime
    context: dict[str, Any]
    held: bool = False
    released: bool = False


class MailDrop(Frozen):
    """A held mail that is not sent; `why` says what the ledger notes about it."""

    key: str
    why: str


class RefreshCalendars(Frozen):
    """Requests that both calendars are computed anew, as their holidays end soon."""

    first_day: AwareDatetime


class Handover(Frozen):
    """The start value of a launched workflow, which may report facts to the onboarding `by`.

    `on` is the fact that launched it, None at the onboarding's completion; `of` is that fact's key and `at` the time.
    `contacts` are by role, `facts` are the reports that count.
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


Effect = Entry | MailOrder | MailDrop | RefreshCalendars | Handover


ALREADY_KNOWN = "Already known: "
"""Begins the answer to a report that is on record. A repeat under the same key gets the first answer again."""


class Receipt(Frozen):
    """The answer to a report or a command."""

    outcome: Literal["recorded", "already_known"]
    text: str
    stage: str
    status: Status
