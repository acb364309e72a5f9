"""A person whom two clinics have is one client, if the rules of merging are certain; else a person decides (RS4)."""

from __future__ import annotations

import httpx2
import pytest_asyncio
from sqlalchemy import event, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.prescriptions.tables import prescriptions
from pharmacy.records import editing
from pharmacy.records.clinic import clinic_transaction
from pharmacy.sharing.clients import load_client, load_clients
from tests.sharing.clinics import Group
from tests.sharing.program import Programs, programs
from tests.sharing.test_clients import JO, VISIT, added, ids


@pytest_asyncio.fixture
async def served(engine: AsyncEngine) -> Programs:
    """North, south and west share with each other; north and west automatically with south."""
    group = Group(engine)
    for clinic in ("north", "south", "west"):
        await group.add(clinic)
    await group.share("north", "south", "automatic")
    await group.share("west", "south", "automatic")
    return await programs(group, engine)


async def pets(clinic: httpx2.AsyncClient, client: str) -> list[str]:
    return [each["name"] for each in (await clinic.get(f"/clients/{client}/patients")).json()["items"]]


async def test_the_same_person_is_one_client_under_the_clinics_own_id_with_the_patients_of_both(
    served: Programs,
) -> None:
    async with served.at("north") as north, served.at("south") as south:
        own = await added(south)
        for name in ("Rex", "Mia"):
            await south.post(f"/clients/{own}/patients", json={"name": name, "species": "dog"})
        theirs = await added(north, phone="618-555-0142")
        assert await ids(south) == [own] and await ids(south, "hart") == [own]
        assert (await south.get(f"/clients/north~{theirs}")).json()["id"] == own
        rex = (await north.post(f"/clients/{theirs}/patients", json={"name": "rex ", "breed": "Beagle"})).json()["id"]
        await north.post(f"/clients/{theirs}/patients", json={"name": "Tom", "species": "cat"})
        assert await pets(south, own) == ["Mia", "Rex", "Tom"]
        assert await pets(north, theirs) == ["Tom", "rex"], "south's older client is not shared by this (RS10)"
        await north.post(f"/patients/{rex}/records", json=VISIT)
        at_south = (await south.get(f"/clients/{own}/patients")).json()["items"][1]
        await south.post(f"/patients/{at_south['id']}/records", json=VISIT | {"text": "At south."})
        found = (await south.get(f"/patients/{at_south['id']}/records")).json()["items"]
        assert [each["location"] for each in found] == ["south", "north"]

        changed = await south.patch(f"/clients/{own}", json={"phone": "222"})
        assert (changed.json()["phone"], changed.json()["shared_with"]) == ("222", ["north"])
        assert (await north.get(f"/clients/{theirs}")).json()["phone"] == "222"
        for clinic, id in ((north, theirs), (south, own)):
            [change] = (await clinic.get(f"/clients/{id}/history")).json()["items"]
            assert (change["clinic"], change["new"]) == ("south", {"phone": "222"})
        await north.put(f"/clients/{theirs}/opt-out", json={"mail": True})
        assert (await south.get(f"/clients/{own}")).json()["opt_out"] == {"mail": True}


