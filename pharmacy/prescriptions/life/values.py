"""The values of a prescription. All are frozen: every step returns a new one; status and deadlines are derived."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field

from pharmacy.prescriptions.life.calls import Call, ShownItem, Waiting
from pharmacy.prescriptions.life.dates import When
from pharmacy.prescriptions.life.events import Event
from pharmacy.prescriptions.life.quantities import Cents, Quantity, Remaining
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line, PracticeId, Text, TimeZone
from playbooks.engine.onboarding import Entry

Kind = Literal["prescription", "over_the_counter", "free", "controlled"]
"""Needs a prescription; over the counter, which a vet authorises; needs no vet; controlled, which is refused here."""
Origin = Literal["vet", "owner"]
MOST_ITEMS = 200
NO_UNDO = timedelta(0)


class Rules(Frozen):
    """The settings that a prescription was opened under."""

    undo: timedelta = NO_UNDO
    """How long a decision that cannot be taken back is held before it is sent."""
    request_days: int = 45
    reminder_days: int = 7
    early_days: int = 7
    """A refill may be sent this many days before the last fill is used up."""
    can_disable: bool = True
    """The switch of RX9: without such a call, the legal final status is sent."""
    tells_of_cancels: bool = False
    """Whether the owner gets what a vet wrote to them with a cancel; prescriptions from before this send nothing."""


class Item(Frozen):
    """One product as prescribed. `refills` is what the practice's system calls `remaining`; the price is for it all.

    `days` is how long one fill lasts, if known.
    """

    product: Line
    name: Line
    kind: Kind
    qty: Quantity
    refills: Remaining
    price_cents: Cents
    instructions: Annotated[str, Field(max_length=1000)] = ""
    link: Annotated[str, Field(max_length=500)] = ""
    days: Annotated[int, Field(ge=1, le=366)] | None = None


class NewPrescription(Frozen):
    """What a prescription is opened with. `written_at` is now if missing; `renews` is the id of the old one.

    `months` is how long the vet lets it be valid: the longest that the rules allow if missing.
    """

    id: Line
    practice: PracticeId
    time_zone: TimeZone
    state: Line | None = None
    patient: Line
    patient_name: Line
    owner: Line
    prescriber: Line
    origin: Origin
    written_at: When | None = None
    clinical_record: Annotated[int, Field(ge=1)] | None = None
    renews: Line | None = None
    months: Annotated[int, Field(ge=1)] | None = None
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=MOST_ITEMS)]


class Recorded(Frozen):
    """An event on record: `at` is when it happened, `recorded_at` when it was reported, `number` their order."""

    number: int
    event: Event
    by: str
    at: AwareDatetime
    recorded_at: AwareDatetime


class Problem(Frozen):
    """What stops the delivery: an uncertain call, or a person has to decide, or nothing more is to be sent."""

    kind: Literal["uncertain", "needs_person", "left"]
    reason: str
    unproven: bool
    call: Call
    looks_again: bool = False

    @property
    def looked_up(self) -> bool:
        """Whether it is to be looked up what became of the call."""
        return self.kind == "uncertain" or self.looks_again


class Delivery(Frozen):
    """What the practice's system has acknowledged, and what stops the rest. `uid` stays when it is disabled."""

    uid: str | None = None
    items: tuple[ShownItem, ...] = ()
    prescriber: str | None = None
    disabled: bool = False
    maybe_twice: bool = False
    """Whether an earlier creation may still be carried out, or there are several: that is to be checked."""
    problem: Problem | None = None
    waiting: Waiting | None = None
    """Why the last call was put off."""

    def item(self, product: str) -> ShownItem | None:
        return next((each for each in self.items if each.product == product), None)


class Prescription(Frozen):
    """The whole state of one prescription. What has become of its items is derived (`position.position_of`)."""

    id: str
    practice: str
    time_zone: str
    patient: str
    patient_name: str
    owner: str
    prescriber: str
    origin: Origin
    opened_by: str
    opened_at: AwareDatetime
    written_at: AwareDatetime
    clinical_record: int | None = None
    renews: str | None = None
    months: int
    rules: Rules
    items: tuple[Item, ...]
    events: tuple[Recorded, ...] = ()
    delivery: Delivery = Delivery()
    fired_timers: tuple[str, ...] = ()
    answers: dict[str, str] = Field(default_factory=dict)
    entry_count: int = 0
    version: int = 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


CancelAnswer = Literal["done", "too_late", "stops_after_this_fill"]


class Receipt(Frozen):
    """The answer to a report, in a sentence. A cancel says besides what it can still stop."""

    outcome: Literal["recorded", "already_known"]
    text: str
    answer: CancelAnswer | None = None


class Notice(Frozen):
    """Something that a person should be told: the owner, the vet, or the pharmacy's team."""

    kind: Literal[
        "approved",
        "request_reminder",
        "request_lapsed",
        "declined",
        "cancelled",
        "refill_held",
        "refill_due",
        "expired",
        "concern",
    ]
    to: Literal["owner", "vet", "team"]
    at: AwareDatetime
    text: Text


class Result(NamedTuple):
    """The result of a step: the next prescription, its history entries, whom to tell, and the answer to a report."""

    prescription: Prescription
    entries: tuple[Entry, ...] = ()
    notices: tuple[Notice, ...] = ()
    receipt: Receipt | None = None


class Concern(Frozen):
    """Something about a prescription that a person should look at; `dismiss` by its key ends it."""

    key: str
    text: str
    since: datetime


class DeliveryState(NamedTuple):
    """The state of the delivery, and why, in a sentence."""

    state: Literal["not_due", "waiting", "sent", "uncertain", "needs_person", "disabled"]
    reason: str
