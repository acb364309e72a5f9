"""Ids that a spreadsheet damaged: a person is asked, and no pet is given to the wrong client."""

from __future__ import annotations

import pytest

from tests.records.clinics import Clinic, client, patient


async def test_destroyed_ids_ask_and_give_no_pet_to_another(riverside: Clinic) -> None:
    destroyed = "1.23457E+11"
    feed = await riverside.import_rows(
        *(client(number) for number in range(4)),
        *(client(number, id=destroyed) for number in range(4, 7)),
        patient(1, 1),
        *(patient(number, 1, client_id=destroyed) for number in range(2, 5)),
    )
    assert feed.state == "asking" and feed.set_aside == 6
    assert feed.why and "destroyed ids (6 times, in lines 6, 7, 8 and more)" in feed.why
    assert await riverside.rows("SELECT id FROM patients") == []


async def test_ids_that_end_in_point_zero_ask(riverside: Clinic) -> None:
    feed = await riverside.import_rows(client(1, id="101.0"), patient(1, 1, client_id="101.0"))
    assert (feed.state, feed.set_aside) == ("asking", 0)
    assert feed.why and "Ids end in .0" in feed.why


@pytest.mark.parametrize("id", ["101", "00101.0", "000101", " 00101", "0,0101"])
async def test_a_known_id_written_in_another_way_is_not_entered_again(riverside: Clinic, id: str) -> None:
    await riverside.import_rows(client(1, id="00101"), client(2), patient(1, 1, client_id="00101"))
    feed = await riverside.import_rows(client(1, id=id), client(2), patient(1, 1, client_id=id))
    if id.strip() == "00101":
        assert feed.state == "done"
    else:
        assert feed.state == "asking" and feed.why
        assert f"1 new ids of clients differ from known ids only in zeros, capitals or signs ({id} for 00101)" in (
            feed.why
        )
    assert len(await riverside.rows("SELECT id FROM clients")) == 2


@pytest.mark.parametrize(
    ("known", "new"), [("C-000500", "C-500"), ("OWN0007", "OWN7"), ("A1-0042", "a1-42"), ("C-12", "C12")]
)
async def test_zeros_and_signs_behind_a_prefix_ask(riverside: Clinic, known: str, new: str) -> None:
    await riverside.import_rows(client(1, id=known), client(2), client(3, id="C-50"))
    feed = await riverside.import_rows(client(1, id=new), client(2), client(3, id="C-50"), client(4, id="C-501"))
    assert feed.state == "asking" and feed.why and f"({new} for {known})" in feed.why


async def test_patients_written_in_another_way_ask_too(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), patient(1, 1, id="ab7"), patient(2, 1))
    feed = await riverside.import_rows(client(1), patient(1, 1, id="AB7"), patient(2, 1))
    assert feed.state == "asking" and feed.why and "new ids of patients" in feed.why and "AB7 for ab7" in feed.why


async def test_a_new_id_that_is_like_no_other_does_not_ask(riverside: Clinic) -> None:
    await riverside.import_rows(client(1, id="101"), patient(1, 1, client_id="101", id="101"))
    feed = await riverside.import_rows(
        client(1, id="101"), client(2, id="1010"), patient(2, 2, client_id="1010", id="11")
    )
    assert (feed.state, feed.new_clients, feed.new_patients) == ("done", 1, 1)


async def test_an_owner_written_in_another_way_is_said_and_gets_no_pet(riverside: Clinic) -> None:
    feed = await riverside.import_rows(
        client(1, id="00101"), client(2), patient(1, 1, client_id="101"), patient(2, 2), patient(3, 2)
    )
    assert (feed.state, feed.new_patients, feed.set_aside) == ("done", 2, 1)
    (aside,) = await riverside.rows("SELECT reason FROM set_aside")
    assert aside["reason"].endswith("was set aside. The id 00101 is like it.")


@pytest.mark.parametrize("email", ["none@none.com", "noemail@riverside.example", "N/A", "#REF!", "NULL"])
async def test_an_address_of_nobody_leaves_the_good_one(riverside: Clinic, email: str) -> None:
    await riverside.import_rows(client(1), client(2))
    feed = await riverside.import_rows(client(1, email=email), client(2))
    assert feed.state == "done" and await riverside.value("client", "C1", "email") == "c1@mail.example"


async def test_the_report_says_what_was_done(riverside: Clinic) -> None:
    feed = await riverside.import_rows(
        client(1, email="none@none.com", city="NULL"), patient(1, 1, weight_kg="1,234"), patient(2, 1, breed="\\N")
    )
    assert feed.notes[-3:] == [
        "feed.ndjson: A word like NULL or N/A was read as a blank cell (2 times, in lines 2, 4).",
        "feed.ndjson: email is typed where there is none: the value is left out (once, in line 2).",
        "feed.ndjson: weight_kg is more than any dog weighs (is the unit right?): the "
        "value is left out (once, in line 3).",
    ]
