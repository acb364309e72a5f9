"""Compares two people field by field, and weighs what agrees.

The weights are those of Fellegi and Sunter, in bits: the logarithm of how much more often a field agrees like this for
one person than for two people by chance. Agreement on rare values weighs more (`frequencies`).
"""

from __future__ import annotations

from math import log2
from typing import NamedTuple

from pharmacy.merge.address import Address
from pharmacy.merge.address_comparison import (
    compare_city,
    compare_number,
    compare_postcode,
    compare_street,
    compare_units,
)
from pharmacy.merge.frequencies import Frequencies
from pharmacy.merge.levels import GivenNameLevel, Level, SurnameLevel
from pharmacy.merge.name_comparison import compare_given_names, compare_surnames
from pharmacy.merge.name_lists import known_given_names
from pharmacy.merge.namesakes import compare_generations
from pharmacy.merge.record import Record
from pharmacy.merge.spouses import may_be_spouses

MAX_ADDRESS_WEIGHT = 24.0
"""Bits that an address adds at most, since its parts depend on each other."""
MIN_ADDRESS_WEIGHT = -5.0
"""Bits that another address counts against a pair at most: of whoever moves, every part differs."""
MAX_PATIENTS_WEIGHT = 12.0
PHONE_WEIGHT, EMAIL_WEIGHT, DIFFERENT_CONTACT_WEIGHT = 8.0, 9.0, -0.7


class Comparison(NamedTuple):
    """How the fields of two people compare.

    `all_patients`: whether both have the same patients, of the same breeds. `weight`, in bits, leaves out telephone and
    e-mail: they may turn out to be shared by many.
    """

    given_name: GivenNameLevel
    surname: SurnameLevel
    may_be_spouses: bool
    swapped: bool
    generation: Level
    title: Level
    organization: bool
    street: Level
    number: Level
    units: Level
    city: Level
    postcode: Level
    phone: Level
    email: Level
    patients: Level
    all_patients: bool
    shared_patients: tuple[str, ...]
    weight: float


def compare(one: Record, other: Record, frequencies: Frequencies, *, housemates: bool = True) -> Comparison | None:
    """Compares two people, in either order. Returns None if given name and surname both differ: they are two people.

    Without `housemates`, the same goes for two given names, unless an e-mail address agrees: where M1 has no exception
    such a pair is neither merged, nor worth reviewing, nor a rival (`rules`), and most pairs are like this.
    """
    given_name = _compare_given_name_fields(one, other, frequencies)
    alone = given_name == GivenNameLevel.CONFLICT and not housemates and set(one.emails).isdisjoint(other.emails)
    if alone and not _may_be_swapped(one, other):
        # Most pairs end here.
        return None
    given_name, surname, swapped = _compare_names(one, other, given_name)
    if given_name == GivenNameLevel.CONFLICT and (alone or surname == SurnameLevel.CONFLICT):
        return None
    weight = _names_weight(one, other, frequencies, given_name, surname, swapped)
    left, right = one.address, other.address
    street, number, units = compare_street(left, right), compare_number(left, right), compare_units(left, right)
    city, postcode = compare_city(left, right), compare_postcode(left, right)
    weight += _address_weight(left, right, frequencies, street, number, units, city, postcode)
    patients, every, shared, patients_weight = _compare_patients(one, other, frequencies)
    return Comparison(
        given_name,
        surname,
        surname == SurnameLevel.CONFLICT
        and given_name >= GivenNameLevel.TYPO
        and may_be_spouses(one.given_name, one.surname, other.surname),
        swapped,
        compare_generations(one, other),
        _compare_exactly(one.title, other.title),
        _names_organization(one, other),
        street,
        number,
        units,
        city,
        postcode,
        _compare_contacts(one.phones, other.phones),
        _compare_contacts(one.emails, other.emails),
        patients,
        every,
        shared,
        weight + patients_weight + frequencies.prior,
    )


def _compare_exactly(one: str, other: str) -> Level:
    if not one or not other:
        return Level.UNKNOWN
    return Level.SAME if one == other else Level.DIFFERENT


def _compare_contacts(one: tuple[str, ...], other: tuple[str, ...]) -> Level:
    """Compares the telephone numbers, or the e-mail addresses: one that both have is enough."""
    if not one or not other:
        return Level.UNKNOWN
    return Level.DIFFERENT if set(one).isdisjoint(other) else Level.SAME


def _names_organization(one: Record, other: Record) -> bool:
    """Returns whether an organization is on one side, and not the same name on the other."""
    same = (one.given_name, one.surname) == (other.given_name, other.surname)
    return (one.organization or other.organization) and not same


def _compare_names(one: Record, other: Record, given_name: GivenNameLevel) -> tuple[GivenNameLevel, SurnameLevel, bool]:
    """Returns how the names compare, and whether given name and surname are swapped on one side."""
    surname = compare_surnames(one.surname, other.surname)
    if given_name <= GivenNameLevel.MISSING and surname != SurnameLevel.SAME and not (one.couple or other.couple):
        swapped = _compare_swapped_names(one, other)
        if swapped:
            return *swapped, True
    return given_name, surname, False


def _names_weight(
    one: Record,
    other: Record,
    frequencies: Frequencies,
    given_name: GivenNameLevel,
    surname: SurnameLevel,
    swapped: bool,
) -> float:
    first, last = (other.surname, other.given_name) if swapped else (other.given_name, other.surname)
    weight = _given_name_weight(given_name, one.given_name, first, frequencies)
    weight += _surname_weight(surname, one.surname, last, frequencies)
    return weight - 2.0 if swapped else weight


