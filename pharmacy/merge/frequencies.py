"""Term frequencies: two people called Kochiwama agree by chance less often than two called Smith.

Counted among the existing clients, so a street where half of the town lives says little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import log2

from pharmacy.merge.name_lists import common_surnames
from pharmacy.merge.record import Record

_PRIOR_CLIENTS = 300
"""Added to the number of clients, so that in a file of three rows not every name is rare."""
_MIN_COMMON_SURNAME_SHARE = 0.004
_MIN_GIVEN_NAME_SHARE = 0.0015
_MIN_PATIENT_NAME_SHARE = 0.002
MAX_CLIENTS_PER_CONTACT = 4
"""A telephone number or e-mail address of more clients is a clinic's or a shelter's, and no evidence (M13)."""


class Frequencies:
    """The share of the existing clients that have a value; `prior` is the weight in bits before any comparison."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.given_name: Counter[str] = Counter()
        self.surname: Counter[str] = Counter()
        self.street: Counter[str] = Counter()
        self.city: Counter[str] = Counter()
        self.postcode: Counter[str] = Counter()
        self.patient_name: Counter[str] = Counter()
        self.size = 0
        for record in records:
            self.size += 1
            self.given_name[record.given_name] += 1
            self.surname[record.surname] += 1
            address = record.address
            self.street[address.street] += 1
            self.city[address.city] += 1
            self.postcode[address.postcode] += 1
            for patient in record.patients:
                self.patient_name[patient[0]] += 1
        self.prior = -log2(max(self.size, 5_000))
        self._total = self.size + _PRIOR_CLIENTS

    def given_name_share(self, given_name: str) -> float:
        return max((self.given_name[given_name] + 1) / self._total, _MIN_GIVEN_NAME_SHARE)

    def surname_share(self, surname: str) -> float:
        share = (self.surname[surname] + 1) / self._total
        return max(share, _MIN_COMMON_SURNAME_SHARE) if surname in common_surnames() else share

    def street_share(self, street: str) -> float:
        return (self.street[street] + 1) / self._total

    def city_share(self, city: str) -> float:
        return (self.city[city] + 1) / self._total

    def postcode_share(self, postcode: str) -> float:
        return (self.postcode[postcode] + 1) / self._total

    def patient_name_share(self, name: str) -> float:
        # Three more than counted, since in a small file every patient's name looks rare.
        return max((self.patient_name[name] + 3) / self._total, _MIN_PATIENT_NAME_SHARE)
