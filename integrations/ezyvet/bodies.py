"""What stands in the calls to ezyVet: a prescription's call, with the ids that ezyVet knows (RX1, RX4, RX10)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from pharmacy.prescriptions.life.calls import Create, Fill, Update


class Ids(NamedTuple):
    """ezyVet's ids: the animal, its owner, and the prescriber's user."""

    animal: int
    contact: int
    user: int


def create_body(call: Create, ids: Ids) -> dict[str, Any]:
    """Returns the body of a create. No item has a status: ezyVet computes it from the dates (RX6)."""
    body: dict[str, Any] = {
        "animal_id": ids.animal,
        "contact_id": ids.contact,
        "prescribing_vet_user_id": ids.user,
        "date_of_prescription": call.written,
        "external_reference": call.reference,
        "total_price": _money(call.total_cents),
        "external_prescription_item_list": [
            {
                "external_product_name": item.product_name,
                "external_product_reference": item.product,
                "instructions": item.instructions,
                "price": _money(item.price_cents),
                "qty": item.qty,
                "remaining": item.remaining,
                **({"external_link": item.link} if item.link else {}),
                **({} if item.last_dispensed is None else {"date_of_lastdispense": item.last_dispensed}),
            }
            for item in call.items
        ],
    }
    if call.clinical_record is not None:
        body["consult_id"] = call.clinical_record
    return body


def update_body(call: Update, user: int | None) -> dict[str, Any]:
    """Returns the body of an update: fills by their date, ends by their word; a new prescriber if there is one."""
    items = [
        {
            "external_product_reference": item.product,
            "status_date": item.status_date,
            **(
                {"qty": item.qty, "remaining": item.remaining, "date_of_lastdispense": item.last_dispensed}
                if isinstance(item, Fill)
                else {"status": item.status}
            ),
        }
        for item in call.items
    ]
    body: dict[str, Any] = {"external_prescription_item_list": items} if items else {}
    return body | ({} if user is None else {"prescribing_vet_user_id": user})


def _money(cents: int) -> Decimal:
    return Decimal(cents) / 100
