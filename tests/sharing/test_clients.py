"""Clients that clinics share: read, changed, suggested and taken through the API (RS3, RS4, RS5, RS8, RS10)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clients import load_owner
from pharmacy.records.tables import clients
from store.accounts.members import Membership, put_member
from tests.sharing.clinics import group_of
from tests.sharing.program import JO, VISIT, Programs, added, ids, programs


@pytest_asyncio.fixture
async def served(engine: AsyncEngine) -> Programs:
    """North and south share with each other, north automatically; south and west do; north and west never."""
    group = await group_of(engine, "north", "south", "west")
    await group.share("north", "south", "automatic")
    await group.share("south", "west")
    return await programs(group, engine)


async def test_rs5_a_change_is_seen_at_every_clinic_of_the_client_with_who_made_it_and_where(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        id = await added(north)
        there = f"north~{id}"
        answer = await south.patch(f"/clients/{there}", json={"phone": "618 555 0199", "street": "9 Oak St"})
        assert answer.status_code == 200, answer.text
        assert {name: answer.json()[name] for name in ("phone", "street", "city")} == {
            **{"phone": "618 555 0199", "street": "9 Oak St", "city": "Salem"}
        }
        assert (await north.get(f"/clients/{id}")).json()["street"] == "9 Oak St"
        for clinic, own in ((north, id), (south, there)):
            history = (await clinic.get(f"/clients/{own}/history")).json()["items"]
            assert [(each["field"], each["clinic"], each["by"]) for each in history] == [
                ("phone", "south", "person"),
                ("address", "south", "person"),
            ]
            assert history[0]["old"] == {"phone": JO["phone"]}
        assert (await west.get(f"/clients/{there}/history")).status_code == 404
        assert (await west.patch(f"/clients/{there}", json={"phone": "555-0101"})).status_code == 404


async def test_two_clinics_that_write_at_the_same_time_lose_no_words(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        id = await added(north)
        tag = (await south.get(f"/clients/north~{id}")).headers["etag"]
        first = await north.patch(f"/clients/{id}", json={"phone": "555-0111"}, headers={"If-Match": tag})
        assert (first.status_code, first.json()["replaced"]) == (200, [])
        late = await south.patch(f"/clients/north~{id}", json={"phone": "555-0222"}, headers={"If-Match": tag})
        assert (late.status_code, late.json()["type"]) == (412, "/problems/changed")
        other = await south.patch(f"/clients/north~{id}", json={"email": "new@mail.test"})
        assert other.json()["replaced"] == [] and other.json()["phone"] == "555-0111", "another field is no conflict"
        second = await south.patch(f"/clients/north~{id}", json={"phone": "555-0222"})
        [replaced] = second.json()["replaced"]
        assert (replaced["field"], replaced["value"], replaced["clinic"]) == ("phone", {"phone": "555-0111"}, "north")
        again = await south.patch(f"/clients/north~{id}", json={"phone": "555-0333"})
        assert again.json()["replaced"] == [], "one's own words are no conflict"
        history = (await north.get(f"/clients/{id}/history")).json()["items"]
        assert [each["new"] for each in history if each["field"] == "phone"] == [
            *({"phone": number} for number in ("555-0333", "555-0222", "555-0111"))
        ]


async def test_rs4_a_client_is_suggested_while_its_name_is_typed_and_taken_once(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        id = await added(south)
        pet = (await south.post(f"/clients/{id}/patients", json={"name": "Rex"})).json()["id"]
        await south.post(f"/patients/{pet}/records", json=VISIT)
        await added(north, given_name="Joan")
        [found] = (await north.get("/clients/suggest?name=jo h")).json()["items"]
        assert found == {"clinic": "south", "client": id, **JO}
        assert (await south.get("/clients/suggest?name=jo")).json()["items"] == [], "north's are shared already"
        order = {"shared_from": {"clinic": "south", "client": id}}
        taken = [(await north.post("/clients", json=order)) for _ in range(2)]
        assert [each.status_code for each in taken] == [201, 201] and taken[0].json() == taken[1].json()
        assert {name: taken[0].json()[name] for name in JO} == JO
        assert (taken[0].json()["home_location"], taken[0].json()["shared_with"]) == ("south", ["south"])
        own = taken[0].json()["id"]
        [rex] = (await north.get(f"/clients/{own}/patients")).json()["items"]
        assert (await north.get(f"/patients/{rex['id']}/records")).json()["items"][0]["location"] == "south"
        assert (await north.get("/clients/suggest?name=jo h")).json()["items"] == []
        assert len((await west.get("/clients/suggest?name=hart")).json()["items"]) == 1, "west may take it as well"
        assert await ids(west) == [], "and does not see it by north's taking it"


async def test_clinics_that_take_the_same_client_at_the_same_moment_all_have_it(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        id = await added(south)
        order = {"shared_from": {"clinic": "south", "client": id}}
        taken = await asyncio.gather(*(clinic.post("/clients", json=order) for clinic in (north, west, north, west)))
        assert [each.status_code for each in taken] == [201] * 4, [each.text for each in taken]
        assert (await south.get(f"/clients/{id}")).json()["shared_with"] == ["north", "west"]
        assert await ids(north) == await ids(west) == [f"south~{id}"]


@pytest.mark.parametrize("more", [{"given_name": "Al"}, {"email": "x@mail.test"}])
async def test_who_takes_a_client_gives_no_values(served: Programs, more: dict[str, Any]) -> None:
    async with served.at("north") as north, served.at("south") as south:
        order = {"shared_from": {"clinic": "south", "client": await added(south)}, **more}
        assert (await north.post("/clients", json=order)).status_code == 422


async def test_rs10_older_clients_are_shared_by_hand_with_a_preview_by_either_side(served: Programs) -> None:
    async with served.at("south") as south, served.at("west") as west, served.at("north") as north:
        mine = [await added(south, surname=surname) for surname in ("Abe", "Bell", "Cole")]
        pet = (await south.post(f"/clients/{mine[0]}/patients", json={"name": "Rex"})).json()["id"]
        await south.post(f"/patients/{pet}/records", json=VISIT)
        order = {"origin": "south", "taker": "west", "clients": [*mine[:2], "nobody"], "preview": True}
        for clinic in (south, west):
            seen = (await clinic.post("/clients/sharing", json=order)).json()["items"]
            assert [(each["client"], each["patients"], each["records"], each["shared"]) for each in seen] == [
                (mine[0], 1, 1, False),
                (mine[1], 0, 0, False),
            ]
        assert await ids(west) == []
        assert (await west.post("/clients/sharing", json=order | {"preview": False})).status_code == 404
        assert await ids(west) == [], "all of them or none"
        given = await south.post("/clients/sharing", json=order | {"preview": False, "clients": mine[:2]})
        assert [each["shared"] for each in given.json()["items"]] == [True, True]
        assert await ids(west) == [f"south~{id}" for id in mine[:2]]
        for clinic, origin, taker in ((north, "south", "west"), (west, "north", "west"), (west, "south", "north")):
            wrong = {"origin": origin, "taker": taker, "clients": mine}
            assert (await clinic.post("/clients/sharing", json=wrong)).status_code in (404, 422)


async def test_rs8_the_home_location_takes_rights_at_both_clinics(served: Programs) -> None:
    engine = served.group.engine
    async with served.at("north") as north, served.at("south") as south:
        id = await added(north)
        assert (await north.get(f"/clients/{id}")).json()["home_location"] == "north"
        at_south = f"/clients/north~{id}/home-location"
        refused = await south.put(at_south, json={"clinic": "south"})
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/role")
        assert (await south.put(at_south, json={"clinic": "west"})).status_code == 422, "west does not see the client"
        both = Membership(name="Person of south", role="staff")
        await put_member(engine, "north", "person@south.test", both, "ana")
        moved = await south.put(at_south, json={"clinic": "south"})
        assert (moved.status_code, moved.json()["home_location"]) == (200, "south")
        assert (await north.get(f"/clients/{id}")).json()["home_location"] == "south"
        [change] = (await north.get(f"/clients/{id}/history")).json()["items"]
        assert (change["field"], change["old"], change["new"]) == ("home", {"home": "north"}, {"home": "south"})
        assert (await north.put(f"/clients/{id}/home-location", json={"clinic": "north"})).status_code == 403


async def test_an_opt_out_holds_everywhere_and_for_the_mails_of_the_pharmacy(served: Programs) -> None:
    engine = served.group.engine
    async with served.at("north") as north, served.at("south") as south:
        id = await added(north)
        assert (await load_owner(engine, "north", id)).email == JO["email"]
        answer = await south.put(f"/clients/north~{id}/opt-out", json={"mail": True})
        assert (answer.status_code, answer.json()["opt_out"]) == (200, {"mail": True})
        assert (await north.get(f"/clients/{id}")).json()["opt_out"] == {"mail": True}
        assert (await load_owner(engine, "north", id)).email is None


async def test_clients_are_paged_by_name(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        names = [("Jo", "Abe"), ("Al", "Jones"), ("Jo", "Jones"), ("Ann", "Jost"), ("Jo", "Zed"), ("Kay", "Moe")]
        for number, (given, surname) in enumerate(names):
            await added((north, south)[number % 2], given_name=given, surname=surname, email=None)
        south_sees = {given for given, _ in names}
        for name, expected in (("jo", 5), ("jones", 2), ("JO Z", 1), ("", 6), ("%", 0), ("moe", 1)):
            query = f"/clients?limit=2{f'&name={name}' if name else ''}"
            page = (await south.get(query)).json()
            found = [(each["given_name"], each["surname"]) for each in page["items"]]
            while page["next"]:
                page = (await south.get(f"http://127.0.0.1{page['next']}")).json()
                found += [(each["given_name"], each["surname"]) for each in page["items"]]
            assert len(found) == len(set(found)) == expected, (name, found)
        assert {given for given, _ in found} <= south_sees
        for broken in ("x", "W10", "WyJhIl0"):
            assert (await south.get(f"/clients?after={broken}")).status_code == 422


async def test_a_request_with_one_key_adds_once(served: Programs) -> None:
    async with served.at("north") as north:
        client = await added(north)
        pet = (await north.post(f"/clients/{client}/patients", json={"name": "Rex"})).json()["id"]
        task = (await north.post("/tasks", json={"title": "Call"})).json()["id"]
        for path, order, listed in (
            ("/clients", {"given_name": "Mia", "surname": "Moss"}, "/clients?name=moss"),
            (f"/clients/{client}/patients", {"name": "Tom"}, f"/clients/{client}/patients"),
            (f"/patients/{pet}/records", VISIT, f"/patients/{pet}/records"),
            ("/contacts", {"name": "Groomer"}, "/contacts"),
            ("/tasks", {"title": "Write"}, "/tasks"),
        ):
            before = len((await north.get(listed)).json()["items"])
            headers = {"Idempotency-Key": f"key-{listed}"}
            first, again = [await north.post(path, json=order, headers=headers) for _ in range(2)]
            assert (first.status_code, first.content) == (201, again.content), path
            assert len((await north.get(listed)).json()["items"]) == before + 1, path
            other = await north.post("/contacts", json={"name": "Another"}, headers=headers)
            assert (other.status_code, other.json()["type"]) == (409, "/problems/key-reused"), path
        for _ in range(2):
            note, headers = {"notes": "Nobody answers."}, {"Idempotency-Key": "note"}
            assert (await north.patch(f"/tasks/{task}", json=note, headers=headers)).status_code == 200
        assert len((await north.get(f"/tasks/{task}")).json()["conversation"]) == 1


async def test_no_program_enters_a_telephone_or_postal_code_that_is_none(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        id = await added(north)
        for field, text, says in (
            ("phone", "call me", "Phone must have at least 5 digits, as in 312 555 0100."),
            ("postcode", "none", "ZIP or postal code must have at least 3 characters and a digit, as in 60611."),
        ):
            for answer in (
                await north.post("/clients", json=JO | {field: text}),
                await north.patch(f"/clients/{id}", json={"city": "Lost", field: text}),
                await south.patch(f"/clients/north~{id}", json={field: text}),
            ):
                assert (answer.status_code, answer.json()["detail"]) == (422, says)
        assert (await north.get(f"/clients/{id}")).json()["city"] == "Salem", "nothing is changed by half"
        async with served.group.engine.begin() as connection:
            await connection.execute(update(clients).values(phone="at work"))
        changed = await north.patch(f"/clients/{id}", json={"city": "Moved", "phone": "at work"})
        assert (changed.status_code, changed.json()["city"]) == (200, "Moved"), "what is on record already may stay"
