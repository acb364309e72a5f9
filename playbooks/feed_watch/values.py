"""The values that a watched feed is made of (`playbooks.feed_watch.watch`), and what is reported of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

from pydantic import AwareDatetime, Field

from playbooks.calendar.values import Calendar, Frozen, Pause
from playbooks.engine.fields import Count, Instant, Key, Line, Words
from playbooks.engine.onboarding import Contact, Entry, Practice, Signature

TECHNICAL_CONTACT = "technical_contact"
"""The role of whoever looks after the practice's server, and is asked when the connection is lost (DP7)."""

State = Literal["flowing", "quiet", "silent", "reconnecting", "paused", "ended"]
"""`quiet`: the agent is there, and nothing has changed for days. `silent`: nothing is heard, and we look why."""
Reason = Literal["silent", "no_records"]


class Heartbeat(Frozen):
    """The agent on the practice's server was seen at `at`."""

    at: Instant


class Records(Frozen):
    """A feed arrived at `at`; the last record in it that had changed did so at `changed_at`, where it is known.

    `clients` and `patients` count all that the practice has, where the feed says so.
    """

    at: Instant
    changed_at: Instant | None = None
    clients: Count | None = None
    patients: Count | None = None
    key: Key | None = None


class Order(Frozen):
    """What a person decides about the watch: who, why, for a pause until when, and for a contact who that is now."""

    by: Line
    why: Words
    until: Instant | None = None
    role: Line | None = None
    contact: Contact | None = None
    key: Key | None = None


class Subject(Frozen):
    """The practice whose feed is watched, and who is asked there when the connection is lost (DP7)."""

    practice: Practice
    primary_contact: Contact
    technical_contact: Contact | None = None
    assignee: str | None = None
    team_calendar: Calendar
    practice_calendar: Calendar


class Break(Frozen):
    """A pause by a person, as while a clinic is rebuilt: nothing is waited for."""

    by: str
    why: str
    at: AwareDatetime
    until: AwareDatetime | None = None


class Loss(Frozen):
    """The connection is lost: noticed `at`, when the last sign was of `heard_at` and the last feed of `feed_at`."""

    reason: Reason
    at: AwareDatetime
    heard_at: AwareDatetime
    feed_at: AwareDatetime
    agent_back: bool = False


class Watch(Frozen):
    """Everything that is known of one practice's feed. Silence counts from `counts_from` at the earliest.

    `outages` are stretches in which we ourselves could not hear; `state` is that of the last step, `since` its begin.
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
    pause: Break | None = None
    lost: Loss | None = None
    ended: Signature | None = None
    ask_at: AwareDatetime | None = None
    looked_up: date | None = None
    state: State = "flowing"
    since: AwareDatetime
    answers: dict[str, str] = Field(default_factory=dict)
    entries: int = 0
    version: int = 0


class FeedRow(Frozen):
    """A watched feed as it is listed: by its workflow, in the journal and for people.

    `agent_at` is the last heartbeat, `feed_at` the last feed, `changed_at` the last record in it that had changed;
    `reason` is that of a lost connection, `by`, `why` and `until` are those of a pause.
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
    """What speaks against a silence: events and feeds that wait with us, and when we could not hear."""

    waiting: int = 0
    outages: tuple[Pause, ...] = ()


class Ask(Frozen):
    """Have it looked whether the silence since `since` may be our own."""

    since: AwareDatetime


class Reconnect(Frozen):
    """Have a reconnection opened, unless one is open."""

    lost: Loss


class Tell(Frozen):
    """Report to the reconnection that the agent was seen again, or that data flow again."""

    what: Literal["agent", "data"]
    at: AwareDatetime
    clients: int | None = None
    patients: int | None = None


class Refresh(Frozen):
    """Have the holidays of further years computed."""


FeedEffect = Entry | Ask | Reconnect | Tell | Refresh


class Step(NamedTuple):
    """What one step made of a watch, and what it wants done."""

    watch: Watch
    effects: tuple[FeedEffect, ...]


class FeedReceipt(Frozen):
    """The answer to a person's decision."""

    outcome: Literal["recorded", "already_known"]
    text: str
    state: State
