"""The rules of the trade: kinds of products, validity, coded reasons of a decline, requests that are one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from decimal import Decimal

from pharmacy.prescriptions.life.position import ItemPosition, position_of
from pharmacy.prescriptions.life.values import Kind, NewPrescription, Prescription

DECLINE_REASONS = {
    "not_my_patient": "Not a patient of this practice",
    "needs_examination": "The patient needs an examination first",
    "not_appropriate": "Not appropriate for this patient",
    "different_product": "Another product is prescribed instead",
    "different_dose": "Another strength or dose is needed",
    "already_supplied": "Already supplied by the practice",
    "too_early": "Asked for too early",
    "owner_withdrew": "The owner no longer wants it",
    "patient_deceased": "The patient has died",
    "written_by_mistake": "Written by mistake",
    "other": "Another reason",
}
"""The coded reasons of a decline or a cancel. With `other`, the reason is given in free text."""

LONGEST_MONTHS: dict[Kind, int] = {"prescription": 12, "over_the_counter": 12}
"""How long a prescription of each kind is valid at most, in months."""
LONGEST_MONTHS_IN_STATE: dict[tuple[Kind, str], int] = {}
"""Shorter limits of a state, by its code. None has been named yet; an entry here is enough."""


MOST_REFILLS = 52
"""A refill a week for the longest validity; more is a slip of the keyboard. No source gives a law's limit."""
UNUSUAL_QUANTITY = 1000
"""A larger quantity may be right, but is more often a slip of the keyboard."""
FAR_ABOVE = 5
"""Times the last quantity; more is often tablets counted where boxes are meant."""
MOST_PACKS = 12
"""A pack a month for the longest validity; more is often tablets counted where boxes are meant."""
FEWEST_PIECES = 10
"""A quantity of fewer packs than this may well be the number of pieces of one by chance."""
_PIECES = re.compile(
    r"(?<![\d.,])(\d{1,4}|\d,\d{3}) (?:(?:chewable|coated|flavou?red|soft) )?"
    r"(tablets|capsules|caplets|chews|pills|pipettes|sachets|doses)\b",
    re.IGNORECASE,
)


def too_many_refills(qty: Decimal, refills: Decimal) -> bool:
    """Whether `refills`, counted as refills or as units, as practices' systems do, are more than anybody means."""
    return refills > MOST_REFILLS * max(qty, Decimal(1))


def is_unusual(qty: Decimal) -> bool:
    """Whether a quantity of whole products is to be asked back: a part of one, or very many."""
    return qty % 1 != 0 or qty > UNUSUAL_QUANTITY


def is_far_above(qty: Decimal, last: Decimal) -> bool:
    """Whether a quantity is to be asked back because of the `last` one of the same product for the same patient."""
    return qty > FAR_ABOVE * last


def pieces_text(name: str, qty: Decimal) -> str:
    """Returns how many pieces a quantity of packs is, as in `3,600 tablets`; empty if the name has no count."""
    found = _pieces_in(name)
    return f"{(qty * found[0]).normalize():,f} {found[1]}" if found else ""


def are_many_packs(name: str, qty: Decimal) -> bool:
    """Whether a quantity is to be asked back as the number of pieces where that of packs is meant."""
    found = _pieces_in(name)
    return found is not None and (qty > MOST_PACKS or qty == found[0] >= FEWEST_PIECES)


def _pieces_in(name: str) -> tuple[int, str] | None:
    """Returns how many pieces a pack has by its name, and what they are called."""
    found = _PIECES.search(name)
    return (int(found[1].replace(",", "")), found[2].lower()) if found else None


def longest_validity(kinds: Iterable[Kind], state: str | None) -> int:
    """Returns the months that a prescription with products of these kinds is valid at most; the shortest counts."""
    return min(LONGEST_MONTHS_IN_STATE.get((kind, state or ""), LONGEST_MONTHS.get(kind, 12)) for kind in kinds)


def supply_text(months: int) -> str:
    """Returns how validity is shown to people: `6 months' supply`."""
    return "1 month's supply" if months == 1 else f"{months} months' supply"


def still_dispensed(prescription: Prescription, products: Collection[str]) -> list[ItemPosition]:
    """Returns the items of these products that can still be dispensed; one whose refills are used up cannot."""
    position = position_of(prescription)
    items = () if position.over else position.open_items
    return [each for each in items if each.item.product in products and (each.remaining > 0 or not each.ledger.fills)]


def is_same_request(open_one: Prescription, request: NewPrescription) -> bool:
    """Whether an owner asks again for what is still awaiting approval or payment: the two are one.

    A vet's own prescription is never joined with another.
    """
    if (open_one.origin, request.origin) != ("owner", "owner") or open_one.practice != request.practice:
        return False
    position = position_of(open_one)
    if open_one.patient != request.patient or position.due_at or position.over:
        return False
    return {item.product for item in request.items} <= {each.item.product for each in position.open_items}
