"""Two people compared: what agrees in each field, and how many bits of evidence that is together.

The bits are those of Fellegi and Sunter: the logarithm of how much more often the field agrees like this for one person
than for two who met by chance. Agreement on rare values weighs more (`rarity`).
"""

from __future__ import annotations

from math import log2
from typing import NamedTuple

from pharmacy.merge.names import Given, Surname, compare_given, compare_surname, known_names
from pharmacy.merge.places import Level, compare_city, compare_flat, compare_number, compare_postcode, compare_street
from pharmacy.merge.rarity import Rarity
from pharmacy.merge.record import Record

PLACE_AT_MOST = 24.0
"""Bits of a whole address: its parts depend on each other."""
PATIENTS_AT_MOST = 12.0
PHONE_SAME, EMAIL_SAME, CONTACT_DIFFERENT = 8.0, 9.0, -0.7


class Evidence(NamedTuple):
    """How the fields of two people compare; `bits` is without telephone and e-mail, which others may share."""

    given: Given
    surname: Surname
    swapped: bool
    generation: Level
    street: Level
    number: Level
    flat: Level
    city: Level
    postcode: Level
    phone: Level
    email: Level
    patients: Level
    shared_patients: tuple[str, ...]
    bits: float


def compare(one: Record, other: Record, rarity: Rarity) -> Evidence | None:
    """The evidence for `one` and `other` being the same person; it does not matter which is which.

    Nothing if both names are others: then they are two people, and there is nothing to weigh.
    """
    given, surname, swapped, bits = _names(one, other, rarity)
    if given == Given.CONFLICT and surname == Surname.CONFLICT:
        return None
    left, right = one.address, other.address
    street, number, flat = compare_street(left, right), compare_number(left, right), compare_flat(left, right)
    city, postcode = compare_city(left, right), compare_postcode(left, right)
    bits += _place_bits(one, other, rarity, street, number, flat, city, postcode)
    patients, shared, patient_bits = _patients(one, other, rarity)
    return Evidence(
        given,
        surname,
        swapped,
        _generation(one.generation, other.generation),
        street,
        number,
        flat,
        city,
        postcode,
        _equal(one.phone, other.phone),
        _equal(one.email, other.email),
        patients,
        shared,
        bits + patient_bits + rarity.prior,
    )


def _equal(one: str, other: str) -> Level:
    if not one or not other:
        return Level.UNKNOWN
    return Level.SAME if one == other else Level.DIFFERENT


def _generation(one: str, other: str) -> Level:
    if one == other:
        return Level.SAME if one else Level.UNKNOWN
    return Level.DIFFERENT if one and other else Level.SIMILAR


def _names(one: Record, other: Record, rarity: Rarity) -> tuple[Given, Surname, bool, float]:
    given = _given(one, other, rarity)
    surname = compare_surname(one.surname, other.surname)
    swapped = False
    if given <= Given.MISSING and surname != Surname.SAME and not (one.couple or other.couple):
        crossed = _crossed(one, other)
        if crossed:
            swapped = True
            given, surname = crossed
    bits = _given_bits(given, one, other, rarity, swapped) + _surname_bits(surname, one, other, rarity, swapped)
    return given, surname, swapped, bits - 2.0 if swapped else bits


def _crossed(one: Record, other: Record) -> tuple[Given, Surname] | None:
    """The names compared as if somebody had exchanged the two fields; nothing if that does not make them agree."""
    # Most pairs end here: somebody else of the same street.
    if one.given[:1] != other.surname[:1] and one.surname[:1] != other.given[:1]:
        return None
    there, back = compare_surname(one.given, other.surname), compare_surname(one.surname, other.given)
    if min(there, back) >= Surname.TYPO:
        given = min(compare_given(one.given, other.surname), compare_given(one.surname, other.given))
        return given, max(there, back)
    if Surname.SAME not in (there, back):
        return None
    if Surname.MISSING in (there, back):
        # One word for a name, in the one column here and in the other there.
        return Given.MISSING, Surname.SAME
    if compare_given(one.given, other.given) == Given.CONFLICT:
        # One of the two names moved to the other field, and the other name is another one. Franklin and Griffin are
        # both: then it may be a housemate, and a person decides.
        return (Given.CONFLICT if _is_surname(one, there) else Given.DOUBTFUL), Surname.SAME
    return None


