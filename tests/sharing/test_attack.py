"""A person of one clinic guesses another's IDs on every route of clients, patients and records, and finds nothing."""

from __future__ import annotations

import asyncio

import pytest_asyncio
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.sharing.clinics import group_of
from tests.sharing.program import JO, VISIT, Programs, added, ids, programs
from web.api.member import clients, patients, taking

ROUTES = [
    (method, route.path.removeprefix("/api/clinics/{clinic}"))
    for module in (taking, clients, patients)
    for route in module.router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
]
PAIRS = ("/clients/duplicates", "/clients/sharing")
BODIES: dict[str, object] = {
    "/clients/{id}/patients": {"name": "Rex"},
    "/patients/{id}/records": VISIT,
    "/clients/{id}": {"phone": "555-0101"},
    "/clients/{id}/home-location": {"clinic": "west"},
    "/clients/{id}/opt-out": {"mail": True},
    "/clients": JO,
}


@pytest_asyncio.fixture
async def served(engine: AsyncEngine) -> Programs:
    """North shares with south; west with neither."""
    group = await group_of(engine, "north", "south", "west")
    await group.share("north", "south", "automatic", "automatic")
    return await programs(group, engine)


async def test_a_stranger_guesses_in_vain_on_every_route(served: Programs) -> None:
    assert len([path for _, path in ROUTES if "{id}" in path]) >= 9
    async with served.at("north") as north, served.at("west") as west:
        client = await added(north)
        pet = (await north.post(f"/clients/{client}/patients", json={"name": "Rex"})).json()["id"]
        before = (await north.get(f"/clients/{client}")).json()
        pair = {"client": client, "other": f"north~{client}", "same": True}
        sharing = {"origin": "north", "taker": "west", "clients": [client]}
        bodies = BODIES | {"/clients/duplicates": pair, "/clients/sharing": sharing}
        for method, path in ROUTES:
            own = pet if path.startswith("/patients") else client
            body = bodies.get(path) if method != "GET" else None
            query = "?name=hart" if path.endswith("suggest") else ""
            for id in (own, f"north~{own}", f"west~{own}"):
                if "{id}" in path or (path in PAIRS and method == "POST"):
                    answer = await west.request(method, path.replace("{id}", id), json=body)
                    assert answer.status_code == 404, (method, path, id, answer.text)
            there = f"http://127.0.0.1/api/clinics/north{path.replace('{id}', own)}{query}"
            answer = await west.request(method, there, json=body)
            assert answer.status_code == 404, (method, path, answer.text)
            assert "Hart" not in answer.text
        for path in ("/clients", "/clients/suggest?name=hart", "/clients/duplicates"):
            assert (await west.get(path)).json()["items"] == []
        taken = {"shared_from": {"clinic": "north", "client": client}}
        assert (await west.post("/clients", json=taken)).status_code == 404
        assert (await north.get(f"/clients/{client}")).json() == before


async def test_both_clinics_change_one_person_at_the_same_moment(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        mine, theirs = await added(north), await added(south)
        assert await ids(north) == [mine] and await ids(south) == [theirs]
        answers = await asyncio.gather(
            *(
                program.patch(f"/clients/{id}", json={"phone": f"555 {clinic} 012{number}"})
                for number in range(5)
                for clinic, program, id in (("n", north, mine), ("s", south, theirs))
            )
        )
        assert {each.status_code for each in answers} == {200}
        seen = [
            (await program.get(f"/clients/{id}")).json()["phone"] for program, id in ((north, mine), (south, theirs))
        ]
        assert seen[0] == seen[1]
        history = (await north.get(f"/clients/{mine}/history")).json()["items"]
        written = {f"555 {clinic} 012{number}" for clinic in "ns" for number in range(5)}
        assert {each["new"]["phone"] for each in history} == written, "every word is kept"