def _may_be_swapped(one: Record, other: Record) -> bool:
    """Returns whether a given name and a surname begin alike; of most pairs none do: somebody else in the street."""
    return one.given_name[:1] == other.surname[:1] or one.surname[:1] == other.given_name[:1]


def _compare_swapped_names(one: Record, other: Record) -> tuple[GivenNameLevel, SurnameLevel] | None:
    """Compares the names as if given name and surname were swapped on one side; None if they do not agree then."""
    if not _may_be_swapped(one, other):
        return None
    forward, backward = compare_surnames(one.given_name, other.surname), compare_surnames(one.surname, other.given_name)
    if min(forward, backward) >= SurnameLevel.TYPO:
        pairs = (one.given_name, other.surname), (one.surname, other.given_name)
        return min(compare_given_names(*pair) for pair in pairs), max(forward, backward)
    if SurnameLevel.SAME not in (forward, backward):
        return None
    if SurnameLevel.MISSING in (forward, backward):
        # Each side has one name only, in different columns.
        return GivenNameLevel.MISSING, SurnameLevel.SAME
    if compare_given_names(one.given_name, other.given_name) == GivenNameLevel.CONFLICT:
        # One name is in the other column, and the second name differs. If the shared name is a surname only, they are
        # housemates; Franklin or Griffin may be either, so a person decides.
        given_name = GivenNameLevel.CONFLICT if _shares_surname(one, forward) else GivenNameLevel.DOUBTFUL
        return given_name, SurnameLevel.SAME
    return None


def _shares_surname(one: Record, forward: SurnameLevel) -> bool:
    """Returns whether the name that two records have in different columns is certainly a surname."""
    shared = one.given_name if forward == SurnameLevel.SAME else one.surname
    return shared not in known_given_names()


def _compare_given_name_fields(one: Record, other: Record, frequencies: Frequencies) -> GivenNameLevel:
    if one.couple == other.couple:
        return compare_given_names(one.given_name, other.given_name, frequencies.given_name)
    couple, single = (one.given_name, other.given_name) if one.couple else (other.given_name, one.given_name)
    if not single:
        return GivenNameLevel.MISSING
    levels = (min(compare_given_names(each, single), GivenNameLevel.DOUBTFUL) for each in couple.split())
    return max(levels, default=GivenNameLevel.MISSING)


def _given_name_weight(level: GivenNameLevel, one: str, other: str, frequencies: Frequencies) -> float:
    if level == GivenNameLevel.CONFLICT:
        return -3.2
    if level == GivenNameLevel.INITIAL:
        return 1.0
    if level in (GivenNameLevel.MISSING, GivenNameLevel.DOUBTFUL):
        return 0.0
    share = max(frequencies.given_name_share(one), frequencies.given_name_share(other))
    if level == GivenNameLevel.SAME:
        return log2(0.75 / share)
    return log2(0.1 / (share + 0.003))


def _surname_weight(level: SurnameLevel, one: str, other: str, frequencies: Frequencies) -> float:
    if level == SurnameLevel.CONFLICT:
        return -4.0
    if level == SurnameLevel.MISSING:
        return 0.0
    share = max(frequencies.surname_share(one), frequencies.surname_share(other))
    if level == SurnameLevel.SAME:
        return log2(0.8 / share)
    return log2(0.15 / (share + 0.002))


def _address_weight(
    left: Address,
    right: Address,
    frequencies: Frequencies,
    street: Level,
    number: Level,
    units: Level,
    city: Level,
    postcode: Level,
) -> float:
    weight = (-3.5, 0.0, 1.0, 5.0)[number] + (-3.0, 0.0, 0.0, 3.0)[units]
    if street == Level.DIFFERENT:
        weight -= 3.0
    elif street >= Level.SIMILAR:
        share = max(frequencies.address_share("street", each.street) for each in (left, right))
        weight += log2(0.7 / share) if street == Level.SAME else log2(0.2 / (share + 0.002))
    town = code = 0.0
    if city == Level.SAME:
        town = log2(0.85 / frequencies.address_share("city", left.city))
    elif city != Level.UNKNOWN:
        town = -3.0 if city == Level.DIFFERENT else 3.0
    if postcode == Level.SAME:
        code = log2(0.85 / frequencies.address_share("postcode", left.postcode))
    elif postcode != Level.UNKNOWN:
        code = -3.5 if postcode == Level.DIFFERENT else 2.0
    high, low = max(town, code), min(town, code)
    weight += high + (0.3 * low if low > 0 else 0.5 * low)
    return max(MIN_ADDRESS_WEIGHT, min(MAX_ADDRESS_WEIGHT, weight))


def _compare_patients(
    one: Record, other: Record, frequencies: Frequencies
) -> tuple[Level, bool, tuple[str, ...], float]:
    if not one.patients or not other.patients:
        return Level.UNKNOWN, False, (), 0.0
    shared = set()
    for name, species, breed in one.patients:
        for other_name, other_species, other_breed in other.patients:
            if name == other_name and not (species and other_species and species != other_species):
                same_breed = not (breed and other_breed) or breed == other_breed
                shared.add((name, same_breed))
    if not shared:
        return Level.DIFFERENT, False, (), -2.0
    weight = sum(
        log2(0.6 / frequencies.patient_name_share(name)) * (1.0 if same_breed else 0.5) for name, same_breed in shared
    )
    names = tuple(sorted({name for name, _ in shared}))
    level = Level.SAME if len(names) > 1 else Level.SIMILAR
    every = len(names) == max(len(one.patients), len(other.patients)) and all(same_breed for _, same_breed in shared)
    return level, every, names, min(MAX_PATIENTS_WEIGHT, weight)
