"""Items, reminder rules and reminders of sister clinics, as PostgreSQL lets each see them (RS7)."""

from __future__ import annotations

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.reminders.gaps import DoubleReminder, Item
from pharmacy.reminders.items import find_gaps, put_item, put_rules, search_items
from pharmacy.reminders.rules import ItemOf
from tests.sharing.clinics import Group, group_of
from tests.sharing.family import Family
from tests.sharing.program import added


@pytest_asyncio.fixture
async def group(engine: AsyncEngine) -> Group:
    """North is about to share with south, and does with west; each gives rabies."""
    group = await group_of(engine, "north", "south", "west")
    for clinic in ("north", "south", "west"):
        async with group.at(clinic) as connection:
            await put_item(connection, clinic, "rabies", f"Rabies vaccine of {clinic}", 365)
    await group.share("north", "west")
    await group.share("north", "south")
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE shares SET state = 'requested' WHERE 'south' IN (clinic, other)"))
    return group


async def test_rs7_search_shows_an_items_origin_and_only_sister_clinics(group: Group) -> None:
    for clinic, found in (
        ("north", ["north", "south", "west"]),
        ("south", ["south", "north"]),
        ("west", ["west", "north"]),
    ):
        async with group.at(clinic) as connection:
            rows = await search_items(connection, clinic, "RABIES", 50)
            assert await search_items(connection, clinic, "dhpp", 50) == []
        assert [each.clinic for each in rows] == found
    assert rows[0] == Item("west", "rabies", "Rabies vaccine of west", 365)


async def test_rs7_what_is_missing_is_found_before_sharing_and_gone_after_a_rule(group: Group) -> None:
    pairs = [("north", "south")]
    async with group.engine.begin() as connection:
        double, missing = await find_gaps(connection, pairs)
    assert double == [DoubleReminder("rabies", ("north", "south"))]
    assert [each.item.clinic for each in missing] == ["north", "south"]
    async with group.at("north") as connection:
        await put_rules(connection, "north", "rabies", [ItemOf("south", "rabies")])
        await put_rules(connection, "north", "rabies", [ItemOf("south", "rabies")])
    async with group.engine.begin() as connection:
        assert await find_gaps(connection, pairs) == ([], [])
        assert (await find_gaps(connection, [*pairs, ("north", "west")]))[0]


async def test_a_rule_names_items_that_the_clinic_may_see(group: Group) -> None:
    async with group.at("south") as connection:
        with pytest.raises(RecordsError, match="No clinic 'west' that shares"):
            await put_rules(connection, "south", "rabies", [ItemOf("west", "rabies")])
        with pytest.raises(NoSuchRecord, match="no item 'dhpp'"):
            await put_rules(connection, "south", "dhpp", [])


@pytest.mark.parametrize("table", ["items", "reminder_rules", "inventory", "invoices", "payments", "contacts"])
async def test_a_wrong_query_writes_nothing_of_another_clinic(group: Group, table: str) -> None:
    columns = {
        "items": "(practice, id, name) VALUES ('south', 'x', 'x')",
        "reminder_rules": "VALUES ('south', 'rabies', 'north', 'rabies')",
        "inventory": "VALUES ('south', 'rabies', 7)",
        "invoices": "(id, practice, origin, client, cents, text, by) VALUES ('x', 'south', 'south', 'x', 1, '', '')",
        "payments": "(practice, invoice, cents, by) VALUES ('south', 'x', 1, '')",
        "contacts": "(practice, id, kind, name) VALUES ('south', 'x', 'person', 'x')",
    }
    with pytest.raises(Exception, match="row-level security"):
        async with group.at("north") as connection:
            await connection.execute(text(f"INSERT INTO {table} {columns[table]}"))


