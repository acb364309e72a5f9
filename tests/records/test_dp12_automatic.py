"""DP12: what later feeds update by themselves: weight, deceased status and e-mail, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.clinics import Clinic, client, patient


@pytest.mark.parametrize(
    ("given", "column", "value"),
    [
        ({"weight_kg": 13}, "weight_grams", 13_000),
        ({"deceased": True}, "deceased", True),
        ({"deceased_on": "2026-10-30"}, "deceased", True),
    ],
)
async def test_dp12_weight_and_deceased_are_updated(
    riverside: Clinic, given: dict[str, Any], column: str, value: Any
) -> None:
    many = [patient(number, 1) for number in range(2, 15)]
    await riverside.import_rows(client(1), patient(1, 1), *many)
    row = patient(1, 1, **given)
    if "deceased_on" in given:
        del row["deceased"]
    feed = await riverside.import_rows(client(1), row, *many)
    assert (feed.state, feed.updated_patients, feed.differing) == ("done", 1, 0)
    assert await riverside.value("patient", "P1", column) == value
    (change,) = await riverside.rows("SELECT * FROM changes")
    assert (change["id"], change["source"], change["feed"], change["by"]) == ("P1", "feed", 2, None)
    assert change["new"][column] == value and change["old"][column] != value


async def test_dp12_email_is_updated_and_a_blank_says_nothing(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), client(2))
    feed = await riverside.import_rows(client(1, email="new@mail.example"), client(2, email=""))
    assert feed.updated_clients == 1
    assert await riverside.value("client", "C1", "email") == "new@mail.example"
    assert await riverside.value("client", "C2", "email") == "c2@mail.example"


async def test_dp12_alive_again_is_updated_too(riverside: Clinic) -> None:
    many = [patient(number, 1) for number in range(2, 15)]
    await riverside.import_rows(client(1), patient(1, 1, deceased=True, deceased_on="2026-01-05"), *many)
    await riverside.import_rows(client(1), patient(1, 1, deceased=False), *many)
    assert await riverside.value("patient", "P1", "deceased") is False
    assert await riverside.value("patient", "P1", "deceased_on") is None


@pytest.mark.parametrize(
    ("kind", "given", "field", "column"),
    [
        ("client", {"phone": "555-9999"}, "phone", "phone"),
        ("patient", {"breed": "Poodle"}, "breed", "breed"),
        ("patient", {"species": "cat"}, "species", "species"),
        ("patient", {"birth_date": "2015-01-01"}, "age", "birth_date"),
        ("patient", {"client_id": "C2"}, "owner", "client"),
    ],
)
async def test_dp12_what_stands_in_neither_list_is_held_back(
    riverside: Clinic, kind: str, given: dict[str, Any], field: str, column: str
) -> None:
    await riverside.import_rows(client(1), client(2), patient(1, 1))
    id = "C1" if kind == "client" else "P1"
    before = await riverside.value(kind, id, column)
    one = client(1, **given) if kind == "client" else client(1)
    pet = patient(1, 1, **given) if kind == "patient" else patient(1, 1)
    feed = await riverside.import_rows(one, client(2), pet)
    assert (feed.differing, feed.updated_clients, feed.updated_patients) == (1, 0, 0)
    assert await riverside.value(kind, id, column) == before
    assert await riverside.differences() == [(id, field, "open")]
