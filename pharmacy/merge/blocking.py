"""Blocking: an imported client is compared only with existing ones that share two rare blocking keys.

A key combines two parts of a record, because two parts together stay rare as a practice grows. Every key leaves out
something that may be misspelled, so a few mistakes in a record never hide its match.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from pharmacy.merge.address import DIRECTIONS, STREET_TYPES
from pharmacy.merge.record import Record

MAX_BLOCK_SIZE = 5
"""A key that more clients share is ignored, so the pairs compared for each client stay constant."""


class Keys(NamedTuple):
    """A record's keys: whoever shares one of the first, or two of the second, is compared."""

    contacts: list[int]
    combinations: list[int]


def keys_of(record: Record) -> Keys:
    """Returns the blocking keys of a record."""
    contacts = [hash((phone, "phone")) for phone in record.phones] + [hash((email, "email")) for email in record.emails]
    return Keys(contacts, _combination_keys(record))


def _combination_keys(record: Record) -> list[int]:
    given_name, surname, address = record.given_name, record.surname, record.address
    number, postcode, city = address.number, address.postcode, address.city
    names = [name for name in (given_name, surname) if name]
    keys: list[int] = []
    if len(names) == 2:
        # In either order, since the two fields are sometimes swapped.
        left, right = given_name[:3], surname[:3]
        keys += (
            hash((given_name, surname) if given_name < surname else (surname, given_name)),
            hash((left, right, "begin") if left < right else (right, left, "begin")),
        )
    for town in (postcode, city):
        if town:
            keys += [hash((name, town)) for name in names]
            if number:
                keys.append(hash((number, town)))
    if number and (postcode or city):
        keys += [hash((name, number, postcode or city)) for name in names]
    for part in _street_parts(address.street):
        if number:
            keys.append(hash((number, part)))
        if postcode:
            keys.append(hash((part, postcode)))
        if city:
            keys.append(hash((part, city)))
        keys += [hash((name, part)) for name in names]
    keys += [hash((patient[0], surname, "animal")) for patient in record.patients]
    return keys


@lru_cache(maxsize=20_000)
def _street_parts(street: str) -> frozenset[str]:
    """Returns a street's first word, longest word and last eight letters: one of them survives most mistakes."""
    if not street:
        return frozenset()
    words = [word for word in street.split() if word not in STREET_TYPES and word not in DIRECTIONS] or street.split()
    return frozenset((words[0], max(words, key=len), "".join(words)[-8:]))


class BlockingIndex:
    """The positions of the existing clients by their blocking keys."""

    def __init__(self) -> None:
        # Most keys have one client; a list for each would take most of the memory. None: too many have it.
        self._positions: dict[int, int | list[int] | None] = {}

    def add(self, position: int, record: Record) -> None:
        positions = self._positions
        keys = keys_of(record)
        for key in keys.contacts + keys.combinations:
            block = positions.setdefault(key, position)
            if isinstance(block, int):
                if block != position:
                    positions[key] = [block, position]
            elif block is not None and block[-1] != position:
                block.append(position)
                if len(block) > MAX_BLOCK_SIZE:
                    positions[key] = None

    def candidates(self, keys: Keys) -> set[int]:
        shared = sorted(self._sharing(keys.combinations))
        return {one for one, next in pairwise(shared) if one == next}.union(self._sharing(keys.contacts))

    def _sharing(self, keys: list[int]) -> list[int]:
        """Returns who shares one of the keys, once for each."""
        found: list[int] = []
        for block in map(self._positions.get, keys):
            if isinstance(block, int):
                found.append(block)
            elif block is not None:
                found += block
        return found
