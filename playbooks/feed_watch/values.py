"""The values of a watched feed (`playbooks.feed_watch.watch`)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

from pydantic import AwareDatetime, Field

from playbooks.calendar.values import Calendar, Frozen, Pause
from playbooks.engine.fields import Count, Instant, Key, Line, Text
from playbooks.engine.onboarding import Contact, Entry, Practice, Signature

TECHNICAL_CONTACT = "technical_contact"
"""The role of the person who looks after the practice's server (DP7)."""

State = Literal["flowing", "quiet", "silent", "reconnecting", "paused", "ended"]
"""`quiet`: no record has changed for days. `silent`: no heartbeat and no feed; the cause is being checked."""
Reason = Literal["silent", "no_records"]


class Heartbeat(Frozen):
    """The agent on the practice's server was seen at `at`."""

    at: Instant


class Records(Frozen):
    """A feed arrived at `at`; its last changed record is of `changed_at`. `clients` and `patients` are the totals."""

    at: Instant
    changed_at: Instant | None = None
    clients: Count | None = None
    patients: Count | None = None
    key: Key | None = None


class Order(Frozen):
    """A person's order: `until` is for a pause, `role` and `contact` for a change of contact, `name` is the practice's.

    All but a resumption need a reason. `about` is what a contact's message is about, `declined` that its sender does
    not hold the `role` any more.
    """

    by: Line
    why: Text | None = None
    until: Instant | None = None
    role: Line | None = None
    contact: Contact | None = None
    name: Line | None = None
    about: Line | None = None
    declined: bool = False
    key: Key | None = None


class Subject(Frozen):
    """The practice whose feed is watched, and whom to ask when the connection is lost (DP7)."""

    practice: Practice
    primary_contact: Contact
    technical_contact: Contact | None = None
    assignee: str | None = None
    team_calendar: Calendar
    practice_calendar: Calendar


class FeedPause(Frozen):
    """A pause that a person ordered, as while a clinic is rebuilt: silence does not count."""

    by: str
    why: str
    at: AwareDatetime
    until: AwareDatetime | None = None


class Loss(Frozen):
    """The connection was lost, as noticed `at`. `heard_at` is the last heartbeat or feed, `feed_at` the last feed."""

    reason: Reason
    at: AwareDatetime
    heard_at: AwareDatetime
    feed_at: AwareDatetime
    agent_back: bool = False


class Watch(Frozen):
    """The whole state of one practice's feed. Silence counts from `counts_from` at the earliest.

    `outages` are times in which our own receiver was down; `state` is in force since `since`. `declined` is the address
    of a primary contact who said that they are not the right person.
    """

    subject: Subject
    run: str
    began_at: AwareDatetime
    counts_from: AwareDatetime
    agent_at: AwareDatetime | None = None
    feed_at: AwareDatetime | None = None
    changed_at: AwareDatetime | None = None
    clients: int | None = None
    patients: int | None = None
    outages: tuple[Pause, ...] = ()
    pause: FeedPause | None = None
    lost: Loss | None = None
    ended: Signature | None = None
    declined: str | None = None
    ask_at: AwareDatetime | None = None
    looked_up: date | None = None
    state: State = "flowing"
    since: AwareDatetime
    answers: dict[str, str] = Field(default_factory=dict)
    entries: int = 0
    version: int = 0


class FeedRow(Frozen):
    """A watched feed as a row of lists.

    `agent_at` is the last heartbeat, `feed_at` the last feed, `changed_at` its last changed record; `reason` is that of
    a lost connection; `by`, `why` and `until` are those of a pause.
    """

    practice: str
    practice_name: str
    run: str
    state: State
    since: datetime
    agent_at: datetime | None
    feed_at: datetime | None
    changed_at: datetime | None
    clients: int | None
    patients: int | None
    assignee: str | None
    reason: str | None
    by: str | None
    why: str | None
    until: datetime | None
    next_at: datetime | None
    version: int


class Evidence(Frozen):
    """Signs that a silence is our own fault: events and feeds `waiting` in our inbox, and outages of our receiver."""

    waiting: int = 0
    outages: tuple[Pause, ...] = ()


class GatherEvidence(Frozen):
    """Requests the `Evidence` since `since`."""

    since: AwareDatetime


class OpenReconnection(Frozen):
    """Requests a reconnection, unless one is open."""

    lost: Loss


class ReportToReconnection(Frozen):
    """Requests a report to the reconnection: the agent was seen again, or data flows again."""

    what: Literal["agent", "data"]
    at: AwareDatetime
    clients: int | None = None
    patients: int | None = None


class TellTeam(Frozen):
    """Requests a mail to the team that passes on a contact's message; `key` is the mail's."""

    key: str
    by: str
    about: str
    text: str
    at: AwareDatetime


class RefreshHolidays(Frozen):
    """Requests the holidays of further years."""


FeedEffect = Entry | GatherEvidence | OpenReconnection | ReportToReconnection | TellTeam | RefreshHolidays


class Result(NamedTuple):
    """The result of a step: the next watch, and the effects to carry out."""

    watch: Watch
    effects: tuple[FeedEffect, ...]


class FeedReceipt(Frozen):
    """The answer to an order."""

    outcome: Literal["recorded", "already_known"]
    text: str
    state: State
