"""Contacts and companies are not shared; a member of two clinics copies one by hand (RS6)."""

from __future__ import annotations

from sqlalchemy import text

from tests.sharing.family import Family

LAB = {"name": "Central Lab", "kind": "company", "phone": "(312) 555-0100", "notes": "Pick-up at 5 pm.\nRing twice."}


async def test_rs6_a_contact_stays_at_its_clinic_until_it_is_copied_by_hand(scooby: Family) -> None:
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        lab = await north.post("/contacts", json=LAB)
        assert (lab.status_code, lab.json()["name"]) == (201, "Central Lab")
        assert (await south.get("/contacts")).json() == {"items": [], "next": None}
        copied_from = {"copied_from": {"clinic": "north", "contact": lab.json()["id"]}}
        assert (await south.post("/contacts", json=copied_from)).status_code == 404, "who may not enter north"
        await scooby.let_in("north", "south")
        copied = await south.post("/contacts", json=copied_from)
        assert copied.status_code == 201
        for each, contact in ((north, lab), (south, copied)):
            assert (await each.get("/contacts")).json()["items"] == [contact.json()]
        assert {**copied.json(), "id": ""} == {**lab.json(), "id": ""}
    async with scooby.group.at("west") as connection:
        assert await connection.scalar(text("SELECT count(*) FROM contacts")) == 0


async def test_contacts_are_paged_by_name_and_checked(scooby: Family) -> None:
    async with scooby.served.at("north") as north:
        for name in ("beta", "Alpha", "gamma", "Beta"):
            await north.post("/contacts", json={"name": name})
        page = (await north.get("/contacts?limit=3")).json()
        names = [each["name"] for each in page["items"]]
        names += [each["name"] for each in (await north.get(f"http://127.0.0.1{page['next']}")).json()["items"]]
        assert [each.lower() for each in names] == ["alpha", "beta", "beta", "gamma"]
        for wrong in ({}, {"name": ""}, {"name": "x", "kind": "dog"}, {"name": "x", "email": "x"}, {"phone": "1"}):
            assert (await north.post("/contacts", json=wrong)).status_code == 422
        refused = await north.post("/contacts", json={"name": "x", "phone": "call me", "postcode": "none"})
        says = "Phone must have at least 5 digits, as in 312 555 0100. ZIP or postal code must have"
        assert (refused.status_code, says in refused.json()["detail"]) == (422, True)
        nothing = {"copied_from": {"clinic": "north", "contact": "x"}}
        assert (await north.post("/contacts", json=nothing)).status_code == 404
