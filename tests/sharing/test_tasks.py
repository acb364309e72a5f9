"""One task list over the clinics of a person, with each clinic's permissions and PostgreSQL's walls (RS9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import member_transaction
from pharmacy.tasks.switch import set_task_sharing
from store.accounts.members import MemberRole, Membership, put_member
from tests.sharing.clinics import Group
from tests.sharing.program import Programs, programs

ME = "http://127.0.0.1/api/me"
WEEKLY = {"title": "Call the lab", "due_on": "2026-12-01", "repeat": "FREQ=WEEKLY"}


@pytest_asyncio.fixture
async def served(engine: AsyncEngine) -> Programs:
    """North and south share; west stands alone. North's person, a vet there, is staff at south."""
    group = Group(engine)
    await group.add("north", role="vet")
    for clinic in ("south", "west"):
        await group.add(clinic)
    await group.share("north", "south")
    await belongs(group, "staff")
    return await programs(group, engine)


@pytest_asyncio.fixture
async def north(served: Programs) -> AsyncIterator[httpx2.AsyncClient]:
    async with served.at("north") as program:
        yield program


@pytest_asyncio.fixture
async def south(served: Programs) -> AsyncIterator[httpx2.AsyncClient]:
    async with served.at("south") as program:
        yield program


async def belongs(group: Group, role: MemberRole, *, active: bool = True) -> None:
    """Says what the person of north is at south."""
    membership = Membership(name="Person of north", role=role, active=active)
    await put_member(group.engine, "south", "person@north.test", membership, "ana")


