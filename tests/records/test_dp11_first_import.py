"""DP11: what the first import copies; and everything of who is new later (DP12)."""

from __future__ import annotations

from tests.records.clinics import Clinic, client, patient


async def test_dp11_the_first_import_copies_clients_and_patients(riverside: Clinic) -> None:
    feed = await riverside.import_rows(client(1), client(2), patient(1, 1), patient(2, 1, age="3.5", birth_date=""))
    assert (feed.state, feed.new_clients, feed.new_patients, feed.set_aside) == ("done", 2, 2, 0)
    (found,) = await riverside.rows("SELECT * FROM clients WHERE id = 'C1'")
    assert found["given_name"] == "Ann" and found["surname"] == "Abbott" and found["street"] == "1 Main St"
    assert found["phone"] == "555-0101" and found["email"] == "c1@mail.example"
    rex, old = await riverside.rows("SELECT * FROM patients ORDER BY id")
    assert (rex["name"], rex["breed"], rex["weight_grams"]) == ("Rex-1", "Beagle", 12_500)
    assert str(rex["birth_date"]) == "2019-05-01" and rex["age_months"] is None
    assert old["birth_date"] is None and old["age_months"] == 42 and str(old["age_on"]) == "2026-11-01"


async def test_dp12_everything_of_who_is_new_later(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), patient(1, 1))
    feed = await riverside.import_rows(client(1), patient(1, 1), client(2), patient(2, 2), patient(3, 1))
    assert (feed.new_clients, feed.new_patients, feed.unchanged_clients, feed.unchanged_patients) == (1, 2, 1, 1)
    assert await riverside.value("patient", "P3", "breed") == "Beagle"
    assert await riverside.value("client", "C2", "feed") == 2


async def test_the_same_feed_twice_changes_nothing(riverside: Clinic) -> None:
    rows = client(1), client(2), patient(1, 1), patient(2, 2)
    await riverside.import_rows(*rows)
    before = await riverside.dump()
    again = await riverside.import_rows(*rows, note="the same rows in another file")
    assert (again.state, again.unchanged_clients, again.unchanged_patients, again.updated_patients) == ("done", 2, 2, 0)
    after = await riverside.dump()
    assert {**after, "feeds": None} == {**before, "feeds": None}


async def test_the_same_file_twice_is_one_feed(riverside: Clinic) -> None:
    first = await riverside.import_rows(client(1), patient(1, 1))
    again = await riverside.import_rows(client(1), patient(1, 1))
    assert again.number == first.number == 1
    assert again.finished_at == first.finished_at


async def test_names_that_a_database_could_misread(riverside: Clinic) -> None:
    names = ["a\\N", "a\\tb", "Robert'); DROP TABLE clients;--", "玉\\", "%s :name {0}", "Zoë O’Neil-Ñandú"]
    await riverside.import_rows(*[client(number, surname=name) for number, name in enumerate(names)])
    found = await riverside.rows("SELECT surname FROM clients ORDER BY id")
    assert [row["surname"] for row in found] == names
