"""The messages between workflows, activities and clients; only fields with defaults may be added."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from playbooks.calendar.values import Calendar, Frozen
from playbooks.engine.listed import Row
from playbooks.engine.onboarding import Entry, Handover, MailDrop, MailOrder, Onboarding, Report, Request
from playbooks.engine.states import MailState, Status
from playbooks.feed_watch.values import FeedRow, TellTeam, Watch


class Unsent(Frozen):
    """A mail that is written but not settled. Mails to the same `reader` are sent in order."""

    key: str
    kind: str
    to: str
    reader: str = ""


class Reported(Frozen):
    """A fact and the report of it."""

    fact: str
    report: Report


class Start(Frozen):
    """The start of an onboarding: a request, or the state `carried` over by continue-as-new."""

    playbook: str
    request: Request
    by: str
    team_calendar: Calendar
    practice_calendar: Calendar
    carried: Onboarding | None = None
    unsent: tuple[Unsent, ...] = ()
    history_limit: int = 4_000
    initial_facts: tuple[Reported, ...] = ()


class Publication(Frozen):
    """A change of an onboarding for the journal: its row, new entries, mails to be written, and held ones to drop."""

    row: Row
    lines: tuple[Entry, ...] = ()
    mails: tuple[MailOrder, ...] = ()
    drops: tuple[MailDrop, ...] = ()


class MailResult(Frozen):
    """The result of sending a mail, with the reason if it failed."""

    state: MailState
    reason: str = ""


class MailOutcome(Frozen):
    """What becomes known of a mail after it was sent, such as a bounce."""

    key: str
    state: MailState
    reason: str = ""


class Places(Frozen):
    team: Calendar
    practice: Calendar
    first_day: datetime


class Calendars(Frozen):
    team: Calendar
    practice: Calendar


class State(Frozen):
    """An onboarding, and the time on its workflow's clock."""

    onboarding: Onboarding
    now: datetime


class Outcome(Frozen):
    status: Status
    stage: str


class Launched(Frozen):
    """The start of a workflow that a playbook launches."""

    handover: Handover


class FeedStart(Launched):
    """The start of a feed's watch: a handover, or the state `carried` over by continue-as-new."""

    carried: Watch | None = None
    history_limit: int = 4_000


class FeedNews(Frozen):
    """A change of a watched feed for the journal: its row, new entries, messages to be mailed to the team, and the
    practice's contacts, a line each."""

    row: FeedRow
    lines: tuple[Entry, ...] = ()
    messages: tuple[TellTeam, ...] = ()
    contacts: str = ""


class Silence(Frozen):
    """The question whether the silence of a practice is our own fault."""

    practice: str
    since: datetime


class DigestOrder(Frozen):
    """The start of a digest; without `now` it is for the time on the workflow's clock."""

    now: datetime | None = None


class HandOverMail(Frozen):
    """A mail to a colleague about these onboardings: assigned at their start, handed over, or taken back.

    `id` is that of the hand-over, or stands for the start. Without `receiver` it is the hand-over's.
    """

    id: str
    kind: Literal["assigned", "handed_over", "hand_over_taken_back"]
    receiver: str | None = None
    by: str
    why: str
    onboardings: tuple[str, ...]
    at: datetime


class MemberMail(Frozen):
    """A mail to a person of practices with a link to sign in, whose secret is derived from `key`.

    `clinic` is the one they were let in to; without it they asked for a new password.
    """

    key: str
    person: str
    clinic: str | None = None
    at: datetime


class MailsWritten(Frozen):
    """The keys of mails in the ledger."""

    keys: tuple[str, ...] = ()
