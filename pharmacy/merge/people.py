"""The people that merging compares."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self


class Packed:
    """Pickles a dataclass as its values: with slots, dataclasses look up their fields for each object."""

    __slots__: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Patient(Packed):
    """A client's pet, as far as it helps to tell clients apart."""

    name: str
    species: str = ""
    breed: str = ""


@dataclass(frozen=True, slots=True)
class Person(Packed):
    """An imported or a home-delivery client. Every field but `id` may be empty."""

    id: str
    given_name: str = ""
    surname: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    phone: str = ""
    email: str = ""
    patients: tuple[Patient, ...] = ()


def people_from_json(rows: Iterable[str]) -> list[Person]:
    """Returns the people in `rows`, each the JSON of what `people_of` takes."""
    return people_of(json.loads(f"[{','.join(rows)}]"))


def people_of(rows: Iterable[list[Any]]) -> list[Person]:
    """Returns the people in `rows`, each a list of the fields of `Person` in order, each patient a list as well.

    The patients may be null. A patient without a name is left out.
    """
    return [
        Person(*[*fields, tuple(Patient(*patient) for patient in patients or () if patient[0])])
        for *fields, patients in rows
    ]
