"""RX12: the example of ezyVet's guide, verbatim: our call for the same prescription says the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from integrations.ezyvet.bodies import Ids, create_body
from pharmacy.prescriptions.life.calls import Create
from tests.prescriptions.life import Life, an_item

EXAMPLE = """
{
"animal_id": 6,
"consult_id": 15,
"contact_id": 5,
"prescribing_vet_user_id": 10,
"date_of_prescription": 1720488651,
"external_reference": "Test-reference5",
"total_price": 20.00,
"external_prescription_item_list": [
{
"external_product_name": "Test Product",
"external_product_reference": "TestProd",
"external_link": "https://www.ezyvet.com",
"instructions": "Take one daily on an empty stomach",
"price": 20.00,
"qty": 3,
"remaining": 0
}
]
}
"""


def test_rx12_the_example_is_what_we_send_and_shows_pending() -> None:
    example = json.loads(EXAMPLE)
    (given,) = example["external_prescription_item_list"]
    item = an_item(
        given["external_product_reference"],
        qty=given["qty"],
        refills=given["remaining"],
        price_cents=2000,
        instructions=given["instructions"],
    )
    named = item.model_copy(update={"name": given["external_product_name"], "link": given["external_link"]})
    written = datetime.fromtimestamp(example["date_of_prescription"], UTC)
    life = Life(named, id=example["external_reference"], clinical_record=example["consult_id"], written_at=written)
    life.do("approve", by="lee")
    (call,) = life.sent()
    assert isinstance(call, Create)
    ids = Ids(animal=example["animal_id"], contact=example["contact_id"], user=example["prescribing_vet_user_id"])
    assert create_body(call, ids) == example
    assert life.statuses == {"TestProd": "PENDING"}
