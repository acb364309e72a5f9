"""The steps of a practice at DataPoint, as values: which are completed, and when the others are due.

A step is named after the fact that it brings about. Pure: nothing here has effects or state.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from partners.datapoint import Contact
from partners.simulators.datapoint.agent import Agent, FeedEventKind, next_feed_event
from playbooks.engine.fields import Count

BehaviourKind = Literal["on_time", "late", "silent", "untold", "doubled", "reissued", "out_of_order"]
Person = Literal["datapoint", "primary_contact", "technical_contact"]

BEHAVIOUR_KINDS: dict[BehaviourKind, str] = {
    "on_time": "as it should be",
    "late": "late by so many hours",
    "silent": "never, until it is done by hand",
    "untold": "done, but without a webhook",
    "doubled": "webhook sent twice, under one id",
    "reissued": "webhook sent twice, under two ids",
    "out_of_order": "webhook held until the next one has gone",
}
LARGE = 10_000
"""Clients from which the first import takes 1.5 times as long (DP8)."""
DEFAULT_CLIENTS = 3_200
MAX_HOURS = 24 * 366


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Step:
    """Due `hours` after the last of the steps in `after`. `mails` is whom DataPoint mails in this step."""

    fact: str
    title: str
    who: Person = "datapoint"
    after: tuple[str, ...] = ()
    hours: float = 0.0
    mails: Literal["primary_contact", "technical_contact"] | None = None


FORMS = ("practice_information_given", "technical_contact_designated", "eula_accepted")
INVITED = ("invitation_sent",)
STEPS = (
    Step("queued", "In the integration request queue"),
    Step("invitation_sent", "Invitation mailed", after=("queued",), hours=20, mails="primary_contact"),
    Step(FORMS[0], "Practice information given", "primary_contact", INVITED, 24),
    Step(FORMS[1], "Technical contact named", "primary_contact", INVITED, 25),
    Step(FORMS[2], "EULA accepted", "primary_contact", INVITED, 26),
    Step("technical_contact_reached", "Technical contact written to", after=FORMS, hours=6, mails="technical_contact"),
    Step("agent_installed", "Agent installed", "technical_contact", ("technical_contact_reached",), 48),
    Step("data_received", "Data received", after=("agent_installed",), hours=6 * 24),
    Step("import_completed", "First import completed", after=("data_received",), hours=24),
)
STEP_OF_FACT = {step.fact: step for step in STEPS}


class Behaviour(Value):
    """How one step misbehaves; `hours` is how late a `late` one is."""

    kind: BehaviourKind = "on_time"
    hours: float = Field(default=0.0, ge=0, le=MAX_HOURS)


class CompletedStep(Value):
    at: AwareDatetime
    data: dict[str, Any] = Field(default_factory=dict)


class Practice(Value):
    """One practice in DataPoint's queue.

    `clock_offset` is how many seconds its clock is ahead; `clients` how many clients it has, unless its people say
    otherwise; `resend_at` when a step's mail is sent again; `mail_counts` how many mails each step has sent;
    `last_error` why the last mail or feed was not sent; `delivered` when its feeds were delivered.
    """

    id: str
    name: str
    contact: Contact
    callback: str | None = None
    automatic: bool = True
    clock_offset: float = 0.0
    clients: Count = DEFAULT_CLIENTS
    done: dict[str, CompletedStep] = Field(default_factory=dict)
    resend_at: dict[str, AwareDatetime] = Field(default_factory=dict)
    behaviours: dict[str, Behaviour] = Field(default_factory=dict)
    mail_counts: dict[str, int] = Field(default_factory=dict)
    last_error: str | None = None
    agent: Agent = Field(default_factory=Agent)
    delivered: tuple[AwareDatetime, ...] = ()
    form_token: str = Field(default_factory=lambda: secrets.token_urlsafe(16))
    install_token: str = Field(default_factory=lambda: secrets.token_urlsafe(16))

    def change(self, **changes: Any) -> Practice:
        return self.model_copy(update=changes)

    def behaviour(self, fact: str) -> Behaviour:
        return self.behaviours.get(fact, Behaviour())

    @property
    def technical_contact(self) -> Contact | None:
        designated = self.done.get("technical_contact_designated")
        return Contact.model_validate(designated.data) if designated else None

    @property
    def client_count(self) -> int:
        """As the technical contact reported it, else the form, else `clients`."""
        reports = (self.done[fact].data for fact in ("agent_installed", FORMS[0]) if fact in self.done)
        counts = (data.get("client_count") for data in reports)
        return next((count for count in counts if count is not None), self.clients)


class SimulationSettings(Value):
    """`speed` divides the delays of every practice; the other settings are those of each new practice."""

    speed: float = Field(default=1.0, gt=0, le=1e7)
    automatic: bool = True
    behaviours: dict[str, Behaviour] = Field(default_factory=dict)


def due_at(practice: Practice, step: Step, speed: float) -> datetime | None:
    """When the step is performed automatically, on the practice's clock; None if it is not, not yet, or not again."""
    behaviour = practice.behaviour(step.fact)
    if behaviour.kind == "silent":
        return None
    if step.fact in practice.resend_at:
        return practice.resend_at[step.fact]
    if step.fact in practice.done or not all(fact in practice.done for fact in step.after):
        return None
    if step.who != "datapoint" and not practice.automatic:
        return None
    start = max(practice.done[fact].at for fact in step.after)
    late = behaviour.hours if behaviour.kind == "late" else 0.0
    return start + timedelta(hours=(_hours(practice, step) + late) / speed)


def next_step(practice: Practice, speed: float) -> tuple[datetime, Step] | None:
    due = ((at, step) for step in STEPS if (at := due_at(practice, step, speed)))
    return min(due, key=lambda each: each[0], default=None)


def next_event(practice: Practice, speed: float) -> tuple[datetime, Step | FeedEventKind] | None:
    """What happens next by itself, a step or an event of the agent, and when."""
    connected = practice.done.get("data_received")
    step = next_step(practice, speed)
    feed_event = next_feed_event(connected.at if connected else None, practice.agent, speed)
    if step is None or feed_event is None:
        return step or feed_event
    return feed_event if feed_event[0] < step[0] else step


def _hours(practice: Practice, step: Step) -> float:
    large = step.fact == "data_received" and practice.client_count >= LARGE
    return step.hours * 1.5 if large else step.hours


def sample_payload(practice: Practice, fact: str) -> dict[str, Any]:
    clients = practice.client_count
    match fact:
        case "practice_information_given":
            return {"management_system": "Cornerstone", "server_location": "On site", "client_count": clients}
        case "technical_contact_designated":
            domain = practice.contact.email.rpartition("@")[2]
            return {"name": "Lee Park", "email": f"lee.park@{domain}", "phone": "(312) 555-0133"}
        case "eula_accepted":
            return {"version": EULA_VERSION, "accepted_by": practice.contact.name}
        case "agent_installed":
            return {"client_count": clients}
        case "data_received":
            return {"clients": clients // 2, "patients": clients * 3 // 4}
        case "import_completed":
            return {"clients": clients, "patients": clients * 3 // 2}
    return {}


EULA_VERSION = "2026-01"
"""The version of the agreement on the registration form."""
