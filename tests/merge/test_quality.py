"""How accurate merging is on generated clients whose identity is known; docs/merging.md has the whole table."""

from __future__ import annotations

import pytest

from bench.matching import QUALITY, Score, Sides, alone, housemates, interval, practice
from pharmacy.merge.match import MatchCounts, match


def scored(*all_sides: Sides) -> Score:
    score = Score()
    for sides in all_sides:
        score.add(sides)
    return score


def test_dp9_name_and_address_alone_are_enough_where_nobody_shares_a_household() -> None:
    score = scored(alone(11, 2_500))
    assert score.wrong * 1_000 <= score.merged
    assert score.recall >= 0.95


@pytest.mark.parametrize("both", [True, False])
def test_dp9_housemates_are_not_merged(both: bool) -> None:
    score = scored(housemates(11, 2_500, both=both), housemates(12, 2_500, both=both))
    assert score.wrong * 1_000 <= score.merged
    assert score.recall >= 0.80


def test_dp9_a_practice_with_families_gives_people_little_to_review() -> None:
    score = scored(practice(11, 1_500, 7_500))
    assert score.wrong * 1_000 <= score.merged
    assert score.recall >= 0.85
    assert score.review <= 0.03 * score.imported


def test_the_pairs_compared_for_each_client_stay_constant() -> None:
    compared = []
    for size in (1_000, 4_000):
        counts = MatchCounts()
        sides = practice(11, size, 5 * size)
        match(sides.existing, iter(sides.imported), counts=counts)
        compared.append(counts.compared / counts.imported)
    assert max(compared) < 8
    assert compared[1] < 1.2 * compared[0]


def test_the_interval_of_a_share() -> None:
    assert interval(0, 1_000) == pytest.approx((0, 0.0038), abs=1e-4)
    assert interval(950, 1_000) == pytest.approx((0.9347, 0.9618), abs=1e-4)


def test_the_table_is_of_the_goals() -> None:
    assert [goal for _, _, goal in QUALITY] == [0.95, 0.80, 0.80, 0.93, None]
