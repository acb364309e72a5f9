"""What ezyVet's simulator does with a new prescription."""

from __future__ import annotations

from tests.simulators.ezyvet.running import EXAMPLE, Client


async def test_rx12_the_example_of_the_source_is_accepted_and_pending(client: Client) -> None:
    answer = await client.call("POST", "externalprescription", EXAMPLE)
    assert answer.status_code == 200
    body = answer.json()
    assert body["items"] == []
    uid = body["messages"][0]["fields"]["prescription_uid"]
    [found] = (await client.call("GET", "prescription", animal_id=6, external_reference="Test-reference5")).json()[
        "items"
    ]
    assert found["prescription"] | {"created_at": "", "modified_at": ""} == {
        **{"id": "1", "uid": uid, "active": "1", "animal_id": "6", "consult_id": "15", "contact_id": "5"},
        **{"prescribing_vet_user_id": "10", "date_of_prescription": "1720488651"},
        **{"external_reference": "Test-reference5", "created_at": "", "modified_at": ""},
    }
    item = (await client.items(uid))["TestProd"]
    assert item | {"created_at": "", "modified_at": ""} == {
        **{"id": "1", "prescription_id": "1", "active": "1", "external_product_reference": "TestProd"},
        **{"external_product_name": "Test Product", "external_link": "https://www.ezyvet.com"},
        **{"instructions": "Take one daily on an empty stomach", "qty": "3", "remaining": "0", "price": "20.00"},
        **{"status": "PENDING", "status_date": "1720488651", "date_of_lastdispense": ""},
        **{"created_at": "", "modified_at": ""},
    }
