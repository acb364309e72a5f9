"""ezyVet's rules of an external prescription, written down anew in the smallest form: the judge of what is sent.

Nothing here is shared with the rules of the product or with the simulator.
"""

from __future__ import annotations

import json
from typing import Any

DECLINED = {"DECLINED_DR", "DECLINED_CLIENT"}
CANCELLED = {"CANCELLED_DR", "CANCELLED_CLIENT"}
CREATED_ITEM = {"product", "product_name", "link", "instructions", "price_cents", "qty", "remaining", "last_dispensed"}


class Illegal(Exception):
    """ezyVet would refuse this call."""


class EzyVet:
    """One prescription there: nothing, active or disabled; the rows of its items by reference."""

    def __init__(self) -> None:
        self.uids: list[str] = []
        self.active = False
        self.prescriber = ""
        self.disabled_users: set[str] = set()
        self.rows: dict[str, dict[str, Any]] = {}

    def take(self, call: dict[str, Any]) -> str | None:
        """Carries a call out, or raises `Illegal` and changes nothing. A create answers with the uid."""
        json.dumps(call, allow_nan=False)
        match call["kind"]:
            case "create":
                return self._post(call)
            case "update":
                self._patch(call)
            case "disable":
                self._delete(call)
        return None

    def _post(self, call: dict[str, Any]) -> str:
        if self.uids:
            raise Illegal("It would stand there twice.")
        references = [item["product"] for item in call["items"]]
        if not references or len(set(references)) < len(references):
            raise Illegal("No item, or two with one reference.")
        if call["prescriber"] in self.disabled_users:
            raise Illegal("A disabled user cannot prescribe.")
        if call["total_cents"] != sum(item["price_cents"] for item in call["items"]):
            raise Illegal("The total is not the sum.")
        for item in call["items"]:
            if set(item) != CREATED_ITEM:
                raise Illegal("Status and status_date are not allowed on POST.")
            date = item["last_dispensed"]
            self.rows[item["product"]] = {
                "status": "CURRENT" if date else "PENDING",
                "status_date": date or call["written"],
                **{name: item[name] for name in ("qty", "remaining", "last_dispensed")},
            }
        self.active, self.prescriber = True, call["prescriber"]
        self.uids.append(f"uid-{len(self.uids) + 1}")
        return self.uids[-1]

    def _existing(self, call: dict[str, Any]) -> None:
        if not self.active or call["uid"] != self.uids[-1]:
            raise Illegal("There is no active prescription with this uid.")

    def _patch(self, call: dict[str, Any]) -> None:
        self._existing(call)
        if call["prescriber"] and call["prescriber"] != self.prescriber and call["prescriber"] in self.disabled_users:
            raise Illegal("From an active to a disabled user.")
        references = [item["product"] for item in call["items"]]
        if len(set(references)) < len(references) or not set(references) <= set(self.rows):
            raise Illegal("Items cannot be told apart, or are not there.")
        if not any(item.get("status") or item.get("last_dispensed") for item in call["items"]):
            raise Illegal("Without a status, an item must have date_of_lastdispense.")
        rows = {reference: dict(row) for reference, row in self.rows.items()}
        for item in call["items"]:
            self._patch_item(rows[item["product"]], item)
        self.rows = rows
        self.prescriber = call["prescriber"] or self.prescriber

    def _patch_item(self, row: dict[str, Any], item: dict[str, Any]) -> None:
        status = item.get("status")
        if status is None:
            if row["status"] not in ("PENDING", "CURRENT"):
                raise Illegal(f"{row['status']} is final.")
            row["status"] = "CURRENT"
        elif status not in DECLINED | CANCELLED:
            raise Illegal(f"{status} cannot be set.")
        elif status in DECLINED and row["status"] != "PENDING":
            raise Illegal("Only Pending items can be changed to Declined.")
        elif status in CANCELLED and row["status"] != "CURRENT":
            raise Illegal("Only Dispensed items can be changed to Cancelled.")
        if status and not isinstance(item.get("status_date"), int):
            raise Illegal("status_date is required and must be numeric.")
        row.update({name: value for name, value in item.items() if name not in ("kind", "product")})

    def _delete(self, call: dict[str, Any]) -> None:
        self._existing(call)
        self.active = False

    def shown(self) -> dict[str, Any]:
        """Returns what can be read back."""
        return {
            "uid": self.uids[-1] if self.uids else None,
            "active": self.active,
            "prescriber": self.prescriber,
            "items": [{"product": reference, **row} for reference, row in self.rows.items()],
        }
