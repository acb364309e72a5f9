"""The one exception from M1 to M3: files with one client per household, measured and never assumed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.matching import FEBRL_LIKE, alone, housemates
from pharmacy.merge.households import Conflicts, HouseholdCounter, has_one_per_household
from pharmacy.merge.match import MatchCounts, match
from pharmacy.merge.record import normalize_person
from tests.merge.pairs import ANN, bare


def household(clients: int, couples: int) -> HouseholdCounter:
    counted = HouseholdCounter()
    for number in range(clients):
        one = bare(ANN, surname=f"Okafor{number}")
        counted.add(normalize_person(one))
        if number < couples:
            counted.add(normalize_person(replace(one, given_name="Mark")))
    return counted


FEW = Conflicts(agreeing=900, given_name=90, surname=40)


@pytest.mark.parametrize(
    ("clients", "couples", "conflicts", "expected"),
    [
        (5_000, 0, FEW, True),
        (5_000, 4, FEW, True),
        (5_000, 6, FEW, False),
        (1_000, 0, FEW, False),  # too few to know
        (5_000, 0, Conflicts(900, 300, 300), False),  # too many other given names for wrong entries
        (5_000, 0, Conflicts(900, 90, 10), False),  # given names differ, surnames do not: couples
        (5_000, 0, Conflicts(0, 0, 0), False),
    ],
)
def test_one_client_a_household_is_believed_only_when_measured(
    clients: int, couples: int, conflicts: Conflicts, expected: bool
) -> None:
    assert has_one_per_household(household(clients, couples), household(5_000, 0), conflicts) is expected
    assert has_one_per_household(household(5_000, 0), household(clients, couples), conflicts) is expected


def test_clients_of_whom_it_cannot_be_known_do_not_count() -> None:
    counted = HouseholdCounter()
    for number in range(5_000):
        counted.add(normalize_person(bare(ANN, surname=f"Okafor{number}", street="")))
    assert not has_one_per_household(counted, household(5_000, 0), FEW)


def test_houses_without_numbers_show_their_households_too() -> None:
    counted = HouseholdCounter()
    for given in ("Rosalind", "Mark"):
        counted.add(normalize_person(bare(ANN, given_name=given, street="Main Street")))
    assert counted.housemates == 1


def test_the_order_of_clients_does_not_change_the_count() -> None:
    people = [bare(ANN, given_name=given) for given in ("Rosalind", "Mark", "Mark", "Ngozi")]
    counts = set()
    for order in (people, people[::-1], people[1:] + people[:1]):
        counted = HouseholdCounter()
        for person in order:
            counted.add(normalize_person(person))
        counts.add(counted.housemates)
    assert counts == {1}


def test_files_with_housemates_keep_the_rule_and_files_without_do_not_need_it() -> None:
    assert FEBRL_LIKE  # the mistakes that both are made with
    counts = MatchCounts()
    sides = alone(7, 2_000)
    match(sides.existing, sides.imported, counts=counts)
    assert counts.one_per_household
    strict = MatchCounts()
    merged = [
        each for each in match(sides.existing, sides.imported, strict=True, counts=strict) if each.decision == "merge"
    ]
    assert not strict.one_per_household
    assert len(merged) < 0.9 * len(sides.same)
    counts = MatchCounts()
    sides = housemates(7, 2_000)
    match(sides.existing, sides.imported, counts=counts)
    assert not counts.one_per_household


def test_housemates_that_are_spread_over_the_two_files_are_noticed() -> None:
    """The second file has half of the clients, and of the others only a housemate."""
    sides = housemates(7, 4_000, both=False)
    own = {f"i{each.id}" for each in sides.existing[::2]}
    others = {f"h{each.id}" for each in sides.existing[1::2]}
    imported = [each for each in sides.imported if each.id in own | others]
    counts = MatchCounts()
    proposals = match(sides.existing, imported, counts=counts)
    assert not counts.one_per_household
    wrong = [each for each in proposals if each.decision == "merge" and each.imported[0] == "h"]
    # Chance gives a few housemates another form of the same name, Steven and Stephen, as no parents would.
    assert len(wrong) * 300 <= len(proposals)
