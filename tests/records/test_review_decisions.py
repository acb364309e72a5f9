"""Deciding about pairs (DP9): links are one to one, what is different stays different, and all can be taken back."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from pharmacy.merge.processes import helper_processes
from pharmacy.records import matching, review_queue
from pharmacy.records.clinic import clinic_transaction as rows_of
from pharmacy.records.errors import AlreadyDecided, DecisionRefused
from pharmacy.records.review_decisions import Choice, decide_pair, undo_decision, undo_merge
from pharmacy.records.review_pairs import NoSuchPair, Pair, load_pair
from tests.records.clinics import Clinic, client, patient
from tests.records.reviewing import feed, import_with_home_clients, links, number_of, pair_of


async def decided(clinic: Clinic, found: Pair, choice: Choice, by: str = "ana", why: str = "", **more: Any) -> None:
    await decide_pair(clinic.engine, clinic.id, found.number, choice, by, why, version=found.version, **more)


async def taken_back(clinic: Clinic, number: int) -> None:
    last = (await load_pair(clinic.engine, clinic.id, number)).last_decision
    assert last
    await undo_decision(clinic.engine, clinic.id, number, last.number, "ben")


async def link_rows(clinic: Clinic) -> list[dict[str, Any]]:
    return await clinic.rows("SELECT * FROM client_links ORDER BY number")


async def clients_of(clinic: Clinic) -> dict[str, Any]:
    return {name: rows for name, rows in (await clinic.dump()).items() if name != "client_links"}


async def proposed(clinic: Clinic, number: int) -> set[tuple[str, str]]:
    """What merging makes of a feed as things stand."""
    async with (
        rows_of(clinic.engine, clinic.id) as connection,
        helper_processes() as helpers,
        matching.home_search(connection, clinic.id, number, 1, helpers) as home,
    ):
        found = await home.propose(await helpers.find(home.numbers, home.imported()), helpers)
    return {(each.imported, each.existing) for each in found}


async def test_dp9_different_is_remembered_for_ever(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    found = await pair_of(riverside, "C1", "H1")
    # A housemate who comes later makes merging look at the whole household again.
    mate = client(1, given_name="Ottilie", phone="555-9999", email="ottilie@mail.example")
    again = await riverside.import_rows(*feed(), {**mate, "id": "C90"})
    assert ("C1", "H1") in await proposed(riverside, again.number), "or this test shows nothing"
    await decided(riverside, found, "different", why="She told me that he is her father.")
    for number in (91, 92):
        last = await riverside.import_rows(*feed(), {**mate, "id": f"C{number}"}, patient(1, 1, weight_kg=number))
        assert ("C1", "H1") not in await proposed(riverside, last.number)
    assert (await links(riverside))["C1", "H1"] == "different"
    assert await review_queue.next_pair(riverside.engine, "riverside") != found.number


async def test_dp9_the_same_is_one_to_one(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    one, twin = await pair_of(riverside, "C6", "H6"), await pair_of(riverside, "C26", "H6")
    assert (await review_queue.practice_queue(riverside.engine, "riverside")).pairs == 5
    await decided(riverside, one, "same")
    assert (await review_queue.practice_queue(riverside.engine, "riverside")).pairs == 3
    for choice in ("same", "different"):
        with pytest.raises(DecisionRefused, match="merged with somebody else"):
            await decided(riverside, twin, choice)
    hidden = await pair_of(riverside, "C26", "H6")
    assert hidden.conflicting_merge
    assert hidden.conflicting_merge.number == one.number
    await taken_back(riverside, one.number)
    assert (await review_queue.practice_queue(riverside.engine, "riverside")).pairs == 5
    await decided(riverside, twin, "same")
    assert (await links(riverside))["C26", "H6"] == "merged"


async def test_dp9_taking_back_gives_exactly_what_was_there_even_after_later_edits(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    before = await link_rows(riverside)
    waits, merged = await pair_of(riverside, "C1", "H1"), await pair_of(riverside, "C4", "H4")
    await decided(riverside, waits, "same", why="Asked.")
    await undo_merge(riverside.engine, "riverside", merged.number, "ben", "Two brothers.", version=merged.version)
    after = await link_rows(riverside)
    assert [row["state"] for row in after if row["number"] in (waits.number, merged.number)] == ["merged", "undone"]
    await riverside.import_rows(client(1, email="new@mail.example"), client(4), patient(1, 1, weight_kg=30))
    edited = await clients_of(riverside)
    await taken_back(riverside, waits.number)
    await taken_back(riverside, merged.number)
    assert await link_rows(riverside) == before
    assert await clients_of(riverside) == edited, "the clients themselves are not touched by any of it"


@pytest.mark.parametrize("seed", range(4))
async def test_dp9_any_row_of_decisions_can_be_taken_back_one_by_one(riverside: Clinic, seed: int) -> None:
    """Whatever was decided in whatever order, each step back gives the link as it was before that step."""
    await import_with_home_clients(riverside)
    chance, number = Random(seed), await number_of(riverside, "C1" if seed % 2 else "C4", "H1" if seed % 2 else "H4")
    before: list[list[dict[str, Any]]] = []
    for step in range(12):
        now, found = await link_rows(riverside), await load_pair(riverside.engine, "riverside", number)
        if before and chance.random() < 0.3:
            await taken_back(riverside, number)
            assert await link_rows(riverside) == before.pop()
        elif found.state == "merged" and chance.random() < 0.5:
            before.append(now)
            await undo_merge(riverside.engine, "riverside", number, f"p{step}", "Two.", version=found.version)
        elif found.state == "review" or (found.state == "merged" and found.by is None):
            before.append(now)
            choice: Choice = chance.choice(["same", "different", "not_sure"])
            await decided(riverside, found, choice, f"p{step}", why=f"Step {step}.", checking=True)
    while before:
        await taken_back(riverside, number)
        assert await link_rows(riverside) == before.pop()
    found = await load_pair(riverside.engine, "riverside", number)
    assert found.last_decision is None
    assert len(found.decisions) > 3, "all of it stays on record"


async def test_dp9_two_people_at_once(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    found = await pair_of(riverside, "C1", "H1")
    choices: list[Choice] = ["same", "different", "same", "different"]
    done = await asyncio.gather(
        *(decided(riverside, found, choice, f"p{number}") for number, choice in enumerate(choices)),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == [*["AlreadyDecided"] * 3, "NoneType"]
    (only,) = (await pair_of(riverside, "C1", "H1")).decisions
    assert all(only.by in str(each) for each in done if each is not None), "each is told who was quicker"


async def test_dp9_what_was_seen_counts_and_not_only_the_state(riverside: Clinic) -> None:
    """A merge that was checked is a merge still, and a pair whose decision was taken back waits again."""
    await import_with_home_clients(riverside)
    merged, waits = await pair_of(riverside, "C4", "H4"), await pair_of(riverside, "C1", "H1")
    await decided(riverside, merged, "same", "ana", checking=True)
    with pytest.raises(AlreadyDecided, match=r"ana has decided .* the same"):
        await decided(riverside, merged, "different", "ben", checking=True)
    await decided(riverside, waits, "different", "ana")
    await taken_back(riverside, waits.number)
    with pytest.raises(AlreadyDecided, match="ben has taken back"):
        await decided(riverside, waits, "same", "cleo")
    assert (await links(riverside))["C4", "H4"] == "merged"


async def test_dp9_two_people_merge_rivals_at_once(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    pairs = [await pair_of(riverside, "C6", "H6"), await pair_of(riverside, "C26", "H6")]
    done = await asyncio.gather(*(decided(riverside, each, "same") for each in pairs), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["DecisionRefused", "NoneType"]
    found = await links(riverside)
    assert sorted(found[imported, "H6"] for imported in ("C6", "C26")) == ["merged", "review"]


async def test_dp9_a_feed_that_merges_at_the_same_moment_comes_first(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    one, twin = await pair_of(riverside, "C6", "H6"), await pair_of(riverside, "C26", "H6")
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with rows_of(riverside.engine, "riverside") as connection:
        await connection.execute(
            text("UPDATE client_links SET state = 'merged' WHERE number = :number"), {"number": twin.number}
        )
        deciding = asyncio.create_task(decided(riverside, one, "same"))
        async with riverside.engine.connect() as watching:
            while not await watching.scalar(waits):
                assert not deciding.done()
    with pytest.raises(DecisionRefused, match="merged with somebody else"):
        await deciding
    assert (await pair_of(riverside, "C6", "H6")).decisions == ()


async def test_dp9_only_the_last_decision_is_taken_back_and_only_once(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    number = await number_of(riverside, "C1", "H1")
    await decided(riverside, await pair_of(riverside, "C1", "H1"), "not_sure")
    await decided(riverside, await pair_of(riverside, "C1", "H1"), "different")
    first, second = (await pair_of(riverside, "C1", "H1")).decisions
    with pytest.raises(AlreadyDecided, match="two people"):
        await undo_decision(riverside.engine, "riverside", number, first.number, "ben")
    done = await asyncio.gather(
        *(undo_decision(riverside.engine, "riverside", number, second.number, f"p{each}") for each in range(3)),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == ["AlreadyDecided", "AlreadyDecided", "LinkDecision"]


async def test_dp9_not_sure_waits_behind_the_others(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    first = await review_queue.next_pair(riverside.engine, "riverside")
    order = []
    for _ in range(5):
        number = await review_queue.next_pair(riverside.engine, "riverside")
        assert number
        order.append(number)
        await decided(riverside, await load_pair(riverside.engine, "riverside", number), "not_sure")
    assert len(set(order)) == 5
    assert await review_queue.next_pair(riverside.engine, "riverside") == first
    await taken_back(riverside, order[4])
    assert await review_queue.next_pair(riverside.engine, "riverside") == order[4]


async def test_dp9_parting_needs_a_reason_and_a_merge(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    merged, waits = await pair_of(riverside, "C4", "H4"), await pair_of(riverside, "C1", "H1")
    with pytest.raises(DecisionRefused, match="Say why"):
        await undo_merge(riverside.engine, "riverside", merged.number, "ana", "  ", version=0)
    with pytest.raises(AlreadyDecided):
        await undo_merge(riverside.engine, "riverside", waits.number, "ana", "No.", version=0)
    with pytest.raises(AlreadyDecided):
        await decided(riverside, merged, "different")
    assert (await links(riverside))["C4", "H4"] == "merged"


async def test_another_clinics_pair_does_not_exist(riverside: Clinic, hilltop: Clinic) -> None:
    await import_with_home_clients(riverside)
    await import_with_home_clients(hilltop)
    theirs = await number_of(hilltop, "C1", "H1")
    with pytest.raises(NoSuchPair):
        await load_pair(riverside.engine, "riverside", theirs)
    with pytest.raises(NoSuchPair):
        await decide_pair(riverside.engine, "riverside", theirs, "same", "ana", version=0)
    assert [each.pairs for each in await review_queue.practice_queues(riverside.engine)] == [5, 5]
    assert await review_queue.search_merges(riverside.engine, "riverside", "100%") == []
    assert {each.imported_id for each in await review_queue.search_merges(riverside.engine, "riverside", "h4")} == {
        "C4"
    }
