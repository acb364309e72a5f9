"""What ezyVet's simulator does with a change of a prescription, and with its end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.ezyvet.running import Client, an_item, text_of

DAY = 86_400
WRITTEN = 1_720_488_651
ITEM = {"external_product_reference": "TestProd"}


def stop(status: str, **fields: Any) -> dict[str, Any]:
    return {**ITEM, "status": status, "status_date": WRITTEN + DAY, **fields}


def dispense(days: int = 1, **fields: Any) -> dict[str, Any]:
    return {**ITEM, "date_of_lastdispense": WRITTEN + days * DAY, **fields}


async def test_a_dispense_makes_it_current_and_a_refill_keeps_it(client: Client) -> None:
    uid = await client.created()
    answer = await client.update(uid, dispense(1, qty=1.5, remaining=2))
    assert answer.status_code == 200
    assert answer.json()["messages"][0]["fields"] == {"prescription_uid": uid}
    names = ("status", "status_date", "date_of_lastdispense", "qty", "remaining", "price")
    shown = (await client.items(uid))["TestProd"]
    first = str(WRITTEN + DAY)
    assert [shown[name] for name in names] == ["CURRENT", first, first, "1.5", "2", "20.00"]
    await client.update(uid, dispense(30, qty=1, remaining=1))
    shown = (await client.items(uid))["TestProd"]
    assert [shown[name] for name in names] == ["CURRENT", first, str(WRITTEN + 30 * DAY), "1", "1", "20.00"]


async def test_items_that_are_left_out_stay_as_they_are(client: Client) -> None:
    uid = await client.created(external_prescription_item_list=[an_item("A"), an_item("B")], total_price=40)
    await client.update(uid, {"external_product_reference": "A", "status": "DECLINED_DR", "status_date": WRITTEN})
    shown = await client.items(uid)
    assert [shown["A"]["status"], shown["B"]["status"]] == ["DECLINED_DR", "PENDING"]


async def test_the_date_of_the_whole_fills_only_items_without_their_own(client: Client) -> None:
    items = [an_item(name) for name in "ABC"]
    uid = await client.created(external_prescription_item_list=items, total_price=60)
    own = {"external_product_reference": "A", "date_of_lastdispense": WRITTEN + DAY}
    await client.update(uid, own, {"external_product_reference": "B"}, date_of_lastdispense=WRITTEN + 2 * DAY)
    shown = await client.items(uid)
    assert [shown[name]["date_of_lastdispense"] for name in "ABC"] == [str(WRITTEN + DAY), str(WRITTEN + 2 * DAY), ""]


@pytest.mark.parametrize("word", ["DECLINED_DR", "DECLINED_CLIENT", "CANCELLED_DR", "CANCELLED_CLIENT"])
async def test_only_legal_changes_of_status(client: Client, word: str) -> None:
    pending, current = await client.created(), await client.created()
    await client.update(current, dispense())
    legal, illegal = (pending, current) if word.startswith("DECLINED") else (current, pending)
    refused = await client.update(illegal, stop(word))
    sentence = "Only Pending items can be changed to Declined."
    if word.startswith("CANCELLED"):
        sentence = "Only Dispensed items can be changed to Cancelled."
    assert (refused.status_code, text_of(refused)) == (422, sentence)
    assert (await client.update(legal, stop(word))).status_code == 200
    shown = (await client.items(legal))["TestProd"]
    assert [shown["status"], shown["status_date"]] == [word, str(WRITTEN + DAY)]
    assert text_of(await client.update(legal, dispense(2))) == f"The item is {word}: it cannot be dispensed."
    for other in ("DECLINED_DR", "CANCELLED_DR", word):
        assert (await client.update(legal, stop(other))).status_code == 422
    assert (await client.items(legal))["TestProd"] == shown


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (stop("PENDING"), "status must be one of DECLINED_DR, DECLINED_CLIENT, CANCELLED_DR, CANCELLED_CLIENT"),
        (stop("CURRENT"), "status must be one of"),
        (stop("DECLINED_DR", status_date=None), "status_date is required and must be numeric when status is Declined"),
        (stop("DECLINED_DR", status_date="soon"), "status_date is required and must be numeric"),
        (stop("DECLINED_DR", date_of_lastdispense=WRITTEN), "A declined item has no date_of_lastdispense."),
        (dispense(external_product_reference="Other"), "No active item has the external_product_reference Other."),
        ({**ITEM, "instructions": "x"}, "If no item has a status, at least one item must have date_of_lastdispense."),
        (dispense(price=30), "total_price must be the sum of the items' prices, 30.00."),
    ],
)
async def test_refused(client: Client, item: dict[str, Any], text: str) -> None:
    uid = await client.created()
    before = await client.held()
    answer = await client.update(uid, item, total_price=20)
    assert answer.status_code == 422
    assert text_of(answer).startswith(text)
    assert (await client.held())["prescriptions"] == before["prescriptions"]


async def test_one_wrong_item_leaves_all_as_they_are(client: Client) -> None:
    uid = await client.created(external_prescription_item_list=[an_item("A"), an_item("B")], total_price=40)
    good = {"external_product_reference": "A", "date_of_lastdispense": WRITTEN}
    wrong = {"external_product_reference": "B", "status": "CANCELLED_DR", "status_date": WRITTEN}
    assert (await client.update(uid, good, wrong)).status_code == 422
    assert (await client.items(uid))["A"]["status"] == "PENDING"


async def test_a_disabled_prescriber_may_stay_and_an_active_one_may_follow(client: Client) -> None:
    uid = await client.created()
    await client.running.control("POST", f"/sites/{client.site}/user/10", {"active": False})
    assert (await client.update(uid, dispense(1), prescribing_vet_user_id=10)).status_code == 200
    assert (await client.update(uid, dispense(2), prescribing_vet_user_id=13)).status_code == 200
    assert text_of(await client.update(uid, dispense(3), prescribing_vet_user_id=10)) == "User 10 is disabled."
    assert (await client.held())["prescriptions"][0]["prescribing_vet_user_id"] == "13"


async def test_a_patient_that_died_can_be_declined_for(client: Client) -> None:
    uid = await client.created()
    await client.running.control("POST", f"/sites/{client.site}/animal/6", {"is_dead": True})
    assert (await client.update(uid, stop("DECLINED_DR"), animal_id=6)).status_code == 200
    assert text_of(await client.create()) == "Animal 6 is dead."


async def test_the_date_of_prescription_is_ignored(client: Client) -> None:
    uid = await client.created()
    assert (await client.update(uid, dispense(), date_of_prescription=1)).status_code == 200
    assert (await client.held())["prescriptions"][0]["date_of_prescription"] == str(WRITTEN)


async def test_disabled_once_and_then_gone(client: Client) -> None:
    uid = await client.created()
    path = f"externalprescription/{uid}"
    assert (await client.call("DELETE", path)).status_code == 200
    [found] = (await client.held())["prescriptions"]
    assert (found["active"], found["items"][0]["active"]) == ("0", "0")
    assert (await client.call("DELETE", path)).status_code == 404
    assert (await client.update(uid, dispense())).status_code == 404


async def test_old_mode_answers_200_with_an_error(client: Client) -> None:
    await client.running.control("POST", f"/sites/{client.site}", {"old_mode": True})
    for answer in (
        await client.create(animal_id=99),
        await client.update("nothing", dispense()),
        await client.call("POST", "externalprescription"),
    ):
        assert (answer.status_code, answer.json()["messages"][0]["level"]) == (200, "error")
    unauthorized = await client.running.http.post("/v1/externalprescription", json={})
    assert unauthorized.status_code == 401
    assert (await client.create()).json()["messages"][0]["level"] == "success"
