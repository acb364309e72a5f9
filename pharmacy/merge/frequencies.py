"""Term frequencies: two people called Kochiwama agree by chance less often than two called Smith.

Counted among the existing clients, so a street where half of the town lives says little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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

    def __init__(self, records: Sequence[Record]) -> None:
        self.given_name = Counter(record.given_name for record in records)
        self._surname = Counter(record.surname for record in records)
        self._address = {
            part: Counter[str](getattr(record.address, part) for record in records)
            for part in ("street", "city", "postcode")
        }
        self._patient_name = Counter(patient[0] for record in records for patient in record.patients)
        self.prior = -log2(max(len(records), 5_000))
        self._total = len(records) + _PRIOR_CLIENTS

    def given_name_share(self, given_name: str) -> float:
        return max((self.given_name[given_name] + 1) / self._total, _MIN_GIVEN_NAME_SHARE)

    def surname_share(self, surname: str) -> float:
        share = (self._surname[surname] + 1) / self._total
        return max(share, _MIN_COMMON_SURNAME_SHARE) if surname in common_surnames() else share

    def address_share(self, part: str, value: str) -> float:
        return (self._address[part][value] + 1) / self._total

    def patient_name_share(self, name: str) -> float:
        # Three more than counted, since in a small file every patient's name looks rare.
        return max((self._patient_name[name] + 3) / self._total, _MIN_PATIENT_NAME_SHARE)
