"""Compares the two clients of a pair for a person, field by field and pet by pet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pharmacy.merge.comparison import Comparison, compare
from pharmacy.merge.fold import split_words
from pharmacy.merge.frequencies import Frequencies
from pharmacy.merge.proposal import Verdict
from pharmacy.merge.reasons import compare_fields
from pharmacy.merge.record import normalize_person
from pharmacy.merge.rules import speaks_against
from pharmacy.records.review_pairs import Pair, Pet
from pharmacy.records.tables import CLIENT_VALUES

Level = Literal["same", "similar", "different", "missing", "unclear"]
"""`missing`: only one side has it. `unclear`: both have it, but it cannot be compared, such as an initial."""


@dataclass(frozen=True)
class FieldRow:
    """One field of both clients; empty if a side has none."""

    field: str
    imported: str
    home: str
    level: Level


@dataclass(frozen=True)
class PetRow:
    """A pet of one side, and the pet of the other side that seems to be the same, if any."""

    imported: Pet | None
    home: Pet | None
    level: Level


_LEVELS: dict[Verdict, Level] = {
    Verdict.SAME: "same",
    Verdict.SIMILAR: "similar",
    Verdict.DIFFERENT: "different",
    Verdict.UNKNOWN: "unclear",
}


def compare_pair_fields(pair: Pair) -> tuple[FieldRow, ...]:
    """Returns the fields that either side has, without the pets."""
    comparison = _compare(pair)
    if comparison is None:
        return _compare_plainly(pair)
    return tuple(
        FieldRow(each.field, each.imported, each.existing, _level(each.imported, each.existing, each.verdict))
        for each in compare_fields(pair.home.person, pair.imported.person, comparison)
        if each.field != "patients"
    )


def contradicting_fields(pair: Pair) -> tuple[str, ...]:
    """Returns the fields that differ if they speak against the two being one client, else none."""
    comparison = _compare(pair)
    if comparison is not None and not speaks_against(comparison):
        return ()
    return tuple(each.field for each in compare_pair_fields(pair) if each.level == "different")


def compare_pets(pair: Pair) -> tuple[PetRow, ...]:
    """Returns the pets of both sides; those that seem to be the same come first, side by side."""
    unmatched = list(pair.home.pets)
    shared, alone = [], []
    for pet in pair.imported.pets:
        same = next((other for other in unmatched if _may_be_same_pet(pet, other)), None)
        if same is None:
            alone.append(PetRow(pet, None, "missing"))
        else:
            unmatched.remove(same)
            shared.append(PetRow(pet, same, "same" if _agree(pet.breed, same.breed) else "similar"))
    return (*shared, *alone, *(PetRow(None, pet, "missing") for pet in unmatched))


def _compare(pair: Pair) -> Comparison | None:
    records = normalize_person(pair.home.person), normalize_person(pair.imported.person)
    return compare(*records, Frequencies(records))


def _compare_plainly(pair: Pair) -> tuple[FieldRow, ...]:
    """Compares two whose names both differ, since one of them was changed: merging does not compare such pairs."""
    sides = [(name, pair.imported.values[name], pair.home.values[name]) for name in CLIENT_VALUES]
    return tuple(
        FieldRow(name, one, other, _level(one, other, Verdict.SAME if _agree(one, other) else Verdict.DIFFERENT))
        for name, one, other in sides
        if one or other
    )


def _level(imported: str, home: str, verdict: Verdict) -> Level:
    if not imported or not home:
        return "missing"
    return _LEVELS[verdict]


def _may_be_same_pet(one: Pet, other: Pet) -> bool:
    return bool(one.name and other.name) and _agree(one.name, other.name) and _agree(one.species, other.species)


def _agree(one: str | None, other: str | None) -> bool:
    """Returns whether two texts are the same, as far as both are known."""
    return not one or not other or split_words(one) == split_words(other)
