"""What travels between workflows, activities and clients: one object a message, fields with defaults may be added."""

from __future__ import annotations

from datetime import datetime

from playbooks.calendar.values import Calendar, Frozen
from playbooks.engine.listed import Row
from playbooks.engine.onboarding import Entry, Handover, MailOrder, Onboarding, Report, Request
from playbooks.engine.states import MailState, Status
from playbooks.feed_watch.values import FeedRow, Watch

TASK_QUEUE = "onboarding"


class Unsent(Frozen):
    """A mail that is written but not settled yet. Mails to the same `reader` go out in their order."""

    key: str
    kind: str
    to: str
    reader: str = ""


class Reported(Frozen):
    """A fact and the report of it."""

    fact: str
    report: Report


class Start(Frozen):
    """How an onboarding begins: with a request, or carried over from the run before (continue-as-new)."""

    playbook: str
    request: Request
    by: str
    team_calendar: Calendar
    practice_calendar: Calendar
    carried: Onboarding | None = None
    unsent: tuple[Unsent, ...] = ()
    history_limit: int = 4_000
    initial_facts: tuple[Reported, ...] = ()
    """What is on record from the first moment on."""


class Publication(Frozen):
    """News of one onboarding for the journal: how it stands, new lines, and mails to be written."""

    row: Row
    lines: tuple[Entry, ...] = ()
    mails: tuple[MailOrder, ...] = ()


class MailResult(Frozen):
    """What became of a mail, with the reason in words where it did not arrive."""

    state: MailState
    reason: str = ""


class MailOutcome(Frozen):
    """A later word about a mail, such as a bounce."""

    key: str
    state: MailState
    reason: str = ""


class Places(Frozen):
    """Whose holidays to compute, from which day on."""

    team: Calendar
    practice: Calendar
    first_day: datetime


class Calendars(Frozen):
    team: Calendar
    practice: Calendar


class State(Frozen):
    """The whole value of an onboarding, and the time on its own clock."""

    onboarding: Onboarding
    now: datetime


class Outcome(Frozen):
    """How an onboarding ended."""

    status: Status
    stage: str


class Launched(Frozen):
    """What a workflow that a playbook launches is started with. It may take more, with defaults."""

    handover: Handover


class FeedStart(Launched):
    """How a feed begins to be watched: by what was handed over, or carried over from the run before."""

    carried: Watch | None = None
    history_limit: int = 4_000


class FeedNews(Frozen):
    """News of a watched feed: how it stands, and new lines for the journal."""

    row: FeedRow
    lines: tuple[Entry, ...] = ()


class Silence(Frozen):
    """A practice that is not heard of since a time; the question is whether that may be our own doing."""

    practice: str
    since: datetime


class DigestOrder(Frozen):
    """Which morning's digest; without `now` the one of the workflow's own clock."""

    now: datetime | None = None


class DigestWritten(Frozen):
    keys: tuple[str, ...] = ()
