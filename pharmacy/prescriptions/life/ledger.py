"""The ledger of one item: its fills and what came back, and whether the dispenser's numbers agree with it."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from pharmacy.prescriptions.life.events import Dispense, Return
from pharmacy.prescriptions.life.values import Item, Recorded


class LedgerFill(NamedTuple):
    """One fill; `dispensed` is all that was dispensed of the item up to it, less what had come back."""

    number: int
    at: datetime
    qty: Decimal
    remaining: Decimal
    dispensed: Decimal


class Ledger(NamedTuple):
    """Of one item, in the order in which it happened. A reshipment is no fill. `remaining` is as said last."""

    fills: tuple[LedgerFill, ...] = ()
    returned: Decimal = Decimal(0)
    returned_at: datetime | None = None
    remaining: Decimal | None = None
    packed_at: datetime | None = None
    """When the last parcel was dispensed, a reshipment as well."""

    @property
    def last(self) -> LedgerFill | None:
        return self.fills[-1] if self.fills else None

    @property
    def with_owner(self) -> Decimal:
        """What was dispensed and did not come back."""
        return sum((fill.qty for fill in self.fills), Decimal(0)) - self.returned

    @property
    def all_returned(self) -> bool:
        return bool(self.fills) and self.with_owner <= 0


def ledger_of(item: Item, events: tuple[Recorded, ...]) -> Ledger:
    """Returns the ledger of an item from the events, which are in the order in which they happened."""
    fills: list[LedgerFill] = []
    returned, returned_at, remaining, packed_at = Decimal(0), None, None, None
    for each in events:
        match each.event:
            case Dispense(product=item.product, reshipment=True):
                packed_at = each.at
            case Dispense(product=item.product) as fill:
                packed_at = each.at
                before = sum((one.qty for one in fills), Decimal(0)) - returned
                fills.append(LedgerFill(each.number, each.at, fill.qty, fill.remaining, before + fill.qty))
                remaining = fill.remaining
            case Return(product=item.product, qty=Decimal() as qty) as back:
                returned, returned_at = returned + qty, each.at
                remaining = remaining if back.remaining is None else back.remaining
    return Ledger(tuple(fills), returned, returned_at, remaining, packed_at)


def left_text(item: Item, remaining: Decimal) -> str:
    """Returns what is left as the dispenser says, as in `2 refills`; more than there are refills are units."""
    return _or(remaining, "refill" if remaining <= item.refills else "unit")


def contradiction(item: Item, fill: LedgerFill) -> str | None:
    """Returns how a fill contradicts what was prescribed and dispensed, None if it agrees.

    No source says whether `remaining` counts refills or units, so it agrees if it fits either.
    """
    prescribed = item.qty * (1 + item.refills)
    if fill.dispensed > prescribed:
        return f"{fill.dispensed} were dispensed of {item.name}, and {prescribed} are prescribed with all refills"
    begun = (fill.dispensed / item.qty).to_integral_value(ROUND_CEILING)
    refills_left, units_left = item.refills - max(begun - 1, Decimal(0)), prescribed - fill.dispensed
    if fill.remaining in (refills_left, units_left):
        return None
    return (
        f"The dispenser says that {fill.remaining} remain of {item.name};"
        f" by the fills so far it is {_or(refills_left, 'refill')} or {_or(units_left, 'unit')}"
    )


def _or(quantity: Decimal, noun: str) -> str:
    return f"{quantity.normalize():f} {noun}{'' if quantity == 1 else 's'}"