def _is_surname(one: Record, there: Surname) -> bool:
    """Whether the name that two records have in different fields is the surname."""
    shared = one.given if there == Surname.SAME else one.surname
    return shared not in known_names()


def _given(one: Record, other: Record, rarity: Rarity) -> Given:
    if one.couple == other.couple:
        return compare_given(one.given, other.given, rarity.given)
    couple, single = (one.given, other.given) if one.couple else (other.given, one.given)
    if not single:
        return Given.MISSING
    alike = (min(compare_given(each, single), Given.DOUBTFUL) for each in couple.split())
    return max(alike, default=Given.MISSING)


def _given_bits(given: Given, one: Record, other: Record, rarity: Rarity, swapped: bool) -> float:
    if given == Given.CONFLICT:
        return -3.2
    if given == Given.INITIAL:
        return 1.0
    if given in (Given.MISSING, Given.DOUBTFUL):
        return 0.0
    share = max(rarity.of_given(one.given), rarity.of_given(other.surname if swapped else other.given))
    if given == Given.SAME:
        return log2(0.75 / share)
    return log2(0.1 / (share + 0.003))


def _surname_bits(surname: Surname, one: Record, other: Record, rarity: Rarity, swapped: bool) -> float:
    if surname == Surname.CONFLICT:
        return -4.0
    if surname == Surname.MISSING:
        return 0.0
    share = max(rarity.of_surname(one.surname), rarity.of_surname(other.given if swapped else other.surname))
    if surname == Surname.SAME:
        return log2(0.8 / share)
    return log2(0.15 / (share + 0.002))


def _place_bits(
    one: Record, other: Record, rarity: Rarity, street: Level, number: Level, flat: Level, city: Level, postcode: Level
) -> float:
    left, right = one.address, other.address
    bits = (-3.5, 0.0, 1.0, 5.0)[number] + (-3.0, 0.0, 0.0, 3.0)[flat]
    if street == Level.DIFFERENT:
        bits -= 3.0
    elif street >= Level.SIMILAR:
        share = max(rarity.of_street(left.street), rarity.of_street(right.street))
        bits += log2(0.7 / share) if street == Level.SAME else log2(0.2 / (share + 0.002))
    town = code = 0.0
    if city == Level.SAME:
        town = log2(0.85 / rarity.of_city(left.city))
    elif city != Level.UNKNOWN:
        town = -3.0 if city == Level.DIFFERENT else 3.0
    if postcode == Level.SAME:
        code = log2(0.85 / rarity.of_postcode(left.postcode))
    elif postcode != Level.UNKNOWN:
        code = -3.5 if postcode == Level.DIFFERENT else 2.0
    high, low = max(town, code), min(town, code)
    return min(PLACE_AT_MOST, bits + high + (0.3 * low if low > 0 else 0.5 * low))


def _patients(one: Record, other: Record, rarity: Rarity) -> tuple[Level, tuple[str, ...], float]:
    if not one.patients or not other.patients:
        return Level.UNKNOWN, (), 0.0
    shared = set()
    for name, species, breed in one.patients:
        for other_name, other_species, other_breed in other.patients:
            if name == other_name and not (species and other_species and species != other_species):
                same_breed = not (breed and other_breed) or breed == other_breed
                shared.add((name, same_breed))
    if not shared:
        return Level.DIFFERENT, (), -2.0
    bits = sum(log2(0.6 / rarity.of_animal(name)) * (1.0 if same_breed else 0.5) for name, same_breed in shared)
    names = tuple(sorted({name for name, _ in shared}))
    return Level.SAME if len(names) > 1 else Level.SIMILAR, names, min(PATIENTS_AT_MOST, bits)
