"""A person whom two clinics have is one client, if the rules of merging are certain; else a person decides (RS4)."""

from __future__ import annotations

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import delete, event, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.prescriptions.tables import prescriptions
from pharmacy.records import editing
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.tables import clients
from pharmacy.sharing.clients import load_client, load_clients
from store.accounts.members import Membership, put_member
from tests.sharing.clinics import group_of
from tests.sharing.program import JO, VISIT, Programs, added, ids, programs


@pytest_asyncio.fixture
async def served(engine: AsyncEngine) -> Programs:
    """North, south and west share with each other; north and west automatically with south."""
    group = await group_of(engine, "north", "south", "west")
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

        changed = await south.patch(f"/clients/{own}", json={"phone": "555-0222"})
        assert (changed.json()["phone"], changed.json()["shared_with"]) == ("555-0222", ["north"])
        assert (await north.get(f"/clients/{theirs}")).json()["phone"] == "555-0222"
        for clinic, id in ((north, theirs), (south, own)):
            [change] = (await clinic.get(f"/clients/{id}/history")).json()["items"]
            assert (change["clinic"], change["new"]) == ("south", {"phone": "555-0222"})
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


@pytest.mark.parametrize("taker", ["south", "west"])
async def test_rs4_who_is_shared_by_hand_with_a_clinic_that_has_them_is_one_client_at_both(
    engine: AsyncEngine, taker: str
) -> None:
    """Whichever of the two takes, each sees the patients of both, and each can tell the two apart again."""
    group = await group_of(engine, "south", "west")
    await group.share("south", "west")
    served = await programs(group, engine)
    async with served.at("south") as south, served.at("west") as west:
        have = {"south": await added(south), "west": await added(west)}
        await south.post(f"/clients/{have['south']}/patients", json={"name": "Rex"})
        await west.post(f"/clients/{have['west']}/patients", json={"name": "Mia"})
        one, giver = (south, "west") if taker == "south" else (west, "south")
        taken = await one.post("/clients", json={"shared_from": {"clinic": giver, "client": have[giver]}})
        assert (taken.status_code, taken.json()["id"]) == (201, have[taker])
        for at, own, other in ((south, "south", "west"), (west, "west", "south")):
            found = (await at.get(f"/clients/{have[own]}")).json()
            assert (await ids(at), found["shared_with"]) == ([have[own]], [other])
            assert await pets(at, have[own]) == ["Mia", "Rex"]
        again = await one.post("/clients", json={"shared_from": {"clinic": giver, "client": have[giver]}})
        assert again.json()["id"] == have[taker]
        for at, own, other in ((south, "south", "west"), (west, "west", "south")):
            pair = {"client": have[own], "other": f"{other}~{have[other]}"}
            assert (await at.post("/clients/duplicates", json=pair | {"same": False})).status_code == 200
            assert sorted(await ids(at)) == sorted(pair.values())
            assert (await at.post("/clients/duplicates", json=pair | {"same": True})).status_code == 200
            assert await ids(at) == [have[own]]


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


async def test_a_deleted_client_is_nobodys_likely_duplicate(served: Programs, engine: AsyncEngine) -> None:
    async with served.at("north") as north, served.at("south") as south:
        for deleted in ("north", "south"):
            await added(south, given_name="J", phone=None)
            await added(north)
            assert (await south.get("/clients/duplicates")).json()["items"]
            async with engine.begin() as connection:
                await connection.execute(delete(clients).where(clients.c.practice == deleted))
            assert (await south.get("/clients/duplicates")).json()["items"] == []
            async with engine.begin() as connection:
                await connection.execute(delete(clients))


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
        await north.patch(f"/clients/{at_north}", json={"phone": "555-0111"})
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


async def homes(*clients: tuple[httpx2.AsyncClient, str]) -> list[str]:
    return [(await clinic.get(f"/clients/{id}")).json()["home_location"] for clinic, id in clients]


