"""DP13: a client's name and address and a pet's name are never changed by a feed; they are kept as differing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.clinics import Clinic, client, patient


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("client", {"given_name": "Anna"}, "name"),
        ("client", {"surname": "Lee-Park"}, "name"),
        ("client", {"street": "9 Elm St"}, "address"),
        ("client", {"postcode": "99999"}, "address"),
        ("patient", {"name": "Max"}, "name"),
    ],
)
async def test_dp13_names_and_addresses_are_held_back(
    riverside: Clinic, kind: str, given: dict[str, Any], field: str
) -> None:
    await riverside.import_rows(client(1), patient(1, 1))
    before = await riverside.dump()
    one = client(1, **given) if kind == "client" else client(1)
    pet = patient(1, 1, **given) if kind == "patient" else patient(1, 1)
    feed = await riverside.import_rows(one, pet)
    after = await riverside.dump()
    assert (after["clients"], after["patients"], after["changes"]) == (before["clients"], before["patients"], [])
    assert (feed.differing, feed.updated_clients, feed.updated_patients) == (1, 0, 0)
    assert await riverside.differences() == [("C1" if kind == "client" else "P1", field, "open")]


async def test_dp13_what_differs_no_longer_is_gone(riverside: Clinic) -> None:
    await riverside.import_rows(client(1))
    await riverside.import_rows(client(1, street="9 Elm St"))
    await riverside.import_rows(client(1, street="1 MAIN st"))
    assert await riverside.differences() == [("C1", "address", "gone")]


async def test_dp13_capitals_are_no_difference(riverside: Clinic) -> None:
    await riverside.import_rows(client(1))
    feed = await riverside.import_rows(client(1, given_name="ANN", city="SPRINGFIELD"))
    assert (feed.differing, await riverside.differences()) == (0, [])


async def test_dp13_a_difference_seen_again_is_one_difference(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), client(2))
    await riverside.import_rows(client(1, street="9 Elm St"), client(2))
    await riverside.import_rows(client(1, street="9 Elm St"), client(2, email="x@mail.example"))
    (row,) = await riverside.rows("SELECT * FROM differences")
    assert (row["first_feed"], row["last_feed"], row["state"]) == (2, 3, "open")
    assert row["first_seen"] < row["last_seen"]
