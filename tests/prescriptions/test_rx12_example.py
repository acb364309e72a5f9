"""RX12: the example of ezyVet's guide, verbatim: our call for the same prescription says the same."""

from __future__ import annotations

from datetime import UTC, datetime

from integrations.ezyvet.bodies import Ids, create_body
from pharmacy.prescriptions.life.calls import Create
from tests.prescriptions.life import Life, an_item
from tests.simulators.ezyvet.running import EXAMPLE


def test_rx12_the_example_is_what_we_send_and_shows_pending() -> None:
    (given,) = EXAMPLE["external_prescription_item_list"]
    item = an_item(
        given["external_product_reference"],
        qty=given["qty"],
        refills=given["remaining"],
        price_cents=2000,
        instructions=given["instructions"],
    )
    named = item.model_copy(update={"name": given["external_product_name"], "link": given["external_link"]})
    written = datetime.fromtimestamp(EXAMPLE["date_of_prescription"], UTC)
    life = Life(named, id=EXAMPLE["external_reference"], clinical_record=EXAMPLE["consult_id"], written_at=written)
    life.do("approve", by="lee")
    (call,) = life.sent()
    assert isinstance(call, Create)
    ids = Ids(animal=EXAMPLE["animal_id"], contact=EXAMPLE["contact_id"], user=EXAMPLE["prescribing_vet_user_id"])
    assert create_body(call, ids) == EXAMPLE
    assert life.statuses == {"TestProd": "PENDING"}
