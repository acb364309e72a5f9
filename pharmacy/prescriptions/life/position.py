"""Where a prescription stands: derived from its events in the order in which they happened."""

from __future__ import annotations

from typing import NamedTuple

from pharmacy.prescriptions.life.quantities import Quantity, Remaining
from pharmacy.prescriptions.life.statuses import Status
from pharmacy.prescriptions.life.values import Item, Prescription


class ItemPosition(NamedTuple):
    """What became of one item. `status` is None before the prescription is due, and for a free product.

    `qty` and `remaining` are of the last fill, before the first one as prescribed. Times are epoch seconds.
    """

    item: Item
    status: Status | None
    status_at: int | None
    qty: Quantity
    remaining: Remaining
    last_dispensed_at: int | None


def items_of(prescription: Prescription) -> tuple[ItemPosition, ...]:
    """Returns the items with what became of each, in the order prescribed; a final status shown stays (RX6)."""
    raise NotImplementedError
