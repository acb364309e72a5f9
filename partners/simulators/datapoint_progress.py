"""What happens to a practice at DataPoint, as values: the steps, what was done, and when each of the rest is due.

A step is named after the fact that it brings about. Nothing here decides or remembers anything.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from partners.datapoint import Contact
from partners.simulators.datapoint_agent import Agent, Sign, next_sign
from playbooks.engine.fields import Count

Kind = Literal["on_time", "late", "silent", "untold", "doubled", "reissued", "out_of_order"]
Person = Literal["datapoint", "primary_contact", "technical_contact"]

KINDS: dict[Kind, str] = {
    "on_time": "as it should be",
    "late": "late by so many hours",
    "silent": "never, until it is done by hand",
    "untold": "done, but without a webhook",
    "doubled": "webhook sent twice, under one id",
    "reissued": "webhook sent twice, under two ids",
    "out_of_order": "webhook held until the next one has gone",
}
LARGE = 10_000
"""Clients from which the first import takes half as long again (DP8)."""
USUAL_CLIENTS = 3_200
MOST_HOURS = 24 * 366


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Step:
    """`hours` pass after the last of the steps in `after`; `mails` is whom DataPoint writes to in it."""

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
BY_FACT = {step.fact: step for step in STEPS}


class Behaviour(Value):
    """How one step misbehaves; `hours` belongs to `late`."""

    kind: Kind = "on_time"
    hours: float = Field(default=0.0, ge=0, le=MOST_HOURS)


class Done(Value):
    at: AwareDatetime
    data: dict[str, Any] = Field(default_factory=dict)


class Practice(Value):
    """One practice in DataPoint's queue. `again` are mails to be sent once more, and from when on.

    `ahead` is how many seconds its clock goes before everybody else's; `clients` is how many it says it has where
    nobody is asked; `letters` counts the mails of each step, `trouble` says why the last one did not leave; `delivered`
    is when feeds were handed in.
    """

    id: str
    name: str
    contact: Contact
    callback: str | None = None
    automatic: bool = True
    ahead: float = 0.0
    clients: Count = USUAL_CLIENTS
    done: dict[str, Done] = Field(default_factory=dict)
    again: dict[str, AwareDatetime] = Field(default_factory=dict)
    behaviours: dict[str, Behaviour] = Field(default_factory=dict)
    letters: dict[str, int] = Field(default_factory=dict)
    trouble: str | None = None
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
        named = self.done.get("technical_contact_designated")
        return Contact.model_validate(named.data) if named else None

    @property
    def client_count(self) -> int:
        """As the technical contact says, or the form, or neither."""
        said = (self.done[fact].data.get("client_count") for fact in ("agent_installed", FORMS[0]) if fact in self.done)
        return next((count for count in said if count is not None), self.clients)


class Program(Value):
    """What holds for every practice: delays are divided by `speed`; the rest is given to each new practice."""

    speed: float = Field(default=1.0, gt=0, le=1e7)
    automatic: bool = True
    behaviours: dict[str, Behaviour] = Field(default_factory=dict)


def due(practice: Practice, step: Step, speed: float) -> datetime | None:
    """When the step happens by itself, on the practice's clock; None if it does not: not yet, or not again."""
    behaviour = practice.behaviour(step.fact)
    if behaviour.kind == "silent":
        return None
    if step.fact in practice.again:
        return practice.again[step.fact]
    if step.fact in practice.done or not all(fact in practice.done for fact in step.after):
        return None
    if step.who != "datapoint" and not practice.automatic:
        return None
    start = max(practice.done[fact].at for fact in step.after)
    late = behaviour.hours if behaviour.kind == "late" else 0.0
    return start + timedelta(hours=(_hours(practice, step) + late) / speed)


def next_due(practice: Practice, speed: float) -> tuple[datetime, Step] | None:
    """The step that happens next, and when."""
    coming = [(moment, number) for number, step in enumerate(STEPS) if (moment := due(practice, step, speed))]
    if not coming:
        return None
    moment, number = min(coming)
    return moment, STEPS[number]


def next_happening(practice: Practice, speed: float) -> tuple[datetime, Step | Sign] | None:
    """What happens next by itself, a step or a sign of life of the agent, and when."""
    connected = practice.done.get("data_received")
    step = next_due(practice, speed)
    sign = next_sign(connected.at if connected else None, practice.agent, speed)
    if step is None or sign is None:
        return step or sign
    return sign if sign[0] < step[0] else step


def _hours(practice: Practice, step: Step) -> float:
    large = step.fact == "data_received" and practice.client_count >= LARGE
    return step.hours * 1.5 if large else step.hours


def made_up(practice: Practice, fact: str) -> dict[str, Any]:
    """What is said in a step when nobody is there to say it."""
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