async def test_a_client_taken_whom_the_clinic_has_already_is_one_client(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        theirs, own = await added(south), await added(north, given_name="Al", surname="Zed", email="al@mail.test")
        mine = await added(north)
        assert await ids(south) == [theirs, f"north~{own}"]
        order = {"shared_from": {"clinic": "south", "client": theirs}}
        for _ in range(2):
            taken = await north.post("/clients", json=order)
            assert (taken.status_code, taken.json()["id"]) == (201, mine)
        assert await ids(north) == [mine, own]
        assert await ids(south) == [theirs, f"north~{own}"]


async def test_who_may_be_the_same_is_shown_as_a_likely_duplicate_and_never_guessed(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        own = await added(south, given_name="J", phone=None)
        theirs = await added(north)
        shown = f"north~{theirs}"
        assert sorted(await ids(south)) == sorted([own, shown])
        [pair] = (await south.get("/clients/duplicates")).json()["items"]
        assert ((pair["client"], pair["other"]), bool(pair["reasons"])) == ((own, shown), True)
        assert (await south.get(f"/clients/{own}")).json()["likely_duplicates"] == [shown]
        assert (await north.get("/clients/duplicates")).json()["items"] == [], "north does not see south's client"
        order = {"client": shown, "other": own}
        assert (await north.post("/clients/duplicates", json=order | {"same": True})).status_code == 404
        different = await south.post("/clients/duplicates", json=order | {"same": False})
        assert (different.status_code, different.json()["items"]) == (200, [])
        assert len(await ids(south)) == 2
        assert (await south.post("/clients/duplicates", json=order | {"same": True})).status_code == 200
        assert await ids(south) == [own]
        assert (await south.post("/clients/duplicates", json=order | {"same": False})).status_code == 200
        assert len(await ids(south)) == 2


async def test_many_clients_are_loaded_as_each_alone_in_as_many_statements_as_one(
    served: Programs, engine: AsyncEngine
) -> None:
    async with served.at("north") as north, served.at("south") as south:
        await added(south)
        joined = f"north~{await added(north)}"
        unsure = await added(south, given_name="J", surname="Marsh", phone=None)
        ids = [joined, unsure, f"north~{await added(north, surname='Marsh')}"]
    statements: list[str] = []
    async with clinic_transaction(engine, "south") as connection:
        alone = {id: await load_client(connection, "south", id) for id in ids}
        event.listen(connection.sync_connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
        assert await load_clients(connection, "south", ids[:1]) == {joined: alone[joined]}
        for_one = len(statements)
        assert await load_clients(connection, "south", [*ids, "nobody", "north~nobody"]) == alone
        assert len(statements) == 2 * for_one
        assert await load_clients(connection, "south", []) == {}
    assert all(each.likely_duplicates for each in alone.values())


async def test_people_of_one_name_and_house_are_no_duplicates_of_each_other(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        await added(south, given_name="Ann", email="ann@mail.test", phone=None)
        await added(north, given_name="Robert", phone=None)
        assert len(await ids(south)) == 2
        assert (await south.get("/clients/duplicates")).json()["items"] == []


async def test_what_is_shared_pair_by_pair_does_not_spread_over_a_person_whom_three_clinics_have(
    served: Programs,
) -> None:
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        own, at_north, at_west = await added(south), await added(north), await added(west)
        assert await ids(south) == [own]
        await north.patch(f"/clients/{at_north}", json={"phone": "111"})
        assert (await south.get(f"/clients/{own}")).json()["shared_with"] == ["north", "west"]
        assert (await west.get(f"/clients/{at_west}")).json()["phone"] == JO["phone"]
        assert (await west.get(f"/clients/{at_west}/history")).json()["items"] == []
        # An opt-out is not a clinic's value but the person's will.
        await north.put(f"/clients/{at_north}/opt-out", json={"mail": True})
        for clinic, id in ((south, own), (west, at_west)):
            assert (await clinic.get(f"/clients/{id}")).json()["opt_out"] == {"mail": True}


async def test_a_pet_that_is_renamed_needs_new_prescriptions_at_every_clinic_that_has_it(served: Programs) -> None:
    engine = served.group.engine
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        pet = {"name": "Rex", "species": "dog"}
        own, theirs, other = [await added(clinic) for clinic in (south, north, west)]
        at = {}
        for name, clinic, client in (("south", south, own), ("north", north, theirs), ("west", west, other)):
            at[name] = (await clinic.post(f"/clients/{client}/patients", json=pet)).json()["id"]
        assert await pets(south, own) == ["Rex"], "one animal, at all three"
        for name, patient in at.items():
            row = {"id": f"rx-{name}", "practice": name, "patient": patient, "label_name": "Rex", "state": "open"}
            async with clinic_transaction(engine, name) as connection:
                await connection.execute(insert(prescriptions).values(row))
        marked = await editing.rename_pet(engine, "south", at["south"], "Max", "ana", "Adopted")
        assert marked == ["rx-north", "rx-south", "rx-west"]
        assert (await north.get(f"/clients/{theirs}/patients")).json()["items"][0]["name"] == "Max"
        back = await editing.rename_pet(engine, "north", at["north"], "Rex", "ana", "No")
        async with engine.begin() as connection:
            waits = select(prescriptions.c.practice).where(prescriptions.c.needs_new.is_not(None))
            left = set((await connection.execute(waits)).scalars())
        assert (back, left) == ([], {"south", "west"}), "north sees its own pet alone (RS10)"