async def test_rs8_a_person_is_at_home_where_they_were_a_client_first_until_they_are_told_apart(
    served: Programs,
) -> None:
    async with served.at("north") as north, served.at("south") as south:
        theirs, mine = await added(south), await added(north)
        assert await homes((north, mine), (south, theirs)) == ["south", "south"], "also where the other came by itself"
        apart = {"client": theirs, "other": f"north~{mine}", "same": False}
        assert (await south.post("/clients/duplicates", json=apart)).status_code == 200
        assert await homes((north, mine), (south, theirs), (south, f"north~{mine}")) == ["north", "south", "north"]


@pytest.mark.parametrize("dated", [True, False])
async def test_rs8_taking_a_client_does_not_move_the_home_location(served: Programs, dated: bool) -> None:
    async with served.at("north") as north, served.at("south") as south:
        theirs = await added(south)
        if not dated:
            async with served.group.engine.begin() as connection:
                await connection.execute(text("UPDATE clients SET created_at = NULL"))
        mine = await added(north, phone=None, email="jo@other.test")
        await south.post("/clients/duplicates", json={"client": theirs, "other": f"north~{mine}", "same": False})
        taken = {"shared_from": {"clinic": "south", "client": theirs}}
        assert (await north.post("/clients", json=taken)).status_code == 201
        pair = {"client": mine, "other": f"south~{theirs}", "same": True}
        assert (await north.post("/clients/duplicates", json=pair)).status_code == 200
        assert await homes((north, mine), (south, theirs)) == ["south", "south"]


async def test_rs8_a_clinic_learns_of_no_home_at_one_that_it_shares_nothing_with(served: Programs) -> None:
    engine = served.group.engine
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        at_north, own = await added(north), await added(south)
        taken = {"shared_from": {"clinic": "south", "client": own}}
        assert (await north.post("/clients", json=taken)).json()["id"] == at_north
        at_west = await added(west)
        assert await homes((north, at_north), (south, own), (west, at_west)) == ["north", "north", "south"]
        for clinic in ("north", "west"):
            both = Membership(name="Person of south", role="staff")
            await put_member(engine, clinic, "person@south.test", both, "ana")
        moved = await south.put(f"/clients/{own}/home-location", json={"clinic": "west"})
        assert (moved.status_code, moved.json()["home_location"]) == (200, "west")
        assert await homes((north, at_north), (west, at_west)) == ["north", "west"]


async def test_rs8_what_somebody_chose_stays_when_another_clinic_has_the_person_too(served: Programs) -> None:
    engine = served.group.engine
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        own, at_north = await added(south), await added(north)
        await put_member(engine, "north", "person@south.test", Membership(name="Sue", role="staff"), "ana")
        assert (await south.put(f"/clients/{own}/home-location", json={"clinic": "north"})).status_code == 200
        await added(west)
        assert (await south.get(f"/clients/{own}")).json()["shared_with"] == ["north", "west"]
        assert await homes((north, at_north), (south, own)) == ["north", "north"]


async def test_a_person_joins_two_whom_the_rules_have_not_found_alike_and_parts_them_again(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        own, second = await added(south), await added(south, given_name="Pat", surname="Moss", email=None, phone=None)
        await south.post(f"/clients/{own}/patients", json={"name": "Rex"})
        theirs = await added(north, given_name="Josephine", surname="Lind", email=None, phone=None)
        await north.post(f"/clients/{theirs}/patients", json={"name": "Mia"})
        shown = f"north~{theirs}"
        assert (await south.get("/clients/duplicates")).json()["items"] == []
        pair = {"client": own, "other": shown}
        assert (await south.post("/clients/duplicates", json=pair | {"same": False})).status_code == 404
        assert (await south.post("/clients/duplicates", json=pair | {"same": True})).status_code == 200
        assert sorted(await ids(south)) == sorted([own, second])
        assert (await pets(south, own), await pets(north, theirs)) == (["Mia", "Rex"], ["Mia"])
        both_own = {"client": own, "other": second, "same": True}
        assert (await south.post("/clients/duplicates", json=both_own)).status_code == 409
        assert (await south.post("/clients/duplicates", json=pair | {"same": False})).status_code == 200
        assert sorted(await ids(south)) == sorted([own, second, shown])
        assert await pets(south, own) == ["Rex"]
