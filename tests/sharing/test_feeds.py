"""Feeds of one clinic about clients whom sister clinics see: the values reach all, and nobody's words are lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records import home_delivery
from tests.records.clinics import FIRST, Clinic, client, ndjson, patient
from tests.records.killing import Killed, killed_at, leaves_cursors_open
from tests.sharing.clinics import group_of
from tests.sharing.program import Programs, programs

pytestmark = leaves_cursors_open

Seen = dict[str, Any]
OTHERS = [row for number in range(10, 40) for row in (client(number), patient(number, number))]
"""So many that a feed is plausible whatever changes in one."""


@pytest_asyncio.fixture
async def served(engine: AsyncEngine) -> Programs:
    """North and south share with each other automatically."""
    group = await group_of(engine, "north", "south")
    await group.share("north", "south", "automatic", "automatic")
    return await programs(group, engine)


@pytest_asyncio.fixture
async def north(engine: AsyncEngine, tmp_path: Path) -> Clinic:
    return Clinic(engine, "north", tmp_path)


async def seen(served: Programs, clinic: str, id: str) -> tuple[Seen, list[Seen]]:
    async with served.at(clinic) as program:
        return (await program.get(f"/clients/{id}")).json(), (await program.get(f"/clients/{id}/patients")).json()[
            "items"
        ]


async def test_rs4_what_a_feed_brings_is_seen_at_once_and_every_later_value_too(
    served: Programs, north: Clinic
) -> None:
    feed = await north.import_rows(client(1), patient(1, 1), *OTHERS)
    assert (feed.new_clients, feed.new_patients) == (31, 31)
    found, pets = await seen(served, "south", "north~C1")
    assert (found["shared_with"], [pet["deceased"] for pet in pets]) == (["north"], [False])
    await north.import_rows(
        client(1, email="new@mail.example"), patient(1, 1, deceased=True, deceased_on="2026-11-02"), *OTHERS
    )
    found, pets = await seen(served, "south", "north~C1")
    assert (found["email"], pets[0]["deceased"], pets[0]["deceased_on"]) == ("new@mail.example", True, "2026-11-02")
    async with served.at("south") as south:
        [change] = (await south.get("/clients/north~C1/history")).json()["items"]
    assert (change["source"], change["clinic"], change["by"]) == ("feed", "north", None)


async def test_a_client_whom_a_full_feed_no_longer_has_stays_at_every_clinic(served: Programs, north: Clinic) -> None:
    await north.import_rows(*(client(number) for number in range(1, 9)))
    await north.import_rows(*(client(number) for number in range(2, 9)), scope="full")
    async with served.at("south") as south:
        assert len((await south.get("/clients")).json()["items"]) == 8


async def test_a_feed_does_not_undo_what_another_clinic_has_written(served: Programs, north: Clinic) -> None:
    await north.import_rows(client(1))
    async with served.at("south") as south:
        for body in ({"email": "own@mail.test"}, {"street": "1 Elm St"}):
            assert (await south.patch("/clients/north~C1", json=body)).status_code == 200
    await north.import_rows(client(1, phone="555-7777"))
    found, _ = await seen(served, "north", "C1")
    assert (found["email"], found["street"]) == ("own@mail.test", "1 Elm St")
    assert ("C1", "email", "kept") in await north.differences()


async def test_who_comes_by_a_feed_and_is_at_the_sister_clinic_already_is_one_client(
    served: Programs, north: Clinic
) -> None:
    mine = {name: value for name, value in client(1).items() if name not in ("kind", "id")}
    async with served.at("south") as south:
        id = (await south.post("/clients", json=mine)).json()["id"]
        for name in ("Rex-1", "Mia"):
            await south.post(f"/clients/{id}/patients", json={"name": name, "species": "dog"})
    await north.import_rows(client(1), *OTHERS)
    await north.import_rows(client(1), patient(1, 1), *OTHERS)
    async with served.at("south") as south:
        found = [each["id"] for each in (await south.get("/clients?name=ann abbott")).json()["items"]]
    assert found == [id]
    async with served.at("north") as program:
        assert [each["id"] for each in (await program.get("/clients?name=ann abbott")).json()["items"]] == ["C1"]
    for clinic, own in (("south", id), ("north", "C1")):
        assert [pet["name"] for pet in (await seen(served, clinic, own))[1]] == ["Mia", "Rex-1"]
    await north.import_rows(client(1, email="new@mail.example"), patient(1, 1, deceased=True), *OTHERS)
    shown, pets = await seen(served, "south", id)
    assert (shown["email"], [(pet["name"], pet["deceased"]) for pet in pets]) == (
        "new@mail.example",
        [("Mia", False), ("Rex-1", True)],
    )
    async with served.at("south") as south:
        [change] = (await south.get(f"/clients/{id}/history")).json()["items"]
    assert (change["source"], change["clinic"]) == ("feed", "north")


async def test_wherever_a_feed_is_interrupted_a_client_and_the_pet_are_one_at_both_clinics(
    served: Programs, north: Clinic, engine: AsyncEngine
) -> None:
    rows, steps, killed = list(OTHERS), 0, True
    await north.import_rows(*rows)
    while killed:
        number, made_at = 100 + steps, FIRST + timedelta(minutes=1 + steps)
        mine = {name: value for name, value in client(number).items() if name not in ("kind", "id")}
        async with served.at("south") as south:
            id = (await south.post("/clients", json=mine)).json()["id"]
            await south.post(f"/clients/{id}/patients", json={"name": f"Rex-{number}", "species": "dog"})
        rows += client(number), patient(number, number)
        feed = await north.receive(ndjson(rows), made_at=made_at)
        try:
            with killed_at(engine, steps):
                await north.import_feed(feed)
            killed = False
        except Killed:
            await north.import_feed(feed)
        for clinic, own in (("south", id), ("north", f"C{number}")):
            shown, pets = await seen(served, clinic, own)
            assert shown["shared_with"], f"killed before step {steps}"
            assert [pet["name"] for pet in pets] == [f"Rex-{number}"], f"killed before step {steps}"
        steps += 4
    assert steps > 60, "so many statements and commits has such an import"


async def test_shared_clients_are_merged_with_home_delivery_clients_as_before(
    served: Programs, north: Clinic, engine: AsyncEngine
) -> None:
    home = {name: value for name, value in client(1).items() if name != "kind"} | {"id": "H1"}
    await home_delivery.add_home_clients(engine, "north", [home])
    feed = await north.import_rows(client(1), client(2))
    assert feed.merged == 1
