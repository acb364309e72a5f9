"""Whether two files have people of one household in them, and so whether another given name is another person.

In most files it is: couples, sisters, parents and children share surname, address, telephone and e-mail. But where
among thousands of clients not even two in a thousand share surname and address with somebody else of their own file,
there is one client a household, and a given name that differs once, in a pair that agrees otherwise, is far more often
a wrong entry. That is believed only when it was measured in both files at hand, and when given names differ hardly more
often than surnames do: wrong entries hit both.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

from pharmacy.merge.names import Given, compare_given
from pharmacy.merge.record import Record

MOST_HOUSEMATES = 0.002
"""Upper bound (95 %) of the households with two clients, as a share of the clients of a file."""
MOST_CONFLICTS = 0.2
"""Largest share of other given names among the pairs with the same surname and address."""
CONFLICTS_PER_SURNAME_CONFLICT = 4.0
"""Wrong entries hit surnames too: given names that differ so much more often than surnames are other people's."""
_PLENTY = 1_000


class Household:
    """Counts in one file the surnames at an address with clients of two given names, among clients with all three."""

    def __init__(self) -> None:
        self.clients = 0
        self.housemates = 0
        self._given: dict[int, str] = {}

    def add(self, record: Record) -> None:
        address = record.address
        if not (record.given and record.surname and address.street):
            return
        self.clients += 1
        if self.housemates >= _PLENTY:
            return
        # A house without a number is told from others by its town at least.
        house = address.number or address.postcode or address.city
        key = hash((record.surname, house, address.street, address.flat))
        known = self._given.setdefault(key, record.given)
        if known and known != record.given and compare_given(known, record.given) <= Given.DOUBTFUL:
            self.housemates += 1
            self._given[key] = ""

    def share_at_most(self) -> float:
        """Upper bound (95 %, Poisson) of the share of such households among the clients."""
        if not self.clients:
            return 1.0
        return _poisson_upper(self.housemates) / self.clients


def _poisson_upper(count: int) -> float:
    """The largest mean under which `count` or fewer are seen in 5 % of cases; exact for 0, else an approximation."""
    if not count:
        return -log(0.05)
    k = count + 1
    return float(k * (1 - 1 / (9 * k) + 1.645 / (3 * k**0.5)) ** 3)


class Conflicts(NamedTuple):
    """What differs among the pairs that agree in everything else: their number, other given names, other surnames."""

    agreeing: int
    given: int
    surname: int


def one_a_household(existing: Household, imported: Household, conflicts: Conflicts) -> bool:
    """Whether both files have one client a household, so that a differing given name is a wrong entry."""
    if max(existing.share_at_most(), imported.share_at_most()) > MOST_HOUSEMATES:
        return False
    total = conflicts.agreeing + conflicts.given
    if not total or conflicts.given / total > MOST_CONFLICTS:
        return False
    return conflicts.given <= CONFLICTS_PER_SURNAME_CONFLICT * max(1, conflicts.surname)
