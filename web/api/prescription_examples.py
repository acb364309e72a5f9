"""The examples of the OpenAPI document about prescriptions and products, made by the rules themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from desk.prescription_detail import detail_of
from pharmacy.prescriptions.life import steps
from pharmacy.prescriptions.life.events import Approve, Report
from pharmacy.prescriptions.life.values import Item, NewPrescription, Rules
from pharmacy.prescriptions.listed import ListedPrescription, items_in, row_of

MORNING = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ID = "rx-0f3c9a1b2d4e5f607182"
PRODUCT: dict[str, Any] = {"name": "Carprofen 75 mg, 60 tablets", "prescription_required": True, "price": "20.00"}
PRESCRIPTION: dict[str, Any] = {
    "practice": "riverside-vet",
    "patient": "6",
    "prescriber": "dr-lee",
    "origin": "owner",
    "clinical_record": 15,
    "items": [
        {
            "product": "carprofen-75",
            "qty": 3,
            "instructions": "Take one daily on an empty stomach",
            "price": "20.00",
            "refills": 2,
        }
    ],
}
APPROVAL: dict[str, Any] = {"by": "dr-lee"}


def _play() -> dict[str, Any]:
    item = Item(
        product="carprofen-75",
        name=PRODUCT["name"],
        kind="prescription",
        qty=Decimal(3),
        refills=Decimal(2),
        price_cents=2000,
        instructions="Take one daily on an empty stomach",
        link=f"https://onboarding.example.com/rx/v9Xh2mQ#{'carprofen-75'}",
    )
    request = NewPrescription(
        id=ID,
        practice="riverside-vet",
        time_zone="America/Chicago",
        state="IL",
        patient="6",
        patient_name="Rex",
        owner="5",
        prescriber="dr-lee",
        origin="owner",
        clinical_record=15,
        items=(item,),
    )
    opened = steps.open(request, "pharmacy", MORNING, Rules()).prescription
    later = MORNING + timedelta(hours=2)
    approved = steps.record(opened, Report(event=Approve(by="dr-lee"), by="pharmacy"), later)
    row = row_of(approved.prescription, later)
    listed = ListedPrescription(
        **{name: getattr(row, name) for name in ListedPrescription.model_fields if hasattr(row, name)},
        **{"practice": "riverside-vet", "patient": "6", "label_name": "Rex", "client": "5", "prescriber": "dr-lee"},
        origin="owner",
        needs_new=None,
        created_at=MORNING,
        updated_at=later,
        items=items_in(row.record, None),
    )
    assert approved.receipt is not None
    return {
        "prescription": detail_of(approved.prescription, later).model_dump(mode="json"),
        "prescriptions": {"items": [listed.model_dump(mode="json")], "next": None},
        "prescription_event": approved.receipt.model_dump(mode="json"),
        "products": {
            "items": [
                {
                    "reference": "carprofen-75",
                    "name": PRODUCT["name"],
                    "kind": "prescription",
                    "price": PRODUCT["price"],
                }
            ]
        },
    }


ANSWERS = _play()
