"""Patients and medical records of a shared client are the same at every clinic that sees the client (RS5)."""

from __future__ import annotations

from tests.sharing.program import Programs

JO = {"given_name": "Jo", "surname": "Hart", "street": "1 Elm St", "email": "jo@mail.test"}
REX = {"name": "Rex", "species": "dog", "breed": "Beagle"}
VACCINE = {"at": "2026-11-01T15:00:00Z", "kind": "vaccination", "item": "rabies", "text": "Rabies, one year."}


async def test_rs5_patients_and_records_of_both_clinics_are_seen_at_both(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        client = (await north.post("/clients", json=JO)).json()["id"]
        rex = await north.post(f"/clients/{client}/patients", json=REX)
        assert (rex.status_code, rex.json()["name"], rex.json()["deceased"]) == (201, "Rex", False)
        there = (await south.get("/clients?name=hart")).json()["items"][0]["id"]
        cat = (await south.post(f"/clients/{there}/patients", json={"name": "Mia"})).json()
        listed = [(await each.get(f"/clients/{id}/patients")).json() for each, id in ((north, client), (south, there))]
        assert [[pet["name"] for pet in each["items"]] for each in listed] == [["Mia", "Rex"]] * 2
        assert listed[1]["items"][0] == cat and cat["client"] == there

        first = await north.post(f"/patients/{rex.json()['id']}/records", json=VACCINE)
        assert (first.status_code, first.json()["location"]) == (201, "north")
        at_south = listed[1]["items"][1]["id"]
        note = await south.post(f"/patients/{at_south}/records", json={"kind": "exam", "text": "Healthy."})
        assert (note.json()["location"], note.json()["item"]) == ("south", None)
        for each, id in ((north, rex.json()["id"]), (south, at_south)):
            found = (await each.get(f"/patients/{id}/records")).json()["items"]
            assert found == [note.json(), first.json()]


async def test_records_are_paged(served: Programs) -> None:
    async with served.at("north") as north:
        client = (await north.post("/clients", json=JO)).json()["id"]
        rex = (await north.post(f"/clients/{client}/patients", json=REX)).json()["id"]
        for number in range(5):
            await north.post(f"/patients/{rex}/records", json={**VACCINE, "text": str(number)})
        page = (await north.get(f"/patients/{rex}/records?limit=2")).json()
        texts = [each["text"] for each in page["items"]]
        while page["next"]:
            page = (await north.get(f"http://127.0.0.1{page['next']}")).json()
            texts += [each["text"] for each in page["items"]]
        assert texts == ["4", "3", "2", "1", "0"]
        for broken in ("x", "bm8", "WyJhIiwgImIiXQ"):
            assert (await north.get(f"/patients/{rex}/records?after={broken}")).status_code == 422


async def test_what_is_not_shared_is_not_there(served: Programs) -> None:
    async with served.at("north") as north, served.at("west") as west:
        client = (await north.post("/clients", json=JO)).json()["id"]
        rex = (await north.post(f"/clients/{client}/patients", json=REX)).json()["id"]
        for id, pet in ((client, rex), (f"north~{client}", f"north~{rex}"), ("~", "~~"), (f"west~{client}", "1")):
            asked = (
                await west.get(f"/clients/{id}/patients"),
                await west.post(f"/clients/{id}/patients", json=REX),
                await west.get(f"/patients/{pet}/records"),
                await west.post(f"/patients/{pet}/records", json=VACCINE),
            )
            assert {each.status_code for each in asked} == {404}
        assert (await west.get("http://127.0.0.1/api/clinics/north/clients")).status_code == 404
