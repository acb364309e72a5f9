"""Inventory is not shared: a record takes from the clinic where it is added, and is moved to the right one (RS6)."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from sqlalchemy import text

from pharmacy.reminders.items import put_item, remove_item
from pharmacy.sharing.records import add_record
from tests.sharing.family import Family
from tests.store.locks import somebody_waits


async def count(at: httpx2.AsyncClient) -> int:
    return int((await at.get("/inventory/rabies")).json()["count"])


async def test_rs6_each_clinic_has_counts_of_its_own_and_a_record_takes_one_where_it_is_added(scooby: Family) -> None:
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        assert (await north.get("/inventory/rabies")).status_code == 404, "never counted"
        assert (await north.put("/inventory/rabies", json={"count": 10})).status_code == 204
        assert (await south.put("/inventory/rabies", json={"count": 1})).status_code == 204
        await asyncio.gather(*(scooby.give(each, "rabies") for each in (north, south, north, south, north)))
        assert (await count(north), await count(south)) == (7, -1), "what was given is recorded"
        await scooby.give(north, None)
        await scooby.give(north, "dhpp")
        assert (await count(north), (await north.get("/inventory/dhpp")).status_code) == (7, 404)
        for wrong in (-1, 1.5, "7", 10_000_000):
            assert (await north.put("/inventory/rabies", json={"count": wrong})).status_code == 422


async def test_rs6_a_record_at_the_wrong_clinic_is_moved_in_one_step_that_keeps_both_counts(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        for each in (north, south):
            await each.put("/inventory/rabies", json={"count": 10})
        records = [await scooby.give(north, "rabies") for _ in range(3)]
        assert (await count(north), await count(south)) == (7, 10)
        moves = [north.post(f"/records/{id}/move", json={"to": "south"}) for id in (*records, *records)]
        answers = sorted(each.status_code for each in await asyncio.gather(*moves))
        assert answers == [204] * 3 + [409] * 3, "each is moved once"
        assert (await count(north), await count(south)) == (10, 7)
        found = (await north.get(f"/patients/{scooby.patient}/records")).json()["items"]
        assert {each["location"] for each in found} == {"south"}
        kept = text("SELECT moved_from, moved_to, item FROM record_moves")
        async with scooby.group.at("south") as connection:
            assert (await connection.execute(kept)).all() == [("north", "south", "rabies")] * 3
        async with scooby.group.at("west") as connection:
            assert (await connection.execute(kept)).all() == []


async def test_records_moved_in_opposite_directions_at_once_wait_for_each_other(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        for each in (north, south):
            await each.put("/inventory/rabies", json={"count": 10})
        there = [await scooby.give(north, "rabies") for _ in range(4)]
        back = [await scooby.give(south, "rabies") for _ in range(4)]
        moves = [north.post(f"/records/{id}/move", json={"to": "south"}) for id in there]
        moves += [
            north.post(f"http://127.0.0.1/api/clinics/south/records/{id}/move", json={"to": "north"}) for id in back
        ]
        assert {each.status_code for each in await asyncio.gather(*moves)} == {204}
        assert (await count(north), await count(south)) == (6, 6)


async def test_a_move_names_the_item_as_the_right_clinic_calls_it(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        await north.put("/inventory/rabies", json={"count": 10})
        await south.put("/inventory/r-3", json={"count": 5})
        record = await scooby.give(north, "rabies")
        assert (await north.post(f"/records/{record}/move", json={"to": "south", "item": "r-3"})).status_code == 204
        assert (await count(north), (await south.get("/inventory/r-3")).json()) == (10, {"item": "r-3", "count": 4})


async def test_a_move_takes_rights_at_both_clinics_and_a_patient_whom_both_see(scooby: Family) -> None:
    async with scooby.served.at("north") as north, scooby.served.at("south") as south, scooby.served.at("west") as west:
        record = await scooby.give(north, "rabies")
        moves = (
            (north, "south", 404),
            (south, "south", 409),
            (south, "north", 404),
            (west, "west", 404),
            (west, "south", 404),
            (north, "nowhere", 404),
        )
        for program, to, status in moves:
            answer = await program.post(f"/records/{record}/move", json={"to": to})
            assert answer.status_code == status, (str(program.base_url), to, answer.text)
        await scooby.let_in("west", "north")
        unseen = await north.post(f"/records/{record}/move", json={"to": "west"})
        assert (unseen.status_code, "share the client" in unseen.text) == (409, True)
        for id in ("0", "-1", "x", "9" * 40, str(int(record) + 1)):
            assert (await north.post(f"/records/{id}/move", json={"to": "west"})).status_code == 404


async def test_rs6_an_item_is_moved_once_and_not_beside_its_like(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    async with scooby.served.at("north") as north, scooby.served.at("south") as south, scooby.served.at("west") as west:
        await north.put("/items/rabies", json={"name": "Rabies", "reminds_after_days": 365})
        await north.put("/inventory/rabies", json={"count": 10})
        await south.put("/items/r-3", json={"name": "RABIES"})
        move = "/items/rabies/move"
        refused = await north.post(move, json={"to": "south"})
        assert (refused.status_code, refused.json()["detail"]) == (
            409,
            "The other clinic has RABIES (r-3) already: set the count there, and remove it here.",
        )
        assert await count(north) == 10
        assert (await south.delete("/items/r-3")).status_code == 204
        assert (await south.delete("/items/r-3")).status_code == 404
        for program, to in ((north, "west"), (south, "north"), (west, "west"), (north, "nowhere")):
            assert (await program.post(move, json={"to": to})).status_code == 404, to
        answers = await asyncio.gather(*(north.post(move, json={"to": "south"}) for _ in range(3)))
        assert sorted(each.status_code for each in answers) == [204, 409, 409]
        assert (await count(south), (await north.get("/inventory/rabies")).status_code) == (10, 404)
        [item] = (await north.get("/items")).json()["items"]
        assert item == {"clinic": "south", "item": "rabies", "name": "Rabies", "reminds_after_days": 365}


async def test_an_item_that_was_given_stays_and_one_that_was_not_goes_with_its_rules(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        for program, item in ((north, "rabies"), (south, "r-3")):
            await program.put(f"/items/{item}", json={"name": item})
        rule = {"disables": [{"clinic": "north", "item": "rabies"}]}
        assert (await south.put("/reminder-rules/r-3", json=rule)).status_code == 204
        record = await scooby.give(north, "rabies")
        for answer in (
            await north.delete("/items/rabies"),
            await north.post("/items/rabies/move", json={"to": "south"}),
        ):
            assert (answer.status_code, "rabies was given at this clinic" in answer.text) == (409, True)
        await north.post(f"/records/{record}/move", json={"to": "south", "item": "r-3"})
        assert (await north.delete("/items/rabies")).status_code == 204
        assert (await south.get("/reminder-rules/r-3")).json() == {"disables": []}


async def test_an_item_that_is_given_while_it_is_removed_is_added_anew(scooby: Family) -> None:
    async with scooby.served.at("north") as north:
        await north.put("/items/rabies", json={"name": "Rabies"})
        async with scooby.group.at("north") as connection:
            await remove_item(connection, "north", "rabies")
            given = asyncio.create_task(scooby.give(north, "rabies"))
            await somebody_waits(scooby.group.engine)
        await given
        assert [each["name"] for each in (await north.get("/items")).json()["items"]] == ["rabies"]


async def test_an_item_that_is_removed_while_it_is_given_stays(scooby: Family) -> None:
    async with scooby.served.at("north") as north:
        await north.put("/items/rabies", json={"name": "Rabies"})
        async with scooby.group.at("north") as connection:
            what = {"kind": "vaccination", "item": "rabies", "text": "Given.", "by": "person"}
            await add_record(connection, "north", scooby.patient, at=None, **what)
            removed = asyncio.create_task(north.delete("/items/rabies"))
            await somebody_waits(scooby.group.engine)
        assert (await removed).status_code == 409
        assert [each["name"] for each in (await north.get("/items")).json()["items"]] == ["Rabies"]


async def test_an_item_that_the_other_clinic_adds_during_a_move_stays_there_as_it_is(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        await north.put("/items/rabies", json={"name": "Rabies", "reminds_after_days": 365})
        async with scooby.group.at("south") as connection:
            await put_item(connection, "south", "rabies", "Rabies 3 years", 1095)
            move = asyncio.create_task(north.post("/items/rabies/move", json={"to": "south"}))
            await somebody_waits(scooby.group.engine)
        answer = await move
        assert (answer.status_code, "The other clinic has rabies already" in answer.text) == (409, True)
        listed = [(each["clinic"], each["name"]) for each in (await south.get("/items")).json()["items"]]
        assert listed == [("south", "Rabies 3 years"), ("north", "Rabies")]


@pytest.mark.parametrize(
    "statement", ["UPDATE inventory SET count = 99", "INSERT INTO items VALUES ('north', 'x', 'x')"]
)
async def test_a_wrong_query_changes_no_count_of_another_clinic(scooby: Family, statement: str) -> None:
    async with scooby.served.at("north") as north:
        await north.put("/inventory/rabies", json={"count": 3})
        try:
            async with scooby.group.at("south") as connection:
                assert await connection.scalar(text("SELECT count(*) FROM inventory")) == 0
                await connection.execute(text(statement))
        except Exception as error:
            assert "row-level security" in str(error)
        assert await count(north) == 3
        names = [each["item"] for each in (await north.get("/items")).json()["items"]]
        assert names == ["rabies"]