async def test_rs7_the_two_examples_of_scooby_through_the_api(scooby: Family) -> None:
    """DHPP at A and rabies at B remind from there; A's rule for B's rabies ends B's reminder when A gives it."""
    there = f"north~{scooby.patient}"
    async with scooby.served.at("north") as a, scooby.served.at("south") as b, scooby.served.at("west") as west:
        for program in (a, b):
            for item, name in (("dhpp", "DHPP"), ("rabies", "Rabies")):
                order = {"name": name, "reminds_after_days": 365}
                assert (await program.put(f"/items/{item}", json=order)).status_code == 204
        await scooby.give(a, "dhpp", "2026-03-02T15:00:00Z")
        await scooby.give(b, "rabies", "2026-03-10T04:30:00Z")
        due = [("dhpp", "2027-03-02", "north", "due"), ("rabies", "2027-03-09", "south", "due")]
        for program, patient in ((a, scooby.patient), (b, there)):
            listed = (await program.get(f"/reminders?patient={patient}")).json()["items"]
            assert [(each["item"], each["due_on"], each["clinic"], each["state"]) for each in listed] == due
            assert listed[0]["mail"] is True
        assert (await west.get(f"/reminders?patient={there}")).status_code == 404
        assert (await a.get("/reminders")).status_code == 422

        missing = (await a.get("/reminder-rules/missing")).json()["items"]
        assert [(each["clinic"], each["item"], each["alike"][0]["clinic"]) for each in missing] == [
            ("north", "dhpp", "south"),
            ("north", "rabies", "south"),
        ]
        await scooby.give(a, "rabies", "2027-03-01T15:00:00Z")
        rabies = [("south", "due"), ("north", "due")]
        listed = (await b.get(f"/reminders?patient={there}")).json()["items"]
        assert [(each["clinic"], each["state"]) for each in listed if each["item"] == "rabies"] == rabies
        rule = {"disables": [{"clinic": "south", "item": "rabies"}]}
        assert (await a.put("/reminder-rules/rabies", json=rule)).status_code == 204
        assert (await a.get("/reminder-rules/rabies")).json() == rule
        assert [each["item"] for each in (await a.get("/reminder-rules/missing")).json()["items"]] == ["dhpp"]
        listed = (await b.get(f"/reminders?patient={there}")).json()["items"]
        assert [(each["clinic"], each["state"]) for each in listed if each["item"] == "rabies"] == [
            ("south", "done"),
            ("north", "due"),
        ]
        unknown = {"disables": [{"clinic": "west", "item": "rabies"}]}
        assert (await a.put("/reminder-rules/rabies", json=unknown)).status_code == 422
        assert (await a.put("/reminder-rules/x", json=rule)).status_code == 404


async def test_a_deceased_patient_is_not_reminded_and_an_opt_out_from_mail_is_told(scooby: Family) -> None:
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        await south.put("/items/rabies", json={"name": "Rabies", "reminds_after_days": 30})
        await scooby.give(south, "rabies")
        reminders = f"/reminders?patient={scooby.patient}"
        async with scooby.group.engine.begin() as connection:
            await connection.execute(text("UPDATE clients SET opt_out = true"))
        assert [each["mail"] for each in (await north.get(reminders)).json()["items"]] == [False]
        async with scooby.group.engine.begin() as connection:
            await connection.execute(text("UPDATE patients SET deceased = true"))
        assert (await north.get(reminders)).json()["items"] == []


async def test_a_service_that_the_clinic_does_not_see_ends_its_reminder_of_the_same_animal(scooby: Family) -> None:
    """South had the client before, and keeps its own records of the dog (RS10); the owner is one person."""
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        ann = {"given_name": "Ann", "surname": "Lee", "email": "ann@mail.test", "phone": "618-555-0177"}
        own, theirs = await added(south, **ann), await added(north, **ann)
        dog = {"name": "Rex", "species": "dog"}
        rex = (await north.post(f"/clients/{theirs}/patients", json=dog)).json()["id"]
        at_south = (await south.post(f"/clients/{own}/patients", json=dog)).json()["id"]
        for program in (north, south):
            await program.put("/items/rabies", json={"name": "Rabies", "reminds_after_days": 365})
        await north.put("/reminder-rules/rabies", json={"disables": [{"clinic": "south", "item": "rabies"}]})
        record = {"kind": "vaccination", "item": "rabies", "text": "Given."}
        await north.post(f"/patients/{rex}/records", json=record | {"at": "2026-03-02T15:00:00Z"})
        await south.post(f"/patients/{at_south}/records", json=record | {"at": "2026-04-02T15:00:00Z"})
        seen = []
        for program, id in ((north, rex), (south, at_south)):
            listed = (await program.get(f"/reminders?patient={id}")).json()["items"]
            seen.append([(each["clinic"], each["state"]) for each in listed])
        assert seen == [[("north", "done")], [("north", "done"), ("south", "due")]]


async def test_a_wrong_query_learns_no_service_of_a_patient_who_is_not_shared(scooby: Family) -> None:
    async with scooby.served.at("south") as south:
        await scooby.give(south, "rabies")
    services = text("SELECT count(*) FROM services_of('north', :patient)")
    for clinic, count in (("north", 1), ("south", 1), ("west", 0)):
        async with scooby.group.at(clinic) as connection:
            assert await connection.scalar(services, {"patient": scooby.patient}) == count
