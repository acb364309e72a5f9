"""How much an agreement is worth: two Kochiwamas agree by less chance than two Smiths.

Counted in the existing clients themselves, so a street that half of the town lives in weighs little by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from math import log2

from pharmacy.merge.names import _lines
from pharmacy.merge.record import Record

_BEFOREHAND = 300
"""Clients that a file counts as having besides its own, so that a file of three rows does not make every name rare."""
_COMMON_SURNAME = 0.004
_GIVEN_FLOOR = 0.0015
_ANIMAL_FLOOR = 0.002
SHARED_CONTACT = 4
"""A telephone number or e-mail address that more clients than this have is a clinic's or a shelter's: no evidence."""


@cache
def _common_surnames() -> frozenset[str]:
    return frozenset(" ".join(_lines("common_surnames.txt")).split())


class Rarity:
    """Bits of evidence in each agreement; made of the existing clients."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.given: Counter[str] = Counter()
        self.surname: Counter[str] = Counter()
        self.street: Counter[str] = Counter()
        self.city: Counter[str] = Counter()
        self.postcode: Counter[str] = Counter()
        self.animal: Counter[str] = Counter()
        self.size = 0
        for record in records:
            self.size += 1
            self.given[record.given] += 1
            self.surname[record.surname] += 1
            address = record.address
            self.street[address.street] += 1
            self.city[address.city] += 1
            self.postcode[address.postcode] += 1
            for animal in record.patients:
                self.animal[animal[0]] += 1
        self.prior = -log2(max(self.size, 5_000))
        self._whole = self.size + _BEFOREHAND

    def of_given(self, given: str) -> float:
        return max((self.given[given] + 1) / self._whole, _GIVEN_FLOOR)

    def of_surname(self, surname: str) -> float:
        share = (self.surname[surname] + 1) / self._whole
        return max(share, _COMMON_SURNAME) if surname in _common_surnames() else share

    def of_street(self, street: str) -> float:
        return (self.street[street] + 1) / self._whole

    def of_city(self, city: str) -> float:
        return (self.city[city] + 1) / self._whole

    def of_postcode(self, postcode: str) -> float:
        return (self.postcode[postcode] + 1) / self._whole

    def of_animal(self, name: str) -> float:
        # A few Bellas more than were counted: in a small file every animal looks rare.
        return max((self.animal[name] + 3) / self._whole, _ANIMAL_FLOOR)
