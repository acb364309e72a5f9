"""How often the automatic rule is wrong (DP9): drawn at random, checked unseen, told with an interval."""

from __future__ import annotations

from math import comb

import pytest
from sqlalchemy import text

from pharmacy.records import home_delivery, review_sample
from pharmacy.records.review_decisions import Choice, decide_pair, undo_decision, undo_merge
from pharmacy.records.review_pairs import load_pair
from pharmacy.records.review_queue import next_pair
from pharmacy.records.review_sample import ErrorRate, clopper_pearson, error_rate, total_rate
from tests.records.clinics import Clinic, client
from tests.records.reviewing import at_home, import_with_home_clients, number_of, pair_of


@pytest.mark.parametrize(("hits", "of"), [(0, 200), (1, 200), (5, 10), (10, 10), (0, 1), (199, 200), (3, 20_000)])
def test_the_interval_is_that_of_clopper_and_pearson(hits: int, of: int) -> None:
    """Were the true share at a bound, what was seen or more of it would happen in 25 of 1,000 samples."""
    low, high = clopper_pearson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1
    if hits:
        assert 1 - sum(_chance(each, of, low) for each in range(hits)) == pytest.approx(0.025, rel=1e-6)
    if hits < of:
        assert sum(_chance(each, of, high) for each in range(hits + 1)) == pytest.approx(0.025, rel=1e-6)
    assert (low == 0) == (hits == 0)
    assert (high == 1) == (hits == of)


def _chance(hits: int, of: int, share: float) -> float:
    return comb(of, hits) * share**hits * (1 - share) ** (of - hits)


def test_nothing_checked_says_nothing() -> None:
    assert clopper_pearson(0, 0) == (0, 1)


async def check(clinic: Clinic, choice: Choice) -> int:
    """Decides the next pair of the queue with automatic merges mixed in."""
    number = await next_pair(clinic.engine, clinic.id, checking=True)
    assert number
    found = await load_pair(clinic.engine, clinic.id, number)
    await decide_pair(clinic.engine, clinic.id, number, choice, "ana", version=found.version, checking=True)
    return number


async def measured(clinic: Clinic) -> ErrorRate:
    found = await error_rate(clinic.engine, clinic.id)
    assert found
    return found


async def test_dp9_checked_merges_measure_the_rule(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    assert (await measured(riverside)).share is None
    first, second = await pair_of(riverside, "C4", "H4"), await pair_of(riverside, "C5", "H5")
    await decide_pair(riverside.engine, "riverside", first.number, "same", "ana", version=0, checking=True)
    found = await measured(riverside)
    assert (found.merged, found.checked, found.wrong, found.left) == (2, 1, 0, 1)
    await decide_pair(riverside.engine, "riverside", second.number, "different", "ana", version=0, checking=True)
    found = await measured(riverside)
    assert (found.merged, found.checked, found.wrong, found.left, found.share) == (1, 2, 1, 0, 0.5)
    last = (await pair_of(riverside, "C5", "H5")).last_decision
    assert last
    await undo_decision(riverside.engine, "riverside", second.number, last.number, "ana")
    found = await measured(riverside)
    assert (found.merged, found.checked, found.wrong, found.left) == (2, 1, 0, 1)


async def test_dp9_only_what_was_drawn_counts(riverside: Clinic) -> None:
    """A complaint finds wrong merges and no right ones; but what was checked and then found wrong is wrong."""
    await import_with_home_clients(riverside)
    first, second = await pair_of(riverside, "C4", "H4"), await pair_of(riverside, "C5", "H5")
    await undo_merge(riverside.engine, "riverside", first.number, "ana", "A complaint.", version=0)
    found = await measured(riverside)
    assert (found.merged, found.checked, found.wrong, found.left) == (1, 0, 0, 1)
    await decide_pair(riverside.engine, "riverside", second.number, "same", "ana", version=0, checking=True)
    seen = (await pair_of(riverside, "C5", "H5")).version
    await undo_merge(riverside.engine, "riverside", second.number, "ana", "Another complaint.", version=seen)
    found = await measured(riverside)
    assert (found.checked, found.wrong) == (1, 1)


async def test_dp9_reviewed_pairs_are_counted_apart(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    for imported, choice in (("C1", "same"), ("C2", "different"), ("C3", "not_sure")):
        number = await number_of(riverside, imported, imported.replace("C", "H"))
        await decide_pair(riverside.engine, "riverside", number, choice, "ana", version=0)  # type: ignore[arg-type]
    found = await measured(riverside)
    assert (found.reviewed, found.same, found.checked, found.merged) == (2, 1, 0, 2)


async def test_dp9_merges_are_mixed_in_and_a_person_made_none_of_them(riverside: Clinic) -> None:
    await import_with_home_clients(riverside)
    mine = await number_of(riverside, "C1", "H1")
    await decide_pair(riverside.engine, "riverside", mine, "same", "ana", version=0)
    shown = [await check(riverside, "not_sure") for _ in range(6)]
    merges = {await number_of(riverside, f"C{each}", f"H{each}") for each in (4, 5)}
    assert merges < set(shown)
    assert mine not in shown
    assert len(set(shown)) == 6
    assert (await measured(riverside)).checked == 0, "not sure is no answer"


async def test_dp9_the_sample_has_an_end(riverside: Clinic) -> None:
    """Of many merges a part is drawn, by chance: not the first ones, nor those with the lowest score."""
    many = range(1, 31)
    await home_delivery.add_home_clients(riverside.engine, "riverside", [at_home(each) for each in many])
    await riverside.import_rows(*(client(each) for each in many))
    drawn = text(review_sample.IN_SAMPLE.replace("200", "10"))
    async with riverside.engine.connect() as connection:
        numbers = [row.number for row in await connection.execute(drawn, {"practice": "riverside"})]
    assert len(numbers) == len(set(numbers)) == 10
    assert numbers != sorted(numbers)
    assert set(numbers) != set(range(min(numbers), min(numbers) + 10))
    found = await measured(riverside)
    assert (found.merged, found.left) == (30, 30)


def test_all_practices_together() -> None:
    one = ErrorRate("a", "A", merged=100, checked=50, wrong=1, left=50, reviewed=10, same=7)
    whole = total_rate([one, ErrorRate("b", "B", merged=10, checked=0, wrong=0, left=10, reviewed=0, same=0)])
    assert (whole.merged, whole.checked, whole.wrong, whole.left, whole.reviewed, whole.same) == (110, 50, 1, 60, 10, 7)
    assert whole.share == 0.02
    assert total_rate([]).bounds == (0.0, 1.0)
