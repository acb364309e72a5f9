"""What ezyVet's simulator does with a new prescription."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.ezyvet.running import EXAMPLE, Client, an_item, text_of


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


async def test_a_date_of_dispense_makes_it_current_at_once(client: Client) -> None:
    items = [an_item("A", date_of_lastdispense="1720500000"), an_item("B")]
    shown = await client.items(await client.created(external_prescription_item_list=items, total_price=40))
    assert [shown["A"]["status"], shown["A"]["status_date"]] == ["CURRENT", "1720500000"]
    assert [shown["B"]["status"], shown["B"]["status_date"]] == ["PENDING", "1720488651"]
    shown = await client.items(await client.created(date_of_lastdispense=1720600000))
    assert [shown["TestProd"]["status"], shown["TestProd"]["date_of_lastdispense"]] == ["CURRENT", "1720600000"]


async def test_without_a_clinical_record_it_reads_back_as_empty(client: Client) -> None:
    await client.created(consult_id=None)
    [found] = (await client.call("GET", "prescription")).json()["items"]
    assert found["prescription"]["consult_id"] == ""


async def test_the_same_create_twice_makes_two(client: Client) -> None:
    first, second = await client.created(), await client.created()
    found = (await client.call("GET", "prescription", animal_id=6, external_reference="Test-reference5")).json()
    assert [each["prescription"]["uid"] for each in found["items"]] == [first, second]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"animal_id": 99}, "No active animal has the id 99."),
        ({"animal_id": "6"}, "animal_id: must be an integer from 1"),
        ({"animal_id": None}, "Missing: animal_id."),
        ({"animal_id": 8}, "Animal 8 is not contact 5's."),
        ({"animal_id": 9, "consult_id": None}, "Animal 9 is dead."),
        ({"contact_id": 99}, "No active contact has the id 99."),
        ({"consult_id": 16}, "Consult 16 is not animal 6's."),
        ({"consult_id": 0}, "consult_id: must be an integer from 1"),
        ({"prescribing_vet_user_id": 99}, "No user has the id 99."),
        ({"prescribing_vet_user_id": 11}, "User 11 is disabled."),
        ({"prescribing_vet_user_id": 12}, "User 12 is not a vet."),
        ({"date_of_prescription": 1720488651000}, "date_of_prescription: must be an integer of epoch seconds"),
        ({"date_of_prescription": True}, "date_of_prescription: must be an integer of epoch seconds"),
        ({"external_reference": None}, "Missing: external_reference."),
        ({"total_price": 19.99}, "total_price must be the sum of the items' prices, 20.00."),
        ({"total_price": "20.00"}, "total_price: must be a number"),
        ({"color": "red"}, "color: Extra inputs are not permitted"),
        ({"external_prescription_item_list": []}, "Missing: external_prescription_item_list."),
    ],
)
async def test_refused(client: Client, changed: dict[str, Any], text: str) -> None:
    answer = await client.create(**changed)
    assert (answer.status_code, text_of(answer)) == (422, text)
    assert (await client.held())["prescriptions"] == []


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"status": "PENDING"}, "status or status_date are not allowed on POST, use PATCH instead."),
        ({"status_date": 1720488651}, "status or status_date are not allowed on POST, use PATCH instead."),
        ({"price": -20}, "external_prescription_item_list.0.price: must be a number from 0"),
        ({"price": 20.001}, "external_prescription_item_list.0.price: must be a number with at most two decimals"),
        ({"qty": 0}, "external_prescription_item_list.0.qty: must be a number above 0"),
        ({"qty": "3"}, "external_prescription_item_list.0.qty: must be a number"),
        ({"remaining": None}, "Missing: external_prescription_item_list.0.remaining."),
        ({"external_product_name": ""}, "external_prescription_item_list.0.external_product_name: String should have"),
        ({"external_link": "javascript:alert(1)"}, "external_prescription_item_list.0.external_link: String should"),
    ],
)
async def test_items_refused(client: Client, item: dict[str, Any], text: str) -> None:
    answer = await client.create(external_prescription_item_list=[an_item(**item)])
    assert answer.status_code == 422
    assert text_of(answer).startswith(text)


async def test_two_items_with_one_reference_are_refused(client: Client) -> None:
    answer = await client.create(external_prescription_item_list=[an_item(), an_item()], total_price=40)
    assert text_of(answer) == "external_product_reference must be unique within a prescription: TestProd."


async def test_each_product_becomes_one_of_ezyvets_in_the_partners_group(client: Client) -> None:
    await client.created()
    await client.created(external_reference="another")
    await client.created(external_prescription_item_list=[an_item(external_product_name="Renamed")])
    products = (await client.held())["products"]
    assert [(each["group"], each["reference"], each["name"]) for each in products] == [
        ("Example Veterinary Pharmacy", "TestProd", "Test Product"),
        ("Example Veterinary Pharmacy", "TestProd", "Renamed"),
    ]


async def test_any_text_comes_back_as_it_was(client: Client) -> None:
    text = 'Give "one" \N{DOG FACE}\nthen <b>wait</b>; O\'Brien'
    uid = await client.created(external_prescription_item_list=[an_item(instructions=text)])
    assert (await client.items(uid))["TestProd"]["instructions"] == text
