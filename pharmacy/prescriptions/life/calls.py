"""The calls that show a prescription in the practice's system, and what became of them.

A call has everything that stands in its body but the ids that are looked up: animal, owner, and the prescriber's user.
Times are epoch seconds, which show the right day in the practice's zone (RX8).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from pharmacy.prescriptions.life.quantities import Cents, Quantity, Remaining
from pharmacy.prescriptions.life.statuses import Ended, Status
from playbooks.calendar.values import Frozen


class CreatedItem(Frozen):
    """An item as it is created. With `last_dispensed` it is CURRENT, otherwise PENDING; no status is sent."""

    product: str
    product_name: str
    link: str
    instructions: str
    price_cents: Cents
    qty: Quantity
    remaining: Remaining
    last_dispensed: int | None = None


class Create(Frozen):
    """Creates the prescription, once (RX2, RX3)."""

    kind: Literal["create"] = "create"
    reference: str
    patient: str
    owner: str
    prescriber: str
    clinical_record: int | None
    written: int
    total_cents: int
    items: tuple[CreatedItem, ...]


class Fill(Frozen):
    """What was dispensed last: the date makes the item CURRENT. `status_date` is when it became so."""

    kind: Literal["fill"] = "fill"
    product: str
    qty: Quantity
    remaining: Remaining
    last_dispensed: int
    status_date: int


class End(Frozen):
    """An item that is over: DECLINED from PENDING, CANCELLED from CURRENT."""

    kind: Literal["end"] = "end"
    product: str
    status: Ended
    status_date: int


UpdatedItem = Annotated[Fill | End, Field(discriminator="kind")]


class Update(Frozen):
    """Updates the items named; those left out stay. `prescriber` is given only when an active one takes over."""

    kind: Literal["update"] = "update"
    uid: str
    items: tuple[UpdatedItem, ...]
    prescriber: str | None = None


class Disable(Frozen):
    """Disables the whole prescription (RX9)."""

    kind: Literal["disable"] = "disable"
    uid: str


class Check(Frozen):
    """Looks for a while whether it stands there once, and disables any other than `uid`.

    It follows a creation that was in doubt, did not show when it was looked up, and may have been carried out later.
    """

    kind: Literal["check"] = "check"
    uid: str | None


Call = Annotated[Create | Update | Disable | Check, Field(discriminator="kind")]


class ShownItem(Frozen):
    """An item as the practice's system shows it, as far as we know."""

    product: str
    status: Status
    status_date: int
    qty: Quantity
    remaining: Remaining
    last_dispensed: int | None = None


class Accepted(Frozen):
    """The call was carried out. `uid` is the new identity, for a create."""

    kind: Literal["accepted"] = "accepted"
    uid: str | None = None


class Unsure(Frozen):
    """The call may have been carried out or not. Nothing is sent until it is looked up or settled."""

    kind: Literal["unsure"] = "unsure"
    reason: str


class Stuck(Frozen):
    """A person has to decide. `unproven`: it may have been carried out; otherwise it certainly was not.

    `looks_again`: it could not be looked up, and is as soon as that is possible, unless a person is sooner.
    """

    kind: Literal["stuck"] = "stuck"
    reason: str
    unproven: bool = False
    looks_again: bool = False


Party = Literal["vet", "owner", "pharmacy", "practice", "practice_system", "team", "nobody"]


class Waiting(Frozen):
    """Nothing was sent, and it is tried again: the practice is not live, access is revoked, or a limit is reached.

    `reason` and `next` are one sentence each, for everybody who reads about the prescription; `next_try` is when it is
    tried again, None if that follows from something else.
    """

    kind: Literal["waiting"] = "waiting"
    reason: str
    waiting_on: Party = "practice_system"
    next: str = "It is sent as soon as it is its turn."
    next_try: AwareDatetime | None = None


class Observed(Frozen):
    """The prescription was read back: what is shown now. Ends an `Unsure` call; the rest is sent from there.

    `uid` is None if there is none. `twice`: there are others besides, which are to be disabled.
    """

    kind: Literal["observed"] = "observed"
    uid: str | None
    active: bool = True
    items: tuple[ShownItem, ...] = ()
    twice: bool = False


class Checked(Frozen):
    """What a check disabled, by uid; then it is checked anew. Without any, it stands there at most once."""

    kind: Literal["checked"] = "checked"
    disabled: tuple[str, ...] = ()


Outcome = Annotated[Accepted | Unsure | Stuck | Waiting | Observed | Checked, Field(discriminator="kind")]
