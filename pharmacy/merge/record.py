"""A person as merging compares them: read once, compared often, small enough to keep a hundred thousand."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pharmacy.merge.address import Address, read_address
from pharmacy.merge.contact import read_email, read_phone
from pharmacy.merge.fold import words
from pharmacy.merge.people import Animal, Person

_TITLES = frozenset(
    {
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "herr",
        "frau",
        "mme",
        "sir",
        "rev",
    }
)
_GENERATIONS = {
    "jr": "junior", "jnr": "junior", "junior": "junior", "sr": "senior", "snr": "senior", "senior": "senior",
    "ii": "second", "iii": "third", "iv": "fourth",
}  # fmt: skip
_COUPLE = re.compile(r"\s*(?:&|\+|/|\band\b|\bund\b)\s*", re.IGNORECASE)
_NO_NAME = frozenset(
    {
        "unknown",
        "none",
        "client",
        "owner",
        "test",
        "tba",
        "null",
    }
)


class Record(NamedTuple):
    given: str
    surname: str
    generation: str
    couple: bool
    address: Address
    phone: str
    email: str
    patients: tuple[tuple[str, str, str], ...]


def read_person(person: Person) -> Record:
    """What of a person can be compared, folded and put into its parts."""
    given, surname = person.given_name, person.surname
    if not surname and (" " in given.strip() or "," in given):
        given, surname = _split_whole(given)
    elif not given and "," in surname:
        given, surname = _split_whole(surname)
    couple = bool(given) and not given.isalpha() and len([part for part in _COUPLE.split(given) if part.strip()]) > 1
    given, generation = _name(given)
    surname, of_surname = _name(surname)
    if couple:
        given = " ".join(sorted(word for word in given.split() if word not in ("and", "und")))
    return Record(
        given,
        surname,
        generation or of_surname,
        couple,
        read_address(person.street, person.city, person.state, person.postcode),
        read_phone(person.phone),
        read_email(person.email) if person.email else "",
        tuple(sorted(_animal(animal) for animal in person.patients if animal.name)) if person.patients else (),
    )


def _split_whole(name: str) -> tuple[str, str]:
    """Given name and surname of a name that stands in one column: "Smith, John" or "John Smith"."""
    surname, comma, given = name.partition(",")
    if comma and _bare(words(given))[0]:
        return given, surname
    bare, generation = _bare(words(name)) if not _COUPLE.search(name) else (name.split(), "")
    if len(bare) < 2:
        return name, ""
    return " ".join([*bare[:-1], generation]), bare[-1]


@lru_cache(maxsize=50_000)
def _name(text: str) -> tuple[str, str]:
    left, generation = _bare(words(text))
    return " ".join(left), generation


def _bare(parts: list[str]) -> tuple[list[str], str]:
    """The words of a name without title and generation, and the generation."""
    if len(parts) == 1 and parts[0] not in _NO_NAME:
        return parts, ""
    generation = ""
    left = []
    for place, part in enumerate(parts):
        if place and part in _GENERATIONS:
            generation = _GENERATIONS[part]
        elif part not in _NO_NAME and not (part in _TITLES and len(parts) > 1):
            left.append(part)
    return left, generation


def _animal(animal: Animal) -> tuple[str, str, str]:
    return _term(animal.name), _term(animal.species), _term(animal.breed)


@lru_cache(maxsize=20_000)
def _term(text: str) -> str:
    return " ".join(words(text))
