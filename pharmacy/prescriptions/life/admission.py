"""What every check of an event needs: the prescription, where it stands, and when the event happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pharmacy.prescriptions.life.endings import PARTIES, ItemEnd
from pharmacy.prescriptions.life.events import Decline, Return
from pharmacy.prescriptions.life.position import ItemPosition, Position
from pharmacy.prescriptions.life.values import Prescription
from playbooks.calendar.time_format import format_time
from playbooks.engine.transition import Refused
from playbooks.plural import count_of

NOT_FOUND = "not_found"
"""The code of the refusal of a product that is not on the prescription."""


class Known(NamedTuple):
    """The event is on record already, as `text` says."""

    text: str


@dataclass(frozen=True)
class Admission:
    """An event about to be recorded. `keyed`: it has an idempotency key of its own."""

    prescription: Prescription
    position: Position
    at: datetime
    now: datetime
    keyed: bool

    def time(self, moment: datetime) -> str:
        """Formats a time in the practice's zone."""
        return format_time(moment, self.prescription.zone)

    def item(self, product: str) -> ItemPosition:
        """Returns an item. Raises `Refused` if the product is not on the prescription."""
        if found := self.position.item(product):
            return found
        products = ", ".join(item.product for item in self.prescription.items)
        raise Refused(f"{product} is not on this prescription, which has {products}.", NOT_FOUND)

    def items(self, products: Iterable[str] | None) -> tuple[ItemPosition, ...]:
        """Returns the items named, each once, or all of them."""
        if products is None:
            return self.position.items
        return tuple(self.item(product) for product in dict.fromkeys(products))

    def refuse_over(self, what: str) -> None:
        """Raises `Refused` if by then the request had lapsed, the validity was over, or the patient had died."""
        position = self.position
        if position.lapse and position.lapse.at <= self.at:
            days = count_of(self.prescription.rules.request_days, "day")
            raise Refused(
                f"{what}: the request lapsed on {self.time(position.lapse.at)}, after {days}; make a new one."
            )
        if position.death and position.death.at <= self.at:
            raise Refused(
                f"{what}: the patient died, as reported for {self.time(position.death.at)};"
                " if that is wrong, correct it first."
            )
        if position.expires_at and position.expires_at <= self.at:
            raise Refused(f"{what}: the prescription expired on {self.time(position.expires_at)}; a new one is needed.")

    def ended(self, item: ItemPosition, end: ItemEnd) -> str:
        """Returns how an item ended, as a sentence without its full stop."""
        if isinstance(end.recorded.event, Return):
            return f"{item.item.name} came back on {self.time(end.at)}"
        verb = "declined" if isinstance(end.recorded.event, Decline) else "cancelled"
        return f"{item.item.name} was {verb} by {PARTIES[end.who]} on {self.time(end.at)}"
