"""DP9: what later feeds make of merges: a rival who comes late brings a merge in doubt, as if both had come at once."""

from __future__ import annotations

from typing import Any

import pytest

from pharmacy.records import home_delivery, review_queue
from pharmacy.records.difference_queries import open_differences
from pharmacy.records.differences import take_theirs
from pharmacy.records.review_decisions import decide_pair, undo_merge
from pharmacy.records.review_pairs import load_pair
from tests.records.clinics import Clinic, client, links, patient
from tests.records.reviewing import at_home

# The same name in the same house: father and son, or one client twice. Telephone and e-mail are nobody's.
FATHER = client(1, phone="", email="")
SON = client(1, id="C99", phone="", email="")


async def reasons(clinic: Clinic, who: str) -> list[str]:
    ((told),) = await clinic.rows("SELECT reasons FROM client_links WHERE client = :who", who=who)
    return list(told["reasons"])


async def number_of(clinic: Clinic, who: str, home: str = "H1") -> int:
    (row,) = await clinic.rows(
        "SELECT number FROM client_links WHERE client = :who AND home_client = :home", who=who, home=home
    )
    return int(row["number"])


@pytest.fixture
async def merged(riverside: Clinic) -> Clinic:
    await home_delivery.add_home_clients(riverside.engine, "riverside", [at_home(1, phone="", email="")])
    feed = await riverside.import_rows(FATHER)
    assert (feed.merged, feed.to_review) == (1, 0)
    return riverside


async def test_dp9_a_namesake_who_comes_later_brings_the_merge_in_doubt(merged: Clinic) -> None:
    feed = await merged.import_rows(FATHER, SON)
    assert (feed.merged, feed.to_review) == (0, 2)
    assert await links(merged) == [("C1", "H1", "review"), ("C99", "H1", "review")]
    assert (await reasons(merged, "C1"))[0].startswith("These two were merged; now somebody else fits as well")
    first = await review_queue.next_pair(merged.engine, "riverside")
    assert first is not None


async def test_dp9_it_is_as_if_both_had_come_at_once(merged: Clinic, hilltop: Clinic) -> None:
    await home_delivery.add_home_clients(hilltop.engine, "hilltop", [at_home(1, phone="", email="")])
    await hilltop.import_rows(FATHER, SON)
    await merged.import_rows(FATHER, SON)
    assert await links(merged) == await links(hilltop)


async def test_dp9_once_decided_it_stays_whoever_comes(merged: Clinic) -> None:
    await merged.import_rows(FATHER, SON)
    await decide_pair(merged.engine, "riverside", await number_of(merged, "C1"), "same", "ana", version=0)
    feed = await merged.import_rows(FATHER, SON, {**SON, "id": "C100"})
    assert feed.to_review == 0
    assert ("C1", "H1", "merged") in await links(merged)


async def test_dp9_a_merge_that_a_person_confirmed_is_not_in_doubt(merged: Clinic) -> None:
    await decide_pair(
        merged.engine, "riverside", await number_of(merged, "C1"), "same", "ana", version=0, checking=True
    )
    feed = await merged.import_rows(FATHER, SON)
    assert feed.to_review == 0
    assert await links(merged) == [("C1", "H1", "merged")]


@pytest.mark.parametrize(
    "late",
    [
        {"given_name": "Ottilie"},
        {"given_name": "", "street": "900 Elm Ave", "city": "Rockford", "postcode": "61101"},
        {"surname": "Nakamura"},
    ],
    ids=["a housemate", "somebody elsewhere", "another name"],
)
async def test_dp9_whoever_is_no_rival_brings_nothing_in_doubt(merged: Clinic, late: dict[str, Any]) -> None:
    feed = await merged.import_rows(FATHER, {**SON, **late})
    assert feed.to_review == 0
    assert await links(merged) == [("C1", "H1", "merged")]


async def test_dp9_a_merge_outlives_whatever_becomes_of_the_client(merged: Clinic) -> None:
    moved = {"street": "900 Elm Ave", "city": "Rockford", "postcode": "61101"}
    feed = await merged.import_rows({**FATHER, **moved}, client(8, surname=FATHER["surname"]))
    assert feed.to_review == 0
    assert await links(merged) == [("C1", "H1", "merged")]


async def test_dp9_a_merge_outlives_an_address_that_a_person_took(merged: Clinic) -> None:
    moved = {**FATHER, "street": "900 Elm Ave"}
    await merged.import_rows(moved)
    (difference,) = await open_differences(merged.engine, "riverside")
    await take_theirs(merged.engine, "riverside", difference.number, "ana", "He has moved.")
    feed = await merged.import_rows(moved, client(8, given_name="Otto", surname=FATHER["surname"]))
    assert feed.to_review == 0
    assert await links(merged) == [("C1", "H1", "merged")]


async def test_dp9_a_rival_who_shares_nothing_with_the_merged_client_is_seen_too(riverside: Clinic) -> None:
    """Only the home-delivery client lies between them: they were written down with different slips of the pen."""
    await home_delivery.add_home_clients(riverside.engine, "riverside", [at_home(1, surname="Abbott")])
    first = await riverside.import_rows(client(1, surname="Abbot", email=""))
    assert first.merged == 1
    later = await riverside.import_rows(
        client(1, surname="Abbot", email=""), client(1, id="C99", surname="Abbottt", phone="")
    )
    assert (later.merged, later.to_review) == (0, 2)


async def test_dp9_who_orders_at_home_since_the_last_feed_meets_those_who_were_there(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), client(2))
    await home_delivery.add_home_clients(riverside.engine, "riverside", [at_home(1)])
    feed = await riverside.import_rows(client(1), client(2, email="new@mail.example"))
    assert (feed.new_clients, feed.merged, feed.to_review) == (0, 0, 1)
    assert await links(riverside) == [("C1", "H1", "review")]


async def test_dp9_a_home_delivery_namesake_who_comes_later_brings_the_merge_in_doubt(merged: Clinic) -> None:
    await home_delivery.add_home_clients(merged.engine, "riverside", [at_home(1, id="H99", phone="", email="")])
    feed = await merged.import_rows(FATHER, patient(1, 1))
    assert feed.to_review == 2
    assert await links(merged) == [("C1", "H1", "review"), ("C1", "H99", "review")]


async def test_dp9_who_was_freed_from_a_wrong_merge_meets_the_others(merged: Clinic) -> None:
    number = await number_of(merged, "C1")
    await merged.import_rows(FATHER, {**SON, "given_name": "Anna"})
    seen = (await load_pair(merged.engine, "riverside", number)).version
    await undo_merge(merged.engine, "riverside", number, "ana", "He told me so.", version=seen)
    feed = await merged.import_rows(FATHER, {**SON, "given_name": "Ann"})
    assert ("C1", "H1", "undone") in await links(merged)
    assert ("C99", "H1", "review") in await links(merged)
    assert feed.to_review == 1
