"""An item is known by its ID or its name, as people type either."""

from __future__ import annotations

import pytest

from pharmacy.records.errors import RecordsError
from pharmacy.reminders.gaps import Item
from pharmacy.reminders.naming import item_meant
from tests.sharing.family import Family
from tests.sharing.pages import signed_in
from tests.web.browser import form_on, text_of

RABIES = Item("north", "rabies", "Rabies vaccine", 365)
EXAM = Item("north", "e-1", "Exam", None)


@pytest.mark.parametrize("typed", ["rabies", "Rabies vaccine", "rabies  VACCINE", "Rabies"])
def test_the_id_and_the_name_mean_the_item(typed: str) -> None:
    assert item_meant(typed, [EXAM, RABIES]) == "rabies"


def test_what_resembles_no_item_is_new() -> None:
    assert item_meant("Nail trim", [EXAM, RABIES]) == "Nail trim"
    assert item_meant("rabies", []) == "rabies"


@pytest.mark.parametrize("typed", ["Rabis vaccine", "rabies vacc", "Rabies, 3 years"])
def test_what_resembles_an_item_is_asked_about(typed: str) -> None:
    with pytest.raises(RecordsError, match=r"^Do you mean Rabies vaccine\? .* add it under Items first\.$"):
        item_meant(typed, [EXAM, RABIES])


def test_of_two_with_one_name_the_one_that_reminds_is_meant() -> None:
    mistaken = Item("north", "Rabies vaccine", "Rabies vaccine", None)
    assert item_meant("Rabies vaccine", [mistaken, RABIES]) == "rabies"
    other = RABIES._replace(item="r-3", reminds_after_days=1095)
    assert item_meant("r-3", [RABIES, other]) == "r-3"
    with pytest.raises(RecordsError, match=r"Write the ID of one: r-3, rabies\.$"):
        item_meant("Rabies vaccine", [RABIES, other])


async def test_rs6_a_record_by_the_name_of_an_item_takes_from_its_stock_and_reminds(scooby: Family) -> None:
    page = f"/clinic/north/patients/{scooby.patient}"
    given = {"kind": "vaccination", "text": "Given."}
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        await north.put("/items/rabies", json={"name": "Rabies vaccine", "reminds_after_days": 365})
        await north.put("/inventory/rabies", json={"count": 10})
        added = await browser.submit(page, {**given, "item": "rabies VACCINE"}, page)
        assert "The record is added. " in text_of(added.text) and "Rabies vaccine, " in text_of(added.text)
        assert (await north.get("/inventory/rabies")).json()["count"] == 9
        assert "← Jo Hart" in text_of(added.text)
        wrong = await browser.submit(page, {**given, "item": "Rabis vaccine"}, page)
        assert (wrong.status_code, "Do you mean Rabies vaccine?" in text_of(wrong.text)) == (422, True)
        new = {**given, "item": "Nail trim"}
        asked = await browser.submit(page, new, page)
        assert (asked.status_code, "There is no item Nail trim yet" in text_of(asked.text)) == (422, True)
        assert [each["item"] for each in (await north.get("/items")).json()["items"]] == ["rabies"]
        fresh = await browser.client.post(page, data=form_on(asked.text, page) | new)
        assert "The record is added. Nail trim is new under Items" in text_of(fresh.text)
        assert [each["item"] for each in (await north.get("/items")).json()["items"]] == ["Nail trim", "rabies"]
