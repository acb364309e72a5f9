"""Over random clinics, people, shares and edits, everybody sees and may do exactly what the model says (RS3, RS4)."""

from __future__ import annotations

import itertools
from typing import Any

import httpx2
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import member_transaction
from pharmacy.sharing.tables import shares
from store.accounts.members import Membership, put_member
from tests.sharing.clinics import Group
from tests.sharing.model import ClientModel, Model
from tests.sharing.program import Programs, programs

CLINICS = "abc"
fresh = itertools.count(1).__next__

clinic = st.sampled_from(CLINICS)
pair = st.tuples(clinic, clinic).filter(lambda two: two[0] != two[1])
number = st.integers(0, 9)
mode = st.sampled_from(["automatic", "manual"])
step = st.one_of(
    st.tuples(st.just("enable"), pair, mode, mode),
    st.tuples(st.just("remove"), pair),
    st.tuples(st.just("set_mode"), pair, mode),
    st.tuples(st.just("add"), clinic),
    st.tuples(st.just("take"), clinic, number),
    st.tuples(st.just("give"), clinic, clinic, number),
    st.tuples(st.just("change"), clinic, number),
    st.tuples(st.just("add_patient"), clinic, number),
    st.tuples(st.just("add_record"), clinic, number),
    st.tuples(st.just("enter"), pair, st.booleans()),
)
steps = st.lists(step, min_size=1, max_size=25)
TABLES = {
    "clients": "SELECT practice, id FROM clients",
    "patients": "SELECT practice, id FROM patients",
    "medical_records": "SELECT practice || ' ' || patient, location FROM medical_records",
    "changes": "SELECT practice || ' ' || id, clinic FROM changes WHERE old IS NOT NULL",
    "differences": "SELECT DISTINCT practice, id FROM differences",
}


