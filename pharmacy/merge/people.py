"""The people that merging compares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Patient:
    """A client's pet, as far as it helps to tell clients apart."""

    name: str
    species: str = ""
    breed: str = ""


@dataclass(frozen=True, slots=True)
class Person:
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


def people_of(rows: Iterable[list[Any]]) -> list[Person]:
    """Returns the people in `rows`, each a list of the fields of `Person` in order, each patient a list as well.

    The patients may be null. A patient without a name is left out.
    """
    return [
        Person(*[*fields, tuple(Patient(*patient) for patient in patients or () if patient[0])])
        for *fields, patients in rows
    ]
