"""Properties of merging that hold for all files."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pharmacy.merge.comparison import compare
from pharmacy.merge.frequencies import Frequencies
from pharmacy.merge.match import match
from pharmacy.merge.people import Patient, Person
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
        assert each.fields


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