class World:
    """The product with clinics of its own, and the model beside it."""

    def __init__(self, served: Programs, prefix: str) -> None:
        self.served, self.engine, self.prefix = served, served.group.engine, prefix
        self.model = Model()
        self.open: dict[str, httpx2.AsyncClient] = {}

    def name(self, letter: str) -> str:
        return f"{self.prefix}-{letter}"

    async def begin(self) -> None:
        for letter in CLINICS:
            await self.served.group.add(self.name(letter))
            self.model.members[self.name(letter)] = {self.name(letter)}
            self.open[self.name(letter)] = await self.served.program(self.name(letter))

    def client(self, number: int) -> ClientModel | None:
        return self.model.clients[number % len(self.model.clients)] if self.model.clients else None

    async def enable(self, two: tuple[str, str], mode: str, back: str) -> None:
        one, other = map(self.name, two)
        async with self.engine.begin() as connection:
            await connection.execute(
                delete(shares).where(shares.c.clinic.in_((one, other)), shares.c.other.in_((one, other)))
            )
        await self.served.group.share(one, other, mode, back)
        self.model.shares |= {(one, other): mode, (other, one): back}

    async def remove(self, two: tuple[str, str]) -> None:
        one, other = map(self.name, two)
        these = shares.c.clinic.in_((one, other)), shares.c.other.in_((one, other))
        async with self.engine.begin() as connection:
            await connection.execute(update(shares).where(*these).values(state="removed"))
        for way in ((one, other), (other, one)):
            self.model.shares.pop(way, None)

    async def set_mode(self, two: tuple[str, str], mode: str) -> None:
        one, other = map(self.name, two)
        this = shares.c.clinic == one, shares.c.other == other, shares.c.state == "enabled"
        async with self.engine.begin() as connection:
            await connection.execute(update(shares).where(*this).values(mode=mode))
        if (one, other) in self.model.shares:
            self.model.shares[one, other] = mode

    async def enter(self, two: tuple[str, str], active: bool) -> None:
        person, place = map(self.name, two)
        member = Membership(name=f"Person of {person}", role="staff", active=active)
        await put_member(self.engine, place, f"person@{person}.test", member, "ana")
        (self.model.members[person].add if active else self.model.members[person].discard)(place)

    async def add(self, letter: str) -> None:
        place, name = self.name(letter), f"Client{fresh()}x"
        answer = await self.open[place].post("/clients", json={"surname": name})
        assert answer.status_code == 201
        self.model.add(place, answer.json()["id"], name)

    async def take(self, letter: str, number: int) -> None:
        if not (client := self.client(number)):
            return
        place = self.name(letter)
        order = {"shared_from": {"clinic": client.origin, "client": client.id}}
        answer = await self.open[place].post("/clients", json=order)
        allowed = (client.origin, place) in self.model.shares
        assert answer.status_code == (201 if allowed else 404)
        client.seen_by |= {place} if allowed else set()

    async def give(self, letter: str, taker: str, number: int) -> None:
        if not (client := self.client(number)):
            return
        place, other = self.name(letter), self.name(taker)
        order = {"origin": client.origin, "taker": other, "clients": [client.id]}
        answer = await self.open[place].post("/clients/sharing", json=order)
        if place not in (client.origin, other):
            assert answer.status_code == 422
            return
        allowed = (client.origin, other) in self.model.shares
        assert answer.status_code == (200 if allowed else 404)
        client.seen_by |= {other} if allowed else set()

    async def change(self, letter: str, number: int) -> None:
        if not (client := self.client(number)):
            return
        place, phone = self.name(letter), f"{fresh():07}"
        answer = await self.open[place].patch(f"/clients/{client.id_at(place)}", json={"phone": phone})
        assert answer.status_code == (200 if place in client.seen_by else 404)
        if place in client.seen_by:
            client.phone = phone
            client.changed_at.append(place)

    async def add_patient(self, letter: str, number: int) -> None:
        if not (client := self.client(number)):
            return
        place = self.name(letter)
        answer = await self.open[place].post(f"/clients/{client.id_at(place)}/patients", json={"name": "Rex"})
        assert answer.status_code == (201 if place in client.seen_by else 404)
        if place in client.seen_by:
            client.patients[answer.json()["id"].removeprefix(f"{client.origin}~")] = []

    async def add_record(self, letter: str, number: int) -> None:
        client = self.client(number)
        if not client or not client.patients:
            return
        place, patient = self.name(letter), next(iter(client.patients))
        path = f"/patients/{client.patient_at(place, patient)}/records"
        answer = await self.open[place].post(path, json={"kind": "exam", "text": "Healthy."})
        assert answer.status_code == (201 if place in client.seen_by else 404)
        if place in client.seen_by:
            client.patients[patient].append(place)

    async def check_tables(self) -> None:
        """Every person reads whole tables, without a condition, and finds what the model says."""
        for person, places in self.model.members.items():
            seen = self.model.seen_by(person)
            expected = {
                "clients": [(each.origin, each.id) for each in seen],
                "patients": [(each.origin, patient) for each in seen for patient in each.patients],
                "medical_records": [
                    (f"{each.origin} {patient}", place)
                    for each in seen
                    for patient, records in each.patients.items()
                    for place in records
                ],
                "changes": [(f"{each.origin} {each.id}", place) for each in seen for place in each.changed_at],
                "differences": [(each.origin, each.id) for each in seen if each.changed_at],
            }
            async with member_transaction(self.engine, self.served.group.people[person]) as (connection, entered):
                assert entered == places
                for table, query in TABLES.items():
                    rows = [tuple(row) for row in await connection.execute(text(query))]
                    assert sorted(rows) == sorted(expected[table]), (person, table)

    async def check_pages(self) -> None:
        """Every person asks for every client and patient at every clinic, by every ID that could be guessed."""
        for person, place in itertools.product(self.model.members, self.model.members):
            base, get = f"/api/clinics/{place}", self.open[person].get
            inside = place in self.model.members[person]
            seen = self.model.seen(place) if inside else []
            answer = await get(f"http://127.0.0.1{base}/clients")
            assert answer.status_code == (200 if inside else 404)
            if inside:
                listed = [(each["id"], each["phone"], each["shared_with"]) for each in answer.json()["items"]]
                assert sorted(listed) == sorted(
                    (each.id_at(place), each.phone, sorted(each.seen_by - {place})) for each in seen
                )
                found = (await get(f"http://127.0.0.1{base}/clients/suggest?name=Client")).json()["items"]
                assert sorted((each["clinic"], each["client"]) for each in found) == sorted(
                    (each.origin, each.id) for each in self.model.suggested(place)
                )
            for client in self.model.clients:
                for id in {client.id_at(place), client.id, f"{client.origin}~{client.id}"}:
                    status = 200 if client in seen and id == client.id_at(place) else 404
                    if id == f"{client.origin}~{client.id}" and place == client.origin:
                        status = 404
                    for path in ("", "/patients", "/history"):
                        asked = await get(f"http://127.0.0.1{base}/clients/{id}{path}")
                        assert asked.status_code == status, (person, place, id, path)
                for patient, records in client.patients.items():
                    asked = await get(f"http://127.0.0.1{base}/patients/{client.patient_at(place, patient)}/records")
                    assert asked.status_code == (200 if client in seen else 404)
                    if client in seen:
                        assert [each["location"] for each in asked.json()["items"]] == records[::-1]


@pytest_asyncio.fixture
async def served(engine: AsyncEngine) -> Programs:
    return await programs(Group(engine), engine)


async def carry_out(served: Programs, taken: list[tuple[Any, ...]]) -> World:
    world = World(served, f"m{fresh()}")
    await world.begin()
    for name, *given_ in taken:
        await getattr(world, name)(*given_)
    return world


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(taken=steps)
async def test_everybody_sees_in_the_database_what_the_model_says(
    served: Programs, taken: list[tuple[Any, ...]]
) -> None:
    await (await carry_out(served, taken)).check_tables()


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(taken=steps)
async def test_everybody_sees_by_the_api_what_the_model_says(served: Programs, taken: list[tuple[Any, ...]]) -> None:
    await (await carry_out(served, taken)).check_pages()
