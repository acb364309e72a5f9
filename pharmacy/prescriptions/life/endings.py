"""What ends an item, and until when that can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from pharmacy.prescriptions.life.events import Cancel, Decline, Return, Undo
from pharmacy.prescriptions.life.ledger import Ledger
from pharmacy.prescriptions.life.statuses import Who
from pharmacy.prescriptions.life.values import Prescription, Recorded

PARTIES = {"vet": "the vet", "owner": "the owner"}
Endings = Mapping[str, tuple[Recorded, ...]]
"""The declines, cancels and returns of each product that have not been taken back, in the order reported."""


class ItemEnd(NamedTuple):
    """How an item ended. Until `held_until` that can be taken back, and is not sent."""

    recorded: Recorded
    who: Who
    at: datetime
    held_until: datetime

    @property
    def text(self) -> str:
        """How it ended and by whom, as in "Cancelled by the vet": the decision's word, where RX6 may have another."""
        match self.recorded.event:
            case Decline(by=by):
                return f"Declined by {PARTIES[by]}"
            case Cancel(by=by):
                return f"Cancelled by {PARTIES[by]}"
            case _:
                return "Came back"


def held_until(prescription: Prescription, ending: Recorded) -> datetime:
    return ending.recorded_at + prescription.rules.undo


def final_key(ending: Recorded) -> str:
    """Returns the key of the timer at which an ending can no longer be taken back."""
    return f"final/{ending.number}"


def endings_in_force(prescription: Prescription) -> Endings:
    endings: dict[str, tuple[Recorded, ...]] = {item.product: () for item in prescription.items}
    for each in prescription.events:
        match each.event:
            case Decline(items=tuple() as products) | Cancel(items=tuple() as products):
                endings.update({product: (*endings[product], each) for product in products})
            case Return(product=product):
                endings[product] = (*endings[product], each)
            case Undo(items=tuple() as products):
                for product in products:
                    still = (one for one in endings[product] if held_until(prescription, one) <= each.recorded_at)
                    endings[product] = tuple(still)
    return endings


def end_of(prescription: Prescription, endings: tuple[Recorded, ...], ledger: Ledger) -> ItemEnd | None:
    """Returns how an item ended: by its first decline or cancel, or when all that was dispensed had come back."""
    returns = [each for each in endings if isinstance(each.event, Return)] if ledger.all_returned else []
    stops = [each for each in endings if not isinstance(each.event, Return)]
    if not returns and not stops:
        return None
    first = min(stops, key=lambda each: (each.at, each.number)) if stops else returns[-1]
    who: Who = first.event.by if isinstance(first.event, Decline | Cancel) else "owner"
    return ItemEnd(first, who, first.at, max(held_until(prescription, each) for each in (first, *returns)))
