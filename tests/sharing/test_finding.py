"""Patients are found by the beginning of names, each once, and only where they are seen (RS5)."""

from __future__ import annotations

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.sharing import finding
from pharmacy.sharing.finding import search_patients
from tests.sharing.clinics import group_of
from tests.sharing.program import Programs, added, programs

PETS = ("Scooby", "Old Tom", "Zoë", "Sam")


@pytest_asyncio.fixture
async def served(engine: AsyncEngine) -> Programs:
    """North and west share automatically with south, not with each other. Jo Hart of north has pets."""
    group = await group_of(engine, "north", "south", "west")
    await group.share("north", "south", "automatic")
    await group.share("west", "south", "automatic")
    served = await programs(group, engine)
    async with served.at("north") as north:
        jo = await added(north)
        for name in PETS:
            assert (await north.post(f"/clients/{jo}/patients", json={"name": name})).status_code == 201
    return served


async def found(served: Programs, clinic: str, query: str, limit: int = 20, *, shared: bool = True) -> list[str]:
    async with served.group.at(clinic) as connection:
        listed = await search_patients(connection, clinic, query, limit, shared=shared)
    assert all(each.origin == clinic or each.id.startswith(f"{each.origin}~") for each in listed)
    return [each.name for each in listed]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sc", ["Scooby"]),
        ("SCOOBY", ["Scooby"]),
        ("zoe", ["Zoë"]),
        ("ZOË", ["Zoë"]),
        (" old  tom ", ["Old Tom"]),
        ("s", ["Sam", "Scooby"]),
        ("hart", ["Old Tom", "Sam", "Scooby", "Zoë"]),
        ("jo ha", ["Old Tom", "Sam", "Scooby", "Zoë"]),
        ("hart jo", ["Old Tom", "Sam", "Scooby", "Zoë"]),
        ("old tom hart", ["Old Tom"]),
        ("jo hart sco", ["Scooby"]),
        ("s hart", ["Sam", "Scooby"]),
        ("JO@mail.test", ["Old Tom", "Sam", "Scooby", "Zoë"]),
        ("618 555 0142", ["Old Tom", "Sam", "Scooby", "Zoë"]),
        ("555-0142", ["Old Tom", "Sam", "Scooby", "Zoë"]),
        ("+1 (618) 555-0142 ext. 7", ["Old Tom", "Sam", "Scooby", "Zoë"]),
        ("555-0143", []),
        ("773 555 0142", []),
        ("cooby", []),
        ("sam smith", []),
        ("%", []),
        ("_am", []),
        ("s\0am", ["Sam"]),
        (" ", []),
        ("", []),
    ],
)
async def test_by_the_beginning_of_the_patients_name_the_owners_or_both(
    served: Programs, query: str, names: list[str]
) -> None:
    assert await found(served, "north", query) == names
    assert await found(served, "south", query) == names, "shared with south"
    assert await found(served, "south", query, shared=False) == []
    assert await found(served, "west", query) == []


async def test_by_its_id(served: Programs) -> None:
    async with served.group.at("north") as connection:
        [sam] = await search_patients(connection, "north", "sam", 1)
        assert await search_patients(connection, "north", sam.id, 1) == [sam]


async def test_the_clinics_own_come_first_then_the_living_and_no_more_than_asked_for(served: Programs) -> None:
    async with served.at("south") as south:
        own = await added(south, given_name="Al", surname="Zed", email=None, phone=None)
        await south.post(f"/clients/{own}/patients", json={"name": "Sunny"})
        await south.post(f"/clients/{own}/patients", json={"name": "Sally"})
    async with served.group.engine.begin() as connection:
        await connection.execute(text("UPDATE patients SET deceased = true WHERE name IN ('Sally', 'Sam')"))
    assert await found(served, "south", "s") == ["Sunny", "Sally", "Scooby", "Sam"]
    assert await found(served, "south", "s", 3) == ["Sunny", "Sally", "Scooby"]
    assert await found(served, "south", "s", 1) == ["Sunny"]
    assert await found(served, "south", "s zed") == ["Sunny", "Sally"]


async def test_an_animal_that_several_clinics_have_is_found_once_also_by_the_name_that_another_has(
    served: Programs,
) -> None:
    pet = {"name": "Rex", "species": "dog"}
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        for clinic in (north, west, south):
            client = await added(clinic, surname="Marsh", email="jm@mail.test")
            assert (await clinic.post(f"/clients/{client}/patients", json=pet)).status_code == 201
    async with served.group.engine.begin() as connection:
        called = text("UPDATE clients SET given_name = 'Josephine' WHERE practice = 'north' AND surname = 'Marsh'")
        await connection.execute(called)
    for query in ("rex", "marsh", "jo marsh", "rex marsh"):
        async with served.group.at("south") as connection:
            [rex] = await search_patients(connection, "south", query, 20)
        assert (rex.name, rex.origin) == ("Rex", "south"), query
    async with served.group.at("south") as connection:
        [rex] = await search_patients(connection, "south", "josephine", 20)
    assert (rex.origin, rex.owner_name) == ("north", "Josephine Marsh")


async def test_a_telephone_number_is_found_by_an_index_that_policies_let_a_clinic_use(served: Programs) -> None:
    many = text(
        "INSERT INTO clients (practice, id, circle, surname, phone, feed, fed) SELECT 'south', 'c' || n, 'south', "
        "'Hart', to_char(2000000000 + n, 'FM000-000-0000'), 0, 0 FROM generate_series(1, 5000) n"
    )
    async with served.group.engine.connect() as connection:
        await connection.execute(many)
        await connection.commit()
        await connection.execute(text("ANALYZE clients"))
        await connection.commit()
    words = ["200-000-4711"]
    given = {**finding._given("south", words, 20), "shared": True}
    async with served.group.at("south") as connection:
        query = text(f"EXPLAIN {finding._statement(words)}")
        plan = "\n".join((await connection.execute(query, given)).scalars())
    assert "ix_clients_phone_end" in plan, plan
