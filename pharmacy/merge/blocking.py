"""Which of the existing clients an imported one is compared with: those who share a rare combination of two parts.

One part alone is shared by ever more people as a practice grows; two parts stay rare. Every combination leaves out
something that may be misspelled, so that a few mistakes in a record never hide its partner.
"""

from __future__ import annotations

from collections.abc import Iterator

from pharmacy.merge.address import Address
from pharmacy.merge.record import Record

MOST_OF_A_KEY = 30
"""A combination that more clients share tells nothing; the pairs compared for each client stay constant."""


def keys(record: Record) -> Iterator[int]:
    """The combinations that a client is found by."""
    given, surname, address = record.given, record.surname, record.address
    number, postcode, city = address.number, address.postcode, address.city
    names = [name for name in (given, surname) if name]
    if len(names) == 2:
        # In either order, since the two fields are exchanged now and then.
        yield hash((given, surname) if given < surname else (surname, given))
        left, right = given[:3], surname[:3]
        yield hash((left, right, postcode or city) if left < right else (right, left, postcode or city))
    for town in (postcode, city):
        if town:
            if number:
                yield hash((number, town))
            for name in names:
                yield hash((name, town))
                if number:
                    yield hash((name, number, town))
    if address.street:
        yield from _of_street(names, address)
    if record.phone:
        yield hash((record.phone, "phone"))
    if record.email:
        yield hash((record.email, "email"))
    for animal in record.patients:
        for name in names:
            yield hash((animal[0], name, "animal"))


def _of_street(names: list[str], address: Address) -> Iterator[int]:
    """The first and the longest word of the street, and how it ends: one of them survives most mistakes."""
    words = address.street.split()
    for part in {words[0], max(words, key=len), "".join(words)[-8:]}:
        if address.number:
            yield hash((address.number, part))
        if address.postcode:
            yield hash((part, address.postcode))
        elif address.city:
            yield hash((part, address.city))
        for name in names:
            yield hash((name, part))


class Index:
    """The existing clients by their combinations."""

    def __init__(self) -> None:
        self._places: dict[int, int | list[int]] = {}

    def add(self, place: int, record: Record) -> None:
        places = self._places
        for key in keys(record):
            found = places.get(key)
            if found is None:
                places[key] = place
            elif isinstance(found, int):
                if found != place:
                    places[key] = [found, place]
            elif len(found) <= MOST_OF_A_KEY and found[-1] != place:
                found.append(place)

    def near(self, record: Record) -> set[int]:
        """Who may be this client."""
        near: set[int] = set()
        for key in keys(record):
            found = self._places.get(key)
            if found is None:
                continue
            if isinstance(found, int):
                near.add(found)
            elif len(found) <= MOST_OF_A_KEY:
                near.update(found)
        return near
