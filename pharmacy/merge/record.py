"""Normalizes people for comparison. A record is small enough to keep a hundred thousand in memory."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pharmacy.merge.address import Address, parse_address
from pharmacy.merge.contact import normalize_emails, normalize_phones
from pharmacy.merge.fold import split_words
from pharmacy.merge.people import Patient, Person
from pharmacy.merge.person_name import read_name


class Record(NamedTuple):
    """A normalized person; each patient is name, species and breed."""

    given_name: str
    surname: str
    generation: str
    title: str
    couple: bool
    organization: bool
    address: Address
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    patients: tuple[tuple[str, str, str], ...]


def normalize_person(person: Person) -> Record:
    """Folds a person's fields and splits them into comparable parts."""
    return Record(
        *read_name(person.given_name, person.surname),
        parse_address(person.street, person.city, person.state, person.postcode),
        normalize_phones(person.phone),
        normalize_emails(person.email),
        tuple(sorted(_normalize_patient(patient) for patient in person.patients if patient.name)),
    )


def _normalize_patient(patient: Patient) -> tuple[str, str, str]:
    return _normalize_term(patient.name), _normalize_term(patient.species), _normalize_term(patient.breed)


@lru_cache(maxsize=20_000)
def _normalize_term(text: str) -> str:
    return " ".join(split_words(text))
