"""What merging reads and what it proposes: people with their animals, and pairs of them with reasons."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Decision(StrEnum):
    MERGE = "merge"
    REVIEW = "review"


class Verdict(StrEnum):
    """How one field of two people compares."""

    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Animal:
    """A patient, as far as it tells whose it is."""

    name: str
    species: str = ""
    breed: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A client of either side, as people wrote it down; every field but `id` may be empty."""

    id: str
    given_name: str = ""
    surname: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    phone: str = ""
    email: str = ""
    patients: tuple[Animal, ...] = ()


def read_written(written: Iterable[str]) -> list[Person]:
    """People of whom each is written as a JSON list: the fields in the order of `Person`, each patient as a list too.

    No patients may be written as null. A patient without a name tells nothing and is left out.
    """
    return [
        Person(*[*told, tuple(Animal(*each) for each in patients or () if each[0])])
        for *told, patients in json.loads(f"[{','.join(written)}]")
    ]


class FieldComparison(NamedTuple):
    """One line of the two people side by side."""

    field: str
    existing: str
    imported: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two people to merge, or to show to a person who decides (DP9).

    `score` is the probability, from 0 to 1, that a pair which agrees like this is one person; the rules decide on top
    of it. `reasons` are sentences for people, the deciding one first.
    """

    existing: str
    imported: str
    decision: Decision
    score: float
    reasons: tuple[str, ...]
    fields: tuple[FieldComparison, ...] = ()
