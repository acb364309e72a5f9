"""Properties of merging that hold for all files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.matching import Sides, families, practice
from pharmacy.merge.address import parse_address, split_street
from pharmacy.merge.candidates import CandidateSearch
from pharmacy.merge.comparison import compare
from pharmacy.merge.frequencies import Frequencies
from pharmacy.merge.match import make_proposals, match
from pharmacy.merge.people import Patient, Person
from pharmacy.merge.proposal import Proposal
from pharmacy.merge.record import normalize_person

GIVEN = ["John", "Jon", "Jack", "Mary", "Mark", "J", "", "Maria Elena", "Maria", "José", "John Jr", "John & Mary", "伟"]
SURNAMES = ["Smith", "Smyth", "Smith-Jones", "Garcia Lopez", "", "Mary", "Nguyen"]
STREETS = [
    "12 Main St",
    "12 Main Street Apt 4",
    "4/12 Main St",
    "14 Main St",
    "PO Box 7",
    "Main Street",
    "9 Oak Ave",
    "",
]

IN_STREETS = """
main st Main St. Street N ave apt unit Apt. box PO Box rr Hwy county road cottage Rear basement law in laws a b
Cottage upper floor Queens Blvd suite # lot
""".split()  # noqa: SIM905

people = st.builds(
    Person,
    st.just(""),
    st.sampled_from(GIVEN),
    st.sampled_from(SURNAMES),
    st.sampled_from(STREETS),
    st.sampled_from(["Springfield", "Sprinfield", ""]),
    st.just("IL"),
    st.sampled_from(["62701", "62710", ""]),
    st.sampled_from(["217 555 0101", "(217) 555-0102", ""]),
    st.sampled_from(["smith@example.com", "j.s@example.com", ""]),
    st.lists(st.sampled_from([Patient("Bella"), Patient("Max", "dog"), Patient("Max", "cat")]), max_size=2).map(tuple),
)
anything = st.builds(Person, st.just(""), *[st.text(max_size=40)] * 8)


def numbered(persons: list[Person], side: str) -> list[Person]:
    return [replace(person, id=f"{side}{number}") for number, person in enumerate(persons)]


files = st.tuples(
    st.lists(people, max_size=8).map(lambda each: numbered(each, "h")),
    st.lists(people, max_size=8).map(lambda each: numbered(each, "c")),
)


@given(files)
@settings(max_examples=200, deadline=None)
def test_nobody_is_merged_twice_so_chains_never_form(sides: tuple[list[Person], list[Person]]) -> None:
    merged = [each for each in match(*sides) if each.decision == "merge"]
    assert max(Counter(each.existing for each in merged).values(), default=1) == 1
    assert max(Counter(each.imported for each in merged).values(), default=1) == 1


@given(files)
@settings(max_examples=100, deadline=None)
def test_who_is_merged_is_in_no_review(sides: tuple[list[Person], list[Person]]) -> None:
    proposals = match(*sides)
    merged = {name for each in proposals if each.decision == "merge" for name in (each.existing, each.imported)}
    reviewed = {name for each in proposals if each.decision == "review" for name in (each.existing, each.imported)}
    assert not merged & reviewed


@given(files, st.integers())
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_files_does_not_matter(sides: tuple[list[Person], list[Person]], seed: int) -> None:
    existing, imported = sides
    chance = Random(seed)
    shuffled = match(chance.sample(existing, len(existing)), iter(chance.sample(imported, len(imported))))
    assert shuffled == match(existing, imported)


@given(files)
@settings(max_examples=100, deadline=None)
def test_a_pair_found_different_never_comes_back(sides: tuple[list[Person], list[Person]]) -> None:
    first = {(each.existing, each.imported) for each in match(*sides)}
    again = {(each.existing, each.imported) for each in match(*sides, different=first)}
    assert not first & again


@given(files)
@settings(max_examples=100, deadline=None)
def test_every_pair_says_why(sides: tuple[list[Person], list[Person]]) -> None:
    for each in match(*sides):
        assert each.reasons
        assert all(reason.endswith(".") for reason in each.reasons)
        assert 0 <= each.score <= 1


def decided_plainly(existing: list[Person], imported: list[Person]) -> list[Proposal]:
    """What the rules decide without exceptions where every candidate pair is compared in full."""
    ids = [person.id for person in existing]
    return make_proposals(ids, CandidateSearch(existing, households=True).find(imported))


@given(files)
@settings(max_examples=300, deadline=None)
def test_pairs_that_are_not_compared_in_full_would_change_no_decision(sides: tuple[list[Person], list[Person]]) -> None:
    assert match(*sides, strict=True) == decided_plainly(*sides)


@pytest.mark.parametrize("made", [lambda: families(3, 1_500), lambda: practice(3, 1_500, 6_000)])
def test_nor_would_they_among_many_clients(made: Callable[[], Sides]) -> None:
    sides = made()
    decided = match(sides.existing, sides.imported, strict=True)
    assert len(decided) > 800
    assert decided == decided_plainly(sides.existing, sides.imported)


words = st.lists(
    st.sampled_from(IN_STREETS) | st.text("abcN .", min_size=1, max_size=4),
    min_size=1,
    max_size=6,
).map(" ".join)


@given(st.integers(0, 99_999).map(str), words, st.sampled_from(["", "62701", "12", "main", "st", "SW1A 1AA", "0"]))
@settings(max_examples=500, deadline=None)
def test_a_street_that_was_read_before_is_read_as_before(number: str, name: str, postcode: str) -> None:
    for each in ("7", number):
        address = parse_address(f"{each} {name}", "", "", postcode)
        assert address[:4] == split_street(f"{each} {name}", address.postcode)


@given(people, people)
@settings(max_examples=300, deadline=None)
def test_evidence_is_the_same_from_either_side(one: Person, other: Person) -> None:
    left, right = normalize_person(one), normalize_person(other)
    frequencies = Frequencies([left, right])
    assert compare(left, right, frequencies) == compare(right, left, frequencies)


@given(anything, anything)
@example(Person(id="", surname=","), Person(id="", surname=" ;,, "))
@settings(max_examples=300, deadline=None)
def test_whatever_people_write_is_read(one: Person, other: Person) -> None:
    match([replace(one, id="h")], [replace(other, id="c")])
