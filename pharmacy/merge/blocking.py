"""Which of the existing clients an imported one is compared with: those who share a rare combination of two parts.

One part alone is shared by ever more people as a practice grows; two parts stay rare. Every combination leaves out
something that may be misspelled, so that a few mistakes in a record never hide its partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pharmacy.merge.places import STREET_KINDS
from pharmacy.merge.record import Record

MOST_OF_A_KEY = 10
"""A combination that more clients share tells nothing; so the pairs compared for each client stay constant."""
MOST_OF_A_WEAK_KEY = 4


def strong_keys(record: Record) -> Iterator[int]:
    """Combinations of which one is enough to look closer."""
    given, surname, address = record.given, record.surname, record.address
    if given and surname:
        # In either order, since the two fields are exchanged now and then.
        yield hash((given, surname) if given < surname else (surname, given))
    number = address.number
    if number:
        for town in (address.postcode, address.city):
            if town:
                if given:
                    yield hash((given, number, town))
                if surname:
                    yield hash((surname, number, town))
        for part in _parts(address.street):
            yield hash((number, part))
    if record.phone:
        yield hash((record.phone, "phone"))
    if record.email:
        yield hash((record.email, "email"))
    if surname:
        for animal in record.patients:
            yield hash((animal[0], surname, "animal"))


def weak_keys(record: Record) -> Iterator[int]:
    """Combinations of which two are needed, for those whose every strong one holds a mistake."""
    given, surname, address = record.given, record.surname, record.address
    postcode, city, number = address.postcode, address.city, address.number
    names = [name for name in (given, surname) if name]
    for town in (postcode, city):
        if town:
            if number:
                yield hash((number, town))
            for name in names:
                yield hash((name, town))
    for part in _parts(address.street):
        if postcode:
            yield hash((part, postcode))
        if city:
            yield hash((part, city))
        for name in names:
            yield hash((name, part))
    if given and surname:
        left, right = given[:3], surname[:3]
        yield hash((left, right, "begin") if left < right else (right, left, "begin"))


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
        for key in strong_keys(record):
            self._put(key, place)
        for key in weak_keys(record):
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
        get = self._places.get
        for key in strong_keys(record):
            found = get(key)
            if found is None:
                continue
            if isinstance(found, int):
                near.add(found)
            elif len(found) <= MOST_OF_A_KEY:
                near.update(found)
        once: set[int] = set()
        for key in weak_keys(record):
            found = get(key)
            if found is None:
                continue
            if isinstance(found, int):
                (near if found in once else once).add(found)
            elif len(found) <= MOST_OF_A_WEAK_KEY:
                near.update(once.intersection(found))
                once.update(found)
        return near