async def mine(program: httpx2.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await program.get(f"{ME}/tasks{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def added(program: httpx2.AsyncClient, **values: Any) -> str:
    answer = await program.post("/tasks", json={"title": "Call", "assignee": "person@north.test", **values})
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


async def test_rs9_one_list_of_the_clinics_chosen_by_default_that_signed_in_to(
    north: httpx2.AsyncClient, south: httpx2.AsyncClient
) -> None:
    here, there = await added(north), await added(south, title="Order films", due_on="2026-12-01")
    await added(south, assignee="person@south.test")
    assert [each["id"] for each in await mine(north, "?clinic=north")] == [here]
    assert [each["id"] for each in await mine(north, "?clinic=south")] == [there]
    for query in ("?clinic=north&clinics=north,south", "?clinics=south,north", ""):
        items = await mine(north, query)
        assert [(each["id"], each["clinic"], each["state"]) for each in items] == [
            (there, "south", "open"),
            (here, "north", "open"),
        ]
    first = (await north.get(f"{ME}/tasks?limit=1")).json()
    assert (await north.get(f"http://127.0.0.1{first['next']}")).json()["items"][0]["id"] == here
    me = (await north.get(ME)).json()
    assert [(each["id"], each["role"]) for each in me["clinics"]] == [("north", "vet"), ("south", "staff")]
    assert me["email"] == "person@north.test"


async def test_rs9_each_clinics_permissions_hold(
    served: Programs, north: httpx2.AsyncClient, south: httpx2.AsyncClient
) -> None:
    id = await added(south, notes="Before noon.")
    at = f"http://127.0.0.1/api/clinics/south/tasks/{id}"
    shown = (await north.get(f"{ME}/tasks?clinic=south")).json()["items"][0]
    assert (shown["may_change"], shown["may_delete"]) == (["notes", "repeat", "state"], False)
    started = await north.patch(at, json={"state": "in_progress"})
    assert (started.status_code, started.json()["state"]) == (200, "in_progress")
    assert (await north.patch(at, json={"title": "Mine"})).status_code == 403
    assert (await north.delete(at)).status_code == 403

    await belongs(served.group, "admin")
    assert (await north.patch(at, json={"title": "Call Jo"})).json()["title"] == "Call Jo"
    refused = await north.patch(f"{at}?clinic=north", json={"title": "Call Ann", "notes": "Lost."})
    assert (refused.status_code, "switch to the task's clinic" in refused.json()["detail"]) == (403, True)
    # An unchanged field is no change.
    told = {"title": "Call Jo", "notes": "Nobody there.", "state": "done"}
    done = await north.patch(f"{at}?clinic=north", json=told)
    assert (done.status_code, done.json()["state"], done.json()["notes"]) == (200, "done", "Nobody there.")
    whole = (await south.get(f"/tasks/{id}")).json()
    assert [(each["by"], each["text"]) for each in whole["conversation"]] == [
        ("person@south.test", "Before noon."),
        ("person@north.test", "Nobody there."),
    ]
    assert (await north.delete(f"{at}?clinic=north")).status_code == 204
    assert (await south.get(f"/tasks/{id}")).status_code == 404


async def test_rs9_others_of_the_clinic_see_a_task_and_leave_it_alone(
    served: Programs, north: httpx2.AsyncClient, south: httpx2.AsyncClient
) -> None:
    id = await added(south, assignee="person@south.test")
    at = f"http://127.0.0.1/api/clinics/south/tasks/{id}"
    assert (await north.get(at)).status_code == 200
    assert (await north.patch(at, json={"state": "done"})).status_code == 403
    listed = (await north.get("http://127.0.0.1/api/clinics/south/tasks")).json()["items"]
    assert [(each["id"], each["assignee"], each["may_change"]) for each in listed] == [(id, "person@south.test", [])]


async def test_rs9_a_task_done_twice_or_by_two_at_once_makes_one_next(
    north: httpx2.AsyncClient, south: httpx2.AsyncClient
) -> None:
    id = await added(south, **WEEKLY, notes="Ask for Rex.")
    at = f"http://127.0.0.1/api/clinics/south/tasks/{id}"
    asked = [(each, state) for each in (north, south) for state in ("done", "complete", "completed")]
    answers = await asyncio.gather(*(each.patch(at, json={"state": state}) for each, state in asked))
    assert {each.status_code for each in answers} == {200}
    following = {each.json()["following"] for each in answers} - {None}
    assert len(following) == 1
    for state in ("open", "done"):
        assert (await south.patch(at, json={"state": state})).json()["following"] is None
    open_now, done = await mine(north, "?clinic=south")
    assert (open_now["id"], open_now["state"], done["id"]) == (following.pop(), "open", id)
    assert (open_now["due_on"] > "2026-12-01", open_now["notes"]) == (True, "Ask for Rex.")
    assert (open_now["may_change"], done["may_change"]) == (["notes", "repeat", "state"], ["notes", "state"])


async def test_rs9_the_repeat_of_a_task_that_was_done_is_changed_in_the_next_one(
    north: httpx2.AsyncClient, south: httpx2.AsyncClient
) -> None:
    id = await added(south, title="Weigh Rex", due_on="2099-12-01", repeat="FREQ=WEEKLY")
    await added(south, title="Weigh Ann", due_on="2099-12-02")
    following = (await south.patch(f"/tasks/{id}", json={"state": "done"})).json()["following"]
    for state in ("done", "open"):
        await south.patch(f"/tasks/{id}", json={"state": state})
        refused = await south.patch(f"/tasks/{id}", json={"repeat": "FREQ=MONTHLY", "notes": "Lost."})
        assert (refused.status_code, "change it in the next one, due 8 Dec 2099." in refused.text) == (422, True)
    assert (await south.patch(f"/tasks/{id}", json={"repeat": "FREQ=WEEKLY", "notes": "Kept."})).status_code == 200
    assert (await south.patch(f"/tasks/{following}", json={"repeat": "FREQ=MONTHLY"})).json()[
        "repeat"
    ] == "FREQ=MONTHLY"
    refused = await south.patch(f"/tasks/{id}", json={"due_on": None})
    assert (refused.status_code, "keeps the day when it was due: leave it" in refused.text) == (422, True)
    assert (await south.patch(f"/tasks/{id}", json={"due_on": "2099-12-02"})).json()["due_on"] == "2099-12-02"
    await south.delete(f"/tasks/{following}")
    refused = await south.patch(f"/tasks/{id}", json={"repeat": None})
    assert (refused.status_code, "add a new task that repeats" in refused.text) == (422, True)


async def test_rs9_who_does_not_belong_is_assigned_nothing_and_absurd_rules_are_refused(
    north: httpx2.AsyncClient, south: httpx2.AsyncClient
) -> None:
    for body, says in (
        ({"assignee": "person@west.test"}, "Nobody called person@west.test"),
        ({"assignee": "nobody"}, "Nobody called nobody"),
        ({"repeat": "FREQ=DAILY;BYHOUR=9"}, "not part of a repeat rule"),
        ({"repeat": "FREQ=SECONDLY", "due_on": "2026-12-01"}, "by whole days"),
        ({"repeat": "FREQ=DAILY;COUNT=1000000000", "due_on": "2026-12-01"}, "from 1 to 1000"),
        ({"due_on": "0026-12-01"}, "years 2000 to"),
        ({"title": ""}, "Title"),
        ({"owner": "x"}, "wner"),
    ):
        refused = await south.post("/tasks", json={"title": "Call", **body})
        assert (refused.status_code, says in refused.json()["detail"]) == (422, True), refused.text
    id = await added(south, **WEEKLY)
    for change in ({"repeat": "FREQ=HOURLY"}, {"due_on": None}, {"state": "lost"}, {"assignee": "person@west.test"}):
        assert (await south.patch(f"/tasks/{id}", json=change)).status_code == 422
    cleared = await south.patch(f"/tasks/{id}", json={"repeat": None, "due_on": None})
    assert (cleared.json()["repeat"], cleared.json()["due_on"]) == (None, None)
    # From another clinic too, a task that repeats from now on is due today.
    at = f"http://127.0.0.1/api/clinics/south/tasks/{id}?clinic=north"
    repeated = (await north.patch(at, json={"repeat": "freq=daily"})).json()
    assert repeated["repeat"] == "FREQ=DAILY" and repeated["due_on"]
    assert (await south.post("/tasks", json={"title": "x", "client": "nobody"})).status_code == 404


async def test_rs9_a_warning_where_the_patient_is_not_shared_with_the_clinic_signed_in_to(
    served: Programs, north: httpx2.AsyncClient, south: httpx2.AsyncClient
) -> None:
    client = (await south.post("/clients", json={"given_name": "Jo", "surname": "Hart"})).json()["id"]
    rex = (await south.post(f"/clients/{client}/patients", json={"name": "Rex"})).json()["id"]
    await added(south, client=client)
    await added(south, patient=rex, client=client, due_on="2026-12-01")
    await added(south, due_on="2026-12-02")
    both = "?clinic=north&clinics=north,south"
    about_rex, plain, about_jo = await mine(north, both)
    assert about_rex["warning"] == "Rex is not shared with Clinic north: switch to Clinic south to open the record."
    assert (about_rex["patient"], about_rex["patient_name"], about_rex["client_name"]) == (rex, "Rex", "Jo Hart")
    assert "Jo Hart is not shared" in about_jo["warning"] and plain["warning"] is None
    assert {each["warning"] for each in await mine(north, "?clinic=south")} == {None}

    shared = text("SELECT share_client('south', :client, 'north')")
    async with served.group.at("north") as connection:
        assert await connection.scalar(shared, {"client": client})
    assert {each["warning"] for each in await mine(north, both)} == {None}


async def test_rs9_the_pharmacy_turns_it_off_for_a_group(
    engine: AsyncEngine, north: httpx2.AsyncClient, south: httpx2.AsyncClient
) -> None:
    here, there = await added(north), await added(south)
    for turned_off in ("north", "south"):
        await set_task_sharing(engine, turned_off, False, "ana")
        answer = (await north.get(f"{ME}/tasks?clinic=north&clinics=north,south")).json()
        assert ([each["id"] for each in answer["items"]], answer["clinics"]) == ([here], ["north"])
        assert "switch to Clinic south" in answer["notice"]
        assert [each["id"] for each in await mine(north, "?clinic=south")] == [there]
        at = f"http://127.0.0.1/api/clinics/south/tasks/{there}"
        assert (await north.patch(f"{at}?clinic=north", json={"notes": "Hi"})).status_code == 403
        assert (await north.delete(f"{at}?clinic=north")).status_code == 403
        assert (await north.patch(at, json={"notes": "Hi"})).status_code == 200
        await set_task_sharing(engine, "north", True, "ana")
    assert len(await mine(north, "?clinic=north&clinics=north,south")) == 2


async def test_rs9_who_loses_a_membership_loses_its_tasks_at_once(
    served: Programs, north: httpx2.AsyncClient, south: httpx2.AsyncClient
) -> None:
    id = await added(south)
    await belongs(served.group, "staff", active=False)
    assert await mine(north) == []
    for answer in (
        await north.get(f"{ME}/tasks?clinic=north&clinics=south"),
        await north.patch(f"http://127.0.0.1/api/clinics/south/tasks/{id}", json={"notes": "x"}),
    ):
        assert answer.status_code == 404


async def test_rs9_a_stranger_guesses_in_vain_on_every_route(
    served: Programs, engine: AsyncEngine, south: httpx2.AsyncClient
) -> None:
    id = await added(south, assignee="person@south.test", notes="Secret.")
    async with served.at("west") as west:
        theirs = (await west.post("/tasks", json={"title": "Ours"})).json()["id"]
        for base, clinic in (("http://127.0.0.1/api/clinics/south", "west"), ("", "west"), ("", "south")):
            for task in (id, f"south~{id}", "'"):
                at = f"{base}/tasks/{task}?clinic={clinic}"
                answers = await west.get(at), await west.patch(at, json={"notes": "x"}), await west.delete(at)
                assert {each.status_code for each in answers} == {404}, at
        for query in ("?clinic=south", "?clinic=west&clinics=west,south", "?clinics=south"):
            assert (await west.get(f"{ME}/tasks{query}")).status_code == 404
        assert (await west.get(f"{ME}/tasks?clinic=west&assignee=person@south.test")).status_code == 422
        assert (await west.patch(f"/tasks/{theirs}?clinic=south", json={"notes": "x"})).status_code == 404
        assert [each["id"] for each in await mine(west)] == [theirs]
    async with member_transaction(engine, served.group.people["west"], "south") as (connection, clinics):
        assert clinics == set()
        for table in ("tasks", "task_notes"):
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_nobody_rewrites_what_was_said_or_enters_a_task_elsewhere(
    served: Programs, south: httpx2.AsyncClient
) -> None:
    await added(south, notes="Said.")
    for statement in (
        "UPDATE task_notes SET text = 'Never said.'",
        "DELETE FROM task_notes",
        "UPDATE tasks SET practice = 'west'",
        "INSERT INTO tasks (practice, id, title, assignee, created_by) SELECT 'west', '1', '', assignee, '' FROM tasks",
        "INSERT INTO task_sharing_off VALUES ('west', 'x')",
    ):
        with pytest.raises(Exception, match=r"permission denied|row-level security"):
            async with served.group.at("south") as connection:
                await connection.execute(text(statement))
