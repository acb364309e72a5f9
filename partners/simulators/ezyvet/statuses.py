"""What one item of a PATCH changes: the transitions of a status (OFFICIAL, section 3; corrected by section 11)."""

from __future__ import annotations

from typing import Any

from partners.simulators.ezyvet.body import Item
from partners.simulators.ezyvet.errors import Invalid
from partners.simulators.ezyvet.store import Record

PENDING = "PENDING"
CURRENT = "CURRENT"
DECLINED = ("DECLINED_DR", "DECLINED_CLIENT")
CANCELLED = ("CANCELLED_DR", "CANCELLED_CLIENT")
NEEDS_STATUS_DATE = "status_date is required and must be numeric when status is Declined or Cancelled."
ONLY_PENDING = "Only Pending items can be changed to Declined."
ONLY_DISPENSED = "Only Dispensed items can be changed to Cancelled."


def change_of(item: Item, row: Record, root_dispense: int | None) -> dict[str, Any]:
    """Returns the new status and dates of the active row `row`; `root_dispense` fills an empty date of the item's.

    A date of dispense makes it CURRENT. Raises Invalid.
    """
    if item.status is not None:
        return _stop(item, row)
    dispensed = item.date_of_lastdispense or root_dispense
    if not dispensed:
        return {}
    if row["status"] not in ("", PENDING, CURRENT):
        raise Invalid(f"The item is {row['status']}: it cannot be dispensed.", date_of_lastdispense="not allowed")
    change: dict[str, Any] = {"status": CURRENT, "date_of_lastdispense": dispensed}
    if item.status_date is not None:
        change["status_date"] = _numeric(item.status_date)
    elif row["status"] != CURRENT:
        change["status_date"] = dispensed
    return change


def _stop(item: Item, row: Record) -> dict[str, Any]:
    if item.status not in DECLINED + CANCELLED:
        text = f"status must be one of {', '.join(DECLINED + CANCELLED)}: {item.status} cannot be set."
        raise Invalid(text, status="cannot be set")
    status_date = _numeric(item.status_date)
    if item.status in DECLINED and row["status"] not in ("", PENDING):
        raise Invalid(ONLY_PENDING, status="not allowed")
    if item.status in CANCELLED and row["status"] != CURRENT:
        raise Invalid(ONLY_DISPENSED, status="not allowed")
    if item.status in DECLINED and item.date_of_lastdispense:
        raise Invalid("A declined item has no date_of_lastdispense.", date_of_lastdispense="not allowed")
    dispensed = {"date_of_lastdispense": item.date_of_lastdispense} if item.date_of_lastdispense else {}
    return {"status": item.status, "status_date": status_date, **dispensed}


def _numeric(value: object) -> int:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise Invalid(NEEDS_STATUS_DATE, status_date="not numeric")
    return int(text)
