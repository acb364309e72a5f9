"""Whom a clinic sees is decided by PostgreSQL: its own clients, and those that sister clinics share (RS4, RS5)."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.tables import search_key
from pharmacy.sharing.clients import SharedClient, add_client, client_rows, load_client
from pharmacy.sharing.listing import list_clients
from pharmacy.sharing.patients import add_patient, list_patients
from pharmacy.sharing.records import add_record, list_records
from pharmacy.sharing.taking import take
from tests.sharing.clinics import Group, group_of
from tests.store.locks import somebody_waits

JO: dict[str, str | None] = {"given_name": "Jürgen", "surname": "O'Hara", "email": "jo@mail.test"}


@pytest_asyncio.fixture
async def group(engine: AsyncEngine) -> Group:
    """North shares with south, and south with west; never north with west."""
    group = await group_of(engine, "north", "south", "west")
    await group.share("north", "south", "automatic")
    await group.share("south", "west", "automatic", "automatic")
    return group


async def names(group: Group, clinic: str, begins: str | None = None) -> list[str]:
    async with group.at(clinic) as connection:
        return [each.id for each in (await list_clients(connection, clinic, begins, 50))[0]]


async def added(group: Group, clinic: str, values: dict[str, str | None] = JO) -> SharedClient:
    async with group.at(clinic) as connection:
        return await add_client(connection, clinic, values)


async def test_rs4_a_new_client_appears_at_once_where_sharing_is_automatic_and_nowhere_else(group: Group) -> None:
    client = await added(group, "north")
    assert client.shared_with == ("south",)
    assert await names(group, "north") == [client.id]
    assert await names(group, "south") == [f"north~{client.id}"]
    assert await names(group, "west") == [], "south's sharing with west concerns south's clients"
    async with group.at("south") as connection:
        seen = await load_client(connection, "south", f"north~{client.id}")
    assert (seen.home_location, seen.shared_with, seen.values["email"]) == ("north", ("north",), "jo@mail.test")


async def test_rs4_by_hand_a_sister_clinic_finds_a_client_by_the_beginning_of_a_name_and_takes_it(group: Group) -> None:
    client = await added(group, "south")
    assert await names(group, "north") == []
    suggest = text(f"SELECT id FROM suggest_clients(:taker, {search_key('cast(:begins AS text)')})")
    for taker, begins, found in (
        ("north", "jurgen o", 1), ("north", "O'h", 1), ("north", "Hara", 0), ("west", "jur", 0), ("south", "jur", 0)
    ):  # fmt: skip
        async with group.at(taker) as connection:
            rows = (await connection.execute(suggest, {"taker": taker, "begins": begins})).all()
        assert len(rows) == found, (taker, begins)
    async with group.at("north") as connection:
        assert not await connection.scalar(select(func.share_client("south", client.id, "west")))
        assert await connection.scalar(select(func.share_client("south", client.id, "north")))
    assert await names(group, "north", "O'Hara Jür") == [f"south~{client.id}"]


async def test_nobody_widens_a_circle_by_a_query_of_their_own(group: Group) -> None:
    client = await added(group, "north")
    for statement in (
        "UPDATE clients SET circle = 'west'",
        "UPDATE clients SET practice = 'south'",
        "INSERT INTO circles VALUES ('~99', '{north,west}')",
        "SELECT circle_of('{north,west}')",
        "UPDATE shares SET state = 'enabled'",
    ):
        with pytest.raises(Exception, match="permission denied"):
            async with group.at("south") as connection:
                await connection.execute(text(statement))
    async with group.at("west") as connection:
        assert not await connection.scalar(select(func.share_client("north", client.id, "west")))


@pytest.mark.parametrize("with_patient", [True, False])
async def test_what_is_added_while_a_client_is_taken_is_seen_by_the_taker(group: Group, with_patient: bool) -> None:
    client = (await added(group, "south")).id

    async def rex() -> str:
        return (await add_patient(connection, "south", client, {"name": "Rex"})).id

    async def taken() -> None:
        async with group.at("north") as connection:
            await take(connection, "north", "south", client, "person")

    async with group.at("south") as connection:
        pet = "" if with_patient else await rex()
    async with group.at("south") as connection:
        pet = pet or await rex()
        await add_record(connection, "south", pet, at=None, kind="exam", item=None, text="Healthy.", by="p")
        taking = asyncio.create_task(taken())
        await somebody_waits(group.engine)
    await taking
    async with group.at("north") as connection:
        [seen] = await list_patients(connection, "north", await client_rows(connection, "north", f"south~{client}"))
        assert seen.id == f"south~{pet}" and len(await list_records(connection, "north", seen.id, 9)) == 1


async def test_the_check_of_a_patients_client_reads_one_row_also_before_the_tables_are_analyzed(
    engine: AsyncEngine,
) -> None:
    """Otherwise a first import reads all clients for each patient."""
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO practices (id, name) VALUES ('north', 'North')"))
        await connection.execute(
            text(
                "INSERT INTO clients (practice, id, feed, fed, circle) "
                "SELECT 'north', n, 0, 0, 'north' FROM generate_series(1, 3000) n"
            )
        )
        check = "SELECT FROM clients WHERE practice = 'north' AND id = '7' FOR KEY SHARE"
        plan = " ".join((await connection.execute(text(f"EXPLAIN (ANALYZE, COSTS OFF) {check}"))).scalars())
    assert "Rows Removed" not in plan and "Seq Scan" not in plan, plan
