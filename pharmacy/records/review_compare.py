"""Two clients side by side, for a person: field by field and pet by pet, with how each compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pharmacy.merge.comparison import Comparison, compare
from pharmacy.merge.fold import split_words
from pharmacy.merge.frequencies import Frequencies
from pharmacy.merge.proposal import Verdict
from pharmacy.merge.reasons import compare_fields
from pharmacy.merge.record import normalize_person
from pharmacy.records.review_pairs import Pair, Pet
from pharmacy.records.tables import CLIENT_VALUES

How = Literal["same", "similar", "different", "missing", "unclear"]
"""`missing`: only one side has it; `unclear`: both do, and it cannot be compared, such as an initial."""


@dataclass(frozen=True)
class Line:
    """One field of both clients; empty where a side has none."""

    field: str
    imported: str
    home: str
    how: How


@dataclass(frozen=True)
class PetLine:
    """A pet of either side beside the one of the other side that it seems to be, if there is one."""

    imported: Pet | None
    home: Pet | None
    how: How


_HOW: dict[Verdict, How] = {
    Verdict.SAME: "same",
    Verdict.SIMILAR: "similar",
    Verdict.DIFFERENT: "different",
    Verdict.UNKNOWN: "unclear",
}


def fields(pair: Pair) -> tuple[Line, ...]:
    """All fields that either side has, but the pets."""
    home, imported = pair.home.person, pair.imported.person
    records = normalize_person(home), normalize_person(imported)
    comparison: Comparison | None = compare(*records, Frequencies(records))
    if comparison is None:
        return _plainly(pair)
    return tuple(
        Line(each.field, each.imported, each.existing, _how(each.imported, each.existing, each.verdict))
        for each in compare_fields(home, imported, comparison)
        if each.field != "patients"
    )


def pets(pair: Pair) -> tuple[PetLine, ...]:
    """The pets of both, those that seem to be one beside each other and first."""
    there = list(pair.home.pets)
    both, alone = [], []
    for pet in pair.imported.pets:
        found = next((other for other in there if _alike(pet, other)), None)
        if found is None:
            alone.append(PetLine(pet, None, "missing"))
        else:
            there.remove(found)
            both.append(PetLine(pet, found, "same" if _agree(pet.breed, found.breed) else "similar"))
    return (*both, *alone, *(PetLine(None, pet, "missing") for pet in there))


def _plainly(pair: Pair) -> tuple[Line, ...]:
    """For two who have nothing in common any more, as one of them was changed: merging would not compare them."""
    sides = [(name, pair.imported.values[name], pair.home.values[name]) for name in CLIENT_VALUES]
    return tuple(
        Line(name, one, other, _how(one, other, Verdict.SAME if _agree(one, other) else Verdict.DIFFERENT))
        for name, one, other in sides
        if one or other
    )


def _how(imported: str, home: str, verdict: Verdict) -> How:
    if not imported or not home:
        return "missing"
    return _HOW[verdict]


def _alike(one: Pet, other: Pet) -> bool:
    return bool(one.name and other.name) and _agree(one.name, other.name) and _agree(one.species, other.species)


def _agree(one: str | None, other: str | None) -> bool:
    """Whether two texts are the same, as far as both are known."""
    return not one or not other or split_words(one) == split_words(other)
