"""A client's page in the console: found by name, each value with where it came from, and what staff may change."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser as Chromium
from sqlalchemy import text

from pharmacy.records import shipping
from pharmacy.records.clinic import clinic_transaction as of_practice
from pharmacy.records.statements import insert_change_at
from pharmacy.sharing.noting import note_person, note_shared
from tests.records.clinics import patient
from tests.web.browser import Browser, text_of
from tests.web.clinic_data import DataPractice, client, clinic
from tests.web.looking import TWO_WINDOWS, look

__all__ = ["clinic"]


@pytest.fixture
async def settled(clinic: DataPractice) -> DataPractice:
    await clinic.import_rows(
        client(1), client(2, given_name="Zoë", surname="O'Neil 100%"), patient(1, 1), patient(2, 2)
    )
    return clinic


async def test_clients_are_found_by_any_part(specialist: Browser, settled: DataPractice) -> None:
    for words, found in (
        ("zoë", ["C2"]),
        ("100% neil", ["C2"]),
        ("lee-1", ["C1"]),
        ("rex-2", ["C2"]),
        ("555-0101", ["C1"]),
        ("_", []),
        ("", ["C1", "C2"]),
    ):
        page = (await specialist.get(f"{settled.pages}/clients", params={"q": words})).text
        assert [each for each in ("C1", "C2") if f'/clients/{each}"' in page] == found, words


async def test_each_value_tells_where_it_came_from(specialist: Browser, settled: DataPractice) -> None:
    await settled.import_rows(client(1, email="new@mail.example"), patient(1, 1, weight_kg=13))
    said = text_of((await specialist.get(f"{settled.pages}/clients/C1")).text)
    assert "phone 555-0101 feed 1 ," in said and "e-mail address new@mail.example feed 2 ," in said
    assert "weight 13 kg (28.7 lb) feed 2 ," in said
    assert "e-mail address ann1@mail.example → new@mail.example Feed 2" in said
    assert (await specialist.get(f"{settled.pages}/clients/C9")).status_code == 404
    assert "Rex-1" in (await specialist.get(f"{settled.pages}/patients/P1")).text


async def test_what_a_clinics_people_did_with_a_client_is_told_too(specialist: Browser, settled: DataPractice) -> None:
    home = {"practice": settled.id, "id": "C1", "kind": "client", "field": "home"}
    async with of_practice(settled.desk.database, settled.id) as connection:
        moved = home | {"old": {"home": settled.id}, "new": {"home": "oak"}}
        await connection.execute(insert_change_at(settled.id, moved, "dana"))
        await note_shared(connection, settled.id, ["C1"], "oak", settled.id, "dana")
        await note_person(connection, [(settled.id, "C1")], True, settled.id, "dana")
    said = text_of((await specialist.get(f"{settled.pages}/clients/C1")).text)
    assert f"home location {settled.id} → oak" in said and "shared with – → oak" in said
    assert "one person from then on – → the clients of" in said


async def test_dp13_a_pet_is_renamed_with_a_reason(specialist: Browser, settled: DataPractice) -> None:
    async with of_practice(settled.desk.database, settled.id) as connection:
        columns = "id, practice, patient, label_name, state"
        made = f"INSERT INTO prescriptions ({columns}) VALUES ('rx-' || :id, :id, 'P1', 'Rex-1', 'open')"
        await connection.execute(text(made), {"id": settled.id})
    page, action = f"{settled.pages}/clients/C1", f"{settled.pages}/patients/P1/name"
    assert "1 open prescription is written for Rex-1; it needs a new one under the new name." in text_of(
        (await specialist.get(page)).text
    )
    answer = await specialist.submit(page, {"name": "Max", "why": " "}, action)
    assert answer.status_code == 422 and "Say why" in text_of(answer.text)
    said = text_of((await specialist.submit(page, {"name": "Max", "why": "Adopted"}, action)).text)
    assert "The pet is now called Max. 1 open prescription needs a new one under that name." in said
    assert "Max: name Rex-1 → Max Adopted" in said and specialist.name in said
    (row,) = await settled.rows("SELECT field, source, by, why FROM changes")
    assert row == {"field": "name", "source": "staff", "by": specialist.handle, "why": "Adopted"}


async def test_dp13_shipping_is_confirmed_for_one_order(specialist: Browser, settled: DataPractice) -> None:
    page, action = f"{settled.pages}/clients/C1?order=A-17", f"{settled.pages}/clients/C1/shipping"
    assert "Order A-17: Confirm the shipping name and address before" in text_of((await specialist.get(page)).text)
    said = text_of((await specialist.submit(page, {}, action)).text)
    assert "Order A-17: confirmed; you can ship it." in said
    assert (await shipping.may_ship(settled.desk.database, settled.id, "C1", "A-17")).allowed
    stale = await specialist.client.post(
        action, data={"csrf": await specialist.token(), "order": "A-18", "known": "something else"}
    )
    assert stale.status_code == 422 and "has changed since you looked" in text_of(stale.text)
    assert not (await shipping.may_ship(settled.desk.database, settled.id, "C1", "A-18")).allowed


async def test_everybody_can_read_them(chromium: Chromium, specialist: Browser, settled: DataPractice) -> None:
    await settled.import_rows(client(1, street="9 Elm St"), patient(1, 1, name="Max"))
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        await seen.go(f"{settled.pages}/clients")
        await seen.check()
        await seen.go(f"{settled.pages}/clients/C1?order=A-17")
        await seen.check()
        await seen.page.get_by_text("Change Rex-1's name").click()
        await seen.check()


async def test_ids_are_what_the_clinic_makes_them(specialist: Browser, clinic: DataPractice) -> None:
    odd = 'C/1 ?#%"é'
    await clinic.import_rows(client(1, id=odd), patient(1, 1, client_id=odd, id="P 1/2"))
    await clinic.import_rows(patient(1, 1, client_id=odd, id="P 1/2", name="Max"))
    page = (await specialist.get(f"{clinic.pages}/clients")).text
    link = re.search(r'href="([^"]+/clients/[^"]+)"', page)
    assert link
    assert "Rex-1" in text_of((await specialist.get(link[1])).text)
    page = (await specialist.get(f"{clinic.pages}/differences")).text
    link = re.search(r'href="([^"]+/patients/[^"]+)"', page)
    assert link
    found = await specialist.get(link[1])
    action = f"{clinic.pages}/patients/P%201%2F2/name"
    said = text_of((await specialist.submit(str(found.url), {"name": "Bo", "why": "So it is"}, action)).text)
    assert "The pet is now called Bo." in said


async def test_a_link_for_the_owner_is_made_and_ended(specialist: Browser, settled: DataPractice) -> None:
    page, action = f"{settled.pages}/clients/C1", f"{settled.pages}/clients/C1/link"
    assert "There is no valid link." in text_of((await specialist.get(page)).text)
    made = (await specialist.submit(page, {}, action)).text
    link = re.search(r'id="link-1">(http[^<]+)<', made)
    assert link and "Write to ann1@mail.example" in made
    assert "Ann Lee-1" in text_of((await specialist.get(link[1])).text)
    assert f"A link given out by {specialist.handle}," in text_of((await specialist.get(page)).text)
    assert "1 link ended." in text_of((await specialist.submit(page, {}, f"{action}s/end")).text)
    assert (await specialist.get(link[1])).status_code == 410


async def test_an_owner_without_an_address_is_called(specialist: Browser, settled: DataPractice) -> None:
    await settled.import_rows(client(8, email="", phone="312 555 0108"), client(9, email="", phone=""))
    for number, said in ((8, "ask for one: (312) 555-0108"), (9, "nor a phone number. Ask the")):
        page = f"{settled.pages}/clients/C{number}"
        assert said in text_of((await specialist.submit(page, {}, f"{page}/link")).text)
