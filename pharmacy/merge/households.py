"""Measures whether two files have one client per household, so that another given name is a wrong entry.

In most files housemates share surname, address, telephone and e-mail. But if among thousands of clients fewer than two
in a thousand share surname and address with somebody in their file, it has one client per household. This must hold in
both files, and given names must differ hardly more often than surnames do, since wrong entries hit both.

Where there are housemates, patients may tell them apart: if of thousands of pairs of housemates who are certainly two
clients fewer than two in a thousand have the same patients, those with the same patients are one client.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

from pharmacy.merge.levels import GivenNameLevel
from pharmacy.merge.name_comparison import compare_given_names
from pharmacy.merge.record import Record

MAX_HOUSEMATE_SHARE = 0.002
"""The largest share of a file's clients with a housemate, as the upper bound of its 95 % interval."""
MAX_SHARED_PATIENTS = 0.002
"""The largest share of pairs of housemates with the same patients, as the upper bound of its 95 % interval."""
MAX_CONFLICT_SHARE = 0.2
"""The largest share of differing given names among the pairs with the same surname and address."""
MAX_CONFLICT_RATIO = 4.0
"""How much more often given names than surnames may differ."""
_ENOUGH_HOUSEMATES = 1_000
"""Counting stops here, as so many rule the exception out."""


class HouseholdCounter:
    """Counts the households of one file that have clients of two given names.

    `clients` are those with given name, surname and street; `housemates` the households with two of them.
    """

    def __init__(self) -> None:
        self.clients = 0
        self.housemates = 0
        self._given_names: dict[int, str] = {}

    def add(self, record: Record) -> None:
        address = record.address
        if not (record.given_name and record.surname and address.street):
            return
        self.clients += 1
        if self.housemates >= _ENOUGH_HOUSEMATES:
            return
        # Without a house number, the town at least tells houses apart.
        house = address.number or address.postcode or address.city
        key = hash((record.surname, house, address.street, address.units))
        first = self._given_names.setdefault(key, record.given_name)
        if first and compare_given_names(first, record.given_name) <= GivenNameLevel.DOUBTFUL:
            self.housemates += 1
            self._given_names[key] = ""

    def max_share(self) -> float:
        """Returns the upper bound (95 %, Poisson) of the share of such households among the clients."""
        if not self.clients:
            return 1.0
        return _poisson_upper(self.housemates) / self.clients


def _poisson_upper(count: int) -> float:
    """Returns the largest mean that gives `count` or fewer in 5 % of cases; exact for 0, else an approximation."""
    if not count:
        return -log(0.05)
    k = count + 1
    return float(k * (1 - 1 / (9 * k) + 1.645 / (3 * k**0.5)) ** 3)


class Conflicts(NamedTuple):
    """Pairs in one house: how many agree in both names, and in how many only the given name or the surname differs."""

    agreeing: int
    given_name: int
    surname: int


def has_one_per_household(existing: HouseholdCounter, imported: HouseholdCounter, conflicts: Conflicts) -> bool:
    """Returns whether both files have one client per household, so that another given name is a wrong entry."""
    if max(existing.max_share(), imported.max_share()) > MAX_HOUSEMATE_SHARE:
        return False
    total = conflicts.agreeing + conflicts.given_name
    if not total or conflicts.given_name / total > MAX_CONFLICT_SHARE:
        return False
    return conflicts.given_name <= MAX_CONFLICT_RATIO * max(1, conflicts.surname)


def have_own_patients(pairs: int, shared: int) -> bool:
    """Returns whether patients tell housemates apart, by how many pairs of them there are, and have the same."""
    return pairs > 0 and _poisson_upper(shared) / pairs <= MAX_SHARED_PATIENTS
