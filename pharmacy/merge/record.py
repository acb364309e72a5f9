"""Normalizes people for comparison. A record is small enough to keep a hundred thousand in memory."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pharmacy.merge.address import Address, parse_address
from pharmacy.merge.contact import normalize_email, normalize_phone
from pharmacy.merge.fold import split_words
from pharmacy.merge.name_lists import words
from pharmacy.merge.people import Patient, Person

_TITLES, _PLACEHOLDERS = words("titles.txt"), words("placeholders.txt")
_GENERATIONS = {
    "jr": "junior", "jnr": "junior", "junior": "junior", "sr": "senior", "snr": "senior", "senior": "senior",
    "ii": "second", "iii": "third", "iv": "fourth",
}  # fmt: skip
_COUPLE = re.compile(r"\s*(?:&|\+|/|\band\b|\bund\b)\s*", re.IGNORECASE)


class Record(NamedTuple):
    """A normalized person; each patient is name, species and breed."""

    given_name: str
    surname: str
    generation: str
    couple: bool
    address: Address
    phone: str
    email: str
    patients: tuple[tuple[str, str, str], ...]


def normalize_person(person: Person) -> Record:
    """Folds a person's fields and splits them into comparable parts."""
    given_name, surname = person.given_name, person.surname
    if not surname and (" " in given_name.strip() or "," in given_name):
        given_name, surname = _split_full_name(given_name)
    elif not given_name and "," in surname:
        given_name, surname = _split_full_name(surname)
    couple = not given_name.isalpha() and len([part for part in _COUPLE.split(given_name) if part.strip()]) > 1
    given_name, generation = _normalize_name(given_name)
    surname, surname_generation = _normalize_name(surname)
    if couple:
        given_name = " ".join(sorted(word for word in given_name.split() if word not in ("and", "und")))
    return Record(
        given_name,
        surname,
        generation or surname_generation,
        couple,
        parse_address(person.street, person.city, person.state, person.postcode),
        normalize_phone(person.phone),
        normalize_email(person.email) if person.email else "",
        tuple(sorted(_normalize_patient(patient) for patient in person.patients if patient.name)),
    )


def _split_full_name(name: str) -> tuple[str, str]:
    """Splits a full name written in one column: "Smith, John" or "John Smith"."""
    surname, comma, given_name = name.partition(",")
    if comma and _strip_titles(split_words(given_name))[0]:
        return given_name, surname
    words, generation = _strip_titles(split_words(name)) if not _COUPLE.search(name) else (name.split(), "")
    if len(words) < 2:
        return name, ""
    return " ".join([*words[:-1], generation]), words[-1]


@lru_cache(maxsize=50_000)
def _normalize_name(text: str) -> tuple[str, str]:
    words, generation = _strip_titles(split_words(text))
    return " ".join(words), generation


def _strip_titles(words: list[str]) -> tuple[list[str], str]:
    """Removes title and generation from the words of a name. Returns the other words, and the generation."""
    if len(words) == 1 and words[0] not in _PLACEHOLDERS:
        return words, ""
    generation = ""
    others = []
    for position, word in enumerate(words):
        if position and word in _GENERATIONS:
            generation = _GENERATIONS[word]
        elif word not in _PLACEHOLDERS and not (word in _TITLES and len(words) > 1):
            others.append(word)
    return others, generation


def _normalize_patient(patient: Patient) -> tuple[str, str, str]:
    return _normalize_term(patient.name), _normalize_term(patient.species), _normalize_term(patient.breed)


@lru_cache(maxsize=20_000)
def _normalize_term(text: str) -> str:
    return " ".join(split_words(text))
