"""Which of the existing clients an imported one is compared with: those who share two rare combinations of two parts.

One part alone is shared by ever more people as a practice grows; two parts stay rare. Every combination leaves out
something that may be misspelled, so that a few mistakes in a record never hide its partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pharmacy.merge.places import STREET_KINDS
from pharmacy.merge.record import Record

MOST_OF_A_KEY = 5
"""A combination that more clients share tells nothing; so the pairs compared for each client stay constant."""


def contact_keys(record: Record) -> Iterator[int]:
    """What is enough by itself to look closer."""
    if record.phone:
        yield hash((record.phone, "phone"))
    if record.email:
        yield hash((record.email, "email"))


def keys(record: Record) -> Iterator[int]:
    """Combinations of which two are needed."""
    given, surname, address = record.given, record.surname, record.address
    number, postcode, city = address.number, address.postcode, address.city
    names = [name for name in (given, surname) if name]
    if len(names) == 2:
        # In either order, since the two fields are exchanged now and then.
        yield hash((given, surname) if given < surname else (surname, given))
        left, right = given[:3], surname[:3]
        yield hash((left, right, "begin") if left < right else (right, left, "begin"))
    for town in (postcode, city):
        if town:
            for name in names:
                yield hash((name, town))
            if number:
                yield hash((number, town))
    if number and (postcode or city):
        for name in names:
            yield hash((name, number, postcode or city))
    for part in _parts(address.street):
        if number:
            yield hash((number, part))
        if postcode:
            yield hash((part, postcode))
        if city:
            yield hash((part, city))
        for name in names:
            yield hash((name, part))
    for animal in record.patients:
        yield hash((animal[0], surname, "animal"))


@lru_cache(maxsize=20_000)
def _parts(street: str) -> frozenset[str]:
    """The first and the longest word of a street, and how it ends: one of them survives most mistakes."""
    if not street:
        return frozenset()
    words = [word for word in street.split() if word not in STREET_KINDS] or street.split()
    return frozenset((words[0], max(words, key=len), "".join(words)[-8:]))


class Index:
    """The existing clients by their combinations."""

    def __init__(self) -> None:
        self._places: dict[int, int | list[int]] = {}

    def add(self, place: int, record: Record) -> None:
        for key in contact_keys(record):
            self._put(key, place)
        for key in keys(record):
            self._put(key, place)

    def _put(self, key: int, place: int) -> None:
        found = self._places.setdefault(key, place)
        if isinstance(found, int):
            if found != place:
                self._places[key] = [found, place]
        elif len(found) <= MOST_OF_A_KEY and found[-1] != place:
            found.append(place)

    def near(self, record: Record) -> set[int]:
        """Who may be this client."""
        near: set[int] = set()
        once: set[int] = set()
        get = self._places.get
        for key in contact_keys(record):
            found = get(key)
            if isinstance(found, int):
                near.add(found)
            elif found is not None and len(found) <= MOST_OF_A_KEY:
                near.update(found)
        for key in keys(record):
            found = get(key)
            if found is None:
                continue
            if isinstance(found, int):
                (near if found in once else once).add(found)
            elif len(found) <= MOST_OF_A_KEY:
                near.update(once.intersection(found))
                once.update(found)
        return near
