"""DP9: imported clients meet the home-delivery clients; a merge is a link, one to one, and can be undone whole."""

from __future__ import annotations

from pharmacy.records import home_delivery
from tests.records.clinics import Clinic, client, links, patient
from tests.records.reviewing import at_home


async def test_dp9_a_matching_client_is_merged_and_says_why(riverside: Clinic) -> None:
    await home_delivery.add_home_clients(riverside.engine, "riverside", [at_home(1), at_home(7)])
    feed = await riverside.import_rows(client(1), client(2), patient(1, 1))
    assert (feed.merged, feed.to_review) == (1, 0)
    assert await links(riverside) == [("C1", "H1", "merged")]
    (link,) = await riverside.rows("SELECT * FROM client_links")
    assert link["reasons"] and link["by"] is None and link["feed"] == 1 and 0.99 <= link["score"] <= 1


async def test_dp9_a_housemate_is_not_the_same_person(riverside: Clinic) -> None:
    await home_delivery.add_home_clients(riverside.engine, "riverside", [at_home(1, given_name="Robert")])
    feed = await riverside.import_rows(client(1))
    assert feed.merged == 0


async def test_dp9_who_comes_with_a_later_feed_is_merged_too(riverside: Clinic) -> None:
    await home_delivery.add_home_clients(riverside.engine, "riverside", [at_home(1), at_home(2)])
    await riverside.import_rows(client(1))
    feed = await riverside.import_rows(client(1), client(2))
    assert feed.merged == 1
    assert await links(riverside) == [("C1", "H1", "merged"), ("C2", "H2", "merged")]


async def test_dp9_whom_an_earlier_feed_brought_is_never_merged_on_the_way(riverside: Clinic) -> None:
    """A later feed reads only some of the earlier clients, so what they agree in may seem rarer than it is."""
    await riverside.import_rows(client(1))
    await home_delivery.add_home_clients(riverside.engine, "riverside", [at_home(1)])
    feed = await riverside.import_rows(client(1), client(10))
    assert client(10)["surname"] == client(1)["surname"]
    assert (feed.merged, feed.to_review) == (0, 1)
    (link,) = await riverside.rows("SELECT * FROM client_links")
    assert (link["client"], link["home_client"], link["state"]) == ("C1", "H1", "review")
    assert link["reasons"][0].startswith("The client came with an earlier feed")


async def test_dp9_who_waits_for_review_is_a_rival_of_those_who_come_later(riverside: Clinic) -> None:
    await home_delivery.add_home_clients(riverside.engine, "riverside", [at_home(1)])
    slip = {"surname": "Abbot", "phone": "555 0101", "email": ""}
    first = await riverside.import_rows(client(1, **slip), client(1, id="C11", **slip))
    assert (first.merged, first.to_review) == (0, 2)
    later = await riverside.import_rows(client(1, **slip), client(1, id="C11", **slip), client(1, id="C21", email=""))
    assert (later.merged, later.to_review) == (0, 1)


async def test_dp9_another_clinics_home_delivery_clients_are_never_met(riverside: Clinic, hilltop: Clinic) -> None:
    await home_delivery.add_home_clients(riverside.engine, "hilltop", [at_home(1)])
    feed = await riverside.import_rows(client(1))
    assert (feed.merged, feed.to_review) == (0, 0)
