"""What can happen to a prescription, as it is reported.

`name` is the event's name in the API. `at` is when it happened, now if missing; a late report is placed where it
belongs. `items` are product references; without them an event concerns every item that it can.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, TypeAdapter

from pharmacy.prescriptions.life.dates import When
from pharmacy.prescriptions.life.quantities import Cents, Quantity, Remaining
from pharmacy.prescriptions.life.statuses import Who
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line, Text

Reference = Line
"""A product's reference, stable for ever."""
References = Annotated[tuple[Reference, ...], Field(min_length=1)]


class Happened(Frozen):
    at: When | None = None


class ItemChange(Frozen):
    """What an approving vet changes of one item.

    Without `price_cents`, the price follows the quantity, unless it is paid.
    """

    product: Reference
    qty: Quantity | None = None
    refills: Remaining | None = None
    instructions: Text | None = None
    price_cents: Cents | None = None


class Approve(Happened):
    """The vet, or a named delegate, approves every item that is not declined, possibly with changes.

    `months` lets it be valid for less than it was opened with.
    """

    name: Literal["approve"] = "approve"
    by: Line
    changes: tuple[ItemChange, ...] = ()
    months: Annotated[int, Field(ge=1)] | None = None


class Pay(Happened):
    """The owner has paid."""

    name: Literal["pay"] = "pay"


class _Ending(Happened):
    by: Who
    reason: Text | None = None
    code: Line | None = None
    message_to_owner: Text | None = None
    items: References | None = None


class Decline(_Ending):
    """Vet or owner refuses items. `code` is of `trade.DECLINE_REASONS`; the owner sees `message_to_owner` alone."""

    name: Literal["decline"] = "decline"


class Cancel(_Ending):
    """Vet or owner stops items; answered `done`, `too_late`, `stops_after_this_fill` or refused as not found."""

    name: Literal["cancel"] = "cancel"


class Undo(Happened):
    """Takes back declines, cancels and returns that are still held (`Rules.undo`)."""

    name: Literal["undo"] = "undo"
    items: References | None = None


class Dispense(Happened):
    """A fill. `remaining` is what is left as the dispenser says. A `reshipment` is the same fill again, no refill."""

    name: Literal["dispense"] = "dispense"
    product: Reference
    qty: Quantity
    remaining: Remaining
    reshipment: bool = False


class Return(Happened):
    """A fill came back unconsumed: all of the last one without `qty`."""

    name: Literal["return"] = "return"
    product: Reference
    qty: Quantity | None = None
    remaining: Remaining | None = None


class Ship(Happened):
    """The last fill is on its way. For the order page, and for what a cancel can still stop."""

    name: Literal["ship"] = "ship"
    items: References | None = None
    carrier: Line | None = None
    tracking: Line | None = None


class Deliver(Happened):
    """The last fill has arrived."""

    name: Literal["deliver"] = "deliver"
    items: References | None = None


class RequestRefill(Happened):
    """The owner asks for a refill; too early, it is held until its date."""

    name: Literal["request_refill"] = "request_refill"
    product: Reference


class PatientDied(Happened):
    """Nothing is dispensed any more, and nothing created. Open prescriptions are for a person to cancel."""

    name: Literal["patient_died"] = "patient_died"


class PatientAlive(Happened):
    """What was reported of the patient's death was wrong."""

    name: Literal["patient_alive"] = "patient_alive"


class PatientRenamed(Happened):
    """The patient has another name than the label: a new prescription is needed (DP13)."""

    name: Literal["patient_renamed"] = "patient_renamed"
    patient_name: Line


class PrescriberDisabled(Happened):
    """The prescriber is no active vet user of the practice any more (RX10)."""

    name: Literal["prescriber_disabled"] = "prescriber_disabled"


class PrescriberReplaced(Happened):
    """An active vet of the practice answers for the prescription from now on; the same one, if active again (RX10)."""

    name: Literal["prescriber_replaced"] = "prescriber_replaced"
    prescriber: Line


class Lapse(Happened):
    """The clock: an owner's request was not approved and paid in time."""

    name: Literal["lapse"] = "lapse"


class Expire(Happened):
    """The clock: the prescription's validity is over."""

    name: Literal["expire"] = "expire"


class Resolve(Happened):
    """A person settles a delivery that is uncertain or stuck.

    `there`: it has arrived (a create with its `uid`). `send`: it has not, send it; with `clinical_record`, under that
    record. `leave`: send nothing more of this prescription.
    """

    name: Literal["resolve"] = "resolve"
    decision: Literal["there", "send", "leave"]
    uid: Line | None = None
    clinical_record: Annotated[int, Field(ge=1)] | None = None


class Dismiss(Happened):
    """A person has dealt with a concern, by its key."""

    name: Literal["dismiss"] = "dismiss"
    concern: Line


Event = Annotated[
    Approve
    | Pay
    | Decline
    | Cancel
    | Undo
    | Dispense
    | Return
    | Ship
    | Deliver
    | RequestRefill
    | PatientDied
    | PatientAlive
    | PatientRenamed
    | PrescriberDisabled
    | PrescriberReplaced
    | Lapse
    | Expire
    | Resolve
    | Dismiss,
    Field(discriminator="name"),
]
Ending = Decline | Cancel | Return
"""Events that end an item; held for a while, as the practice's system cannot take them back."""
EVENT_NAMES = tuple(one.model_fields["name"].default for one in get_args(get_args(Event)[0]))
CLOCK_EVENTS = ("lapse", "expire")
"""Events that the clock alone records."""
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)


def parse_event(name: str, body: dict[str, Any]) -> Event:
    """Returns the event of the API's path and body. Raises pydantic's `ValidationError`."""
    return _ADAPTER.validate_python({**body, "name": name})


class Report(Frozen):
    """An event with who reported it, for the history, and the idempotency key."""

    event: Event
    by: Line
    key: str | None = None
