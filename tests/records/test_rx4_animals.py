"""RX4: which animal of the practice's ezyVet a patient is, against the simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.patients import Match, NoMatch, choose_animal, find_animal
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.http import Http
from tests.records.clinics import Clinic, client, patient
from tests.simulators.ezyvet.running import RunningEzyvet, ezyvet_running

ROWS = [
    client(1, id="5", given_name="Dana", surname="Reyes"),
    client(2, id="C2", given_name="Lee", surname="Park"),
    client(3, id="C3", given_name="Lea", surname="Párk"),
    patient(1, 1, id="6", client_id="5", name="BISCUIT "),
    patient(2, 2, id="8", client_id="C2", name="Juno"),
    patient(3, 1, id="9", client_id="5", name="Otis"),
    patient(4, 1, id="77", client_id="5", name="Nobody"),
    patient(5, 1, id="P-5", client_id="5", name="Biscuit"),
    patient(6, 2, id="20", client_id="C2", name="Mia"),
    patient(7, 3, id="21", client_id="C3", name="Otto"),
    patient(8, 3, id="22", client_id="C3", name="Nils"),
    patient(9, 3, id="23", client_id="C3", name="Fe"),
]
ANIMALS = [
    {"id": 6, "name": "Biscuit", "contact_id": 5},
    {"id": 8, "name": "Juno", "contact_id": 7},
    {"id": 9, "name": "Otis", "contact_id": 5, "is_dead": True},
    {"id": 20, "name": "Max", "contact_id": 7},
    {"id": 21, "name": "Otto", "contact_id": 7},
    {"id": 22, "name": "Nils", "contact_id": 7, "active": False},
    {"id": 23, "name": "Fe", "contact_id": 8},
]
CONTACTS = [
    {"id": 5, "first_name": "Somebody", "last_name": "Else"},
    {"id": 7, "first_name": "LEE", "last_name": "Park"},
    {"id": 8, "first_name": "", "last_name": "PARK"},
]


@pytest.fixture
async def ezyvet(tmp_path: Path) -> AsyncIterator[Ezyvet]:
    async with ezyvet_running(tmp_path) as running:
        yield await client_of(running, contacts=CONTACTS, animals=ANIMALS)


async def client_of(running: RunningEzyvet, **records: Any) -> Ezyvet:
    seeded = await running.seed("site-1", **records)
    http, given = Http(running.url), {**seeded, "site_uid": seeded["uid"]}
    token = (await http.fetch_token(Credentials.model_validate(given))).value.get_secret_value()
    return Ezyvet(lambda request: http.send(request, token))


async def test_rx4_a_patient_is_the_animal_of_its_id_if_name_and_owner_agree(
    engine: AsyncEngine, riverside: Clinic, ezyvet: Ezyvet
) -> None:
    await riverside.import_rows(*ROWS)

    async def found(id: str) -> Match | NoMatch:
        return await find_animal(engine, ezyvet, "riverside", id)

    async def refused(id: str) -> str:
        outcome = await found(id)
        assert isinstance(outcome, NoMatch)
        return outcome.reason

    assert await found("6") == Match(6, 5), "the owner by the id, the name however it is written"
    assert await found("8") == Match(8, 7), "the owner by the name"
    assert await found("23") == Match(23, 8), "accents and a missing given name do not speak against it"
    assert "has died" in await refused("9")
    assert "no animal 77" in await refused("77")
    assert "do not know yet which animal in ezyVet is" in await refused("P-5")
    assert "is Max in ezyVet, and Mia in the practice's feed" in await refused("20")
    assert "belongs to somebody else" in await refused("21")
    assert "switched off" in await refused("22")
    assert "no patient 404" in await refused("404")


async def test_rx4_otherwise_a_person_chooses_the_animal_once(
    engine: AsyncEngine, riverside: Clinic, ezyvet: Ezyvet
) -> None:
    await riverside.import_rows(*ROWS)
    for wrong in (404, 9, 22):
        assert isinstance(await choose_animal(engine, ezyvet, "riverside", "P-5", wrong, "sam"), NoMatch)
    assert isinstance(await find_animal(engine, ezyvet, "riverside", "P-5"), NoMatch), "nothing was stored"
    assert await choose_animal(engine, ezyvet, "riverside", "P-5", 20, "sam") == Match(20, 7)
    assert await find_animal(engine, ezyvet, "riverside", "P-5") == Match(20, 7)
    assert await choose_animal(engine, ezyvet, "riverside", "P-5", 6, "kim") == Match(6, 5)
    assert await find_animal(engine, ezyvet, "riverside", "P-5") == Match(6, 5)
