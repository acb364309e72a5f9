"""Decides by rules which pairs are merged, and which a person reviews (DP9); docs/merging.md has the same numbers."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from pharmacy.merge.comparison import Comparison
from pharmacy.merge.levels import GivenNameLevel, Level, SurnameLevel

MERGE_WEIGHT = 7.0
"""Bits from which a pair is merged if no rule objects: about 99 in 100 by the fields alone."""
NAME_ONLY_WEIGHT = 12.0
"""Bits that name and town must give where one side has no street, so that both are rare."""
CONTRADICTED_WEIGHT = 12.0
"""Bits that are needed if house number or surname differ: the street or house may have a namesake."""
REVIEW_WEIGHT = 0.0
"""Bits from which a pair is worth a person's time."""
RIVAL_MARGIN = 4.0
"""Bits by which a pair must be better than any rival: sixteen times as likely."""
MISSING_NAME_MARGIN = 4.0
"""Bits that a rival without a clear given name gets in addition, since the name might agree."""


class Exceptions(NamedTuple):
    """What was measured in both files, so that another given name is a wrong entry (`households`).

    `one_per_household`: no client has a housemate. `own_patients`: no two housemates have the same patients.
    """

    one_per_household: bool = False
    own_patients: bool = False


NO_EXCEPTIONS = Exceptions()


class Objection(Enum):
    """Why a pair is not merged automatically."""

    OTHER_GIVEN_NAME = "M1"
    NO_GIVEN_NAME = "M2"
    DOUBTFUL_GIVEN_NAME = "M3"
    GENERATION = "M4"
    TITLES = "M4, titles"
    COUPLE = "M5"
    ORGANIZATION = "M5, organization"
    OTHER_SURNAME = "M6"
    OTHER_FLAT = "M7"
    NAME_ONLY = "M8"
    MOVED = "M9"
    WEAK = "M10"
    RIVAL_EXISTING = "M11, another existing one"
    RIVAL_IMPORTED = "M11, another imported one"
    OTHER_PATIENTS = "M12"
    NAMESAKE = "M15"


def address_agrees(comparison: Comparison) -> bool:
    """Returns whether both live at one address, as far as its parts are known."""
    town = max(comparison.city, comparison.postcode)
    if comparison.street >= Level.SIMILAR:
        return comparison.number != Level.DIFFERENT or town >= Level.SIMILAR
    return comparison.street == Level.UNKNOWN and comparison.number == town == Level.SAME


def same_house(comparison: Comparison) -> bool:
    """Returns whether both live in one house, beyond doubt."""
    return (
        comparison.street >= Level.SIMILAR
        and comparison.number >= Level.UNKNOWN
        and comparison.units != Level.DIFFERENT
        and max(comparison.city, comparison.postcode) >= Level.UNKNOWN
    )


def may_be_housemates(comparison: Comparison) -> bool:
    """Returns whether these are two people of one house and surname, if the given names are theirs."""
    return comparison.surname >= SurnameLevel.TYPO and same_house(comparison)


def same_patients(comparison: Comparison) -> bool:
    """Returns whether two patients agree, or all."""
    return comparison.patients == Level.SAME or comparison.all_patients


def _is_wrong_entry(comparison: Comparison, exceptions: Exceptions) -> bool:
    """Returns whether another given name does not make this another person."""
    if exceptions.one_per_household and comparison.surname >= SurnameLevel.TYPO and address_agrees(comparison):
        return True
    return exceptions.own_patients and may_be_housemates(comparison) and same_patients(comparison)


def find_objections(
    comparison: Comparison, weight: float, couple: bool, exceptions: Exceptions
) -> tuple[Objection, ...]:
    """Returns what keeps the pair from being merged, apart from rivals (M1 to M10, M12, M15)."""
    objections = []
    one_per_household = exceptions.one_per_household
    if not _is_wrong_entry(comparison, exceptions):
        if comparison.given_name == GivenNameLevel.CONFLICT:
            objections.append(Objection.OTHER_GIVEN_NAME)
        elif comparison.given_name in (GivenNameLevel.MISSING, GivenNameLevel.INITIAL):
            objections.append(Objection.NO_GIVEN_NAME)
        elif comparison.given_name == GivenNameLevel.DOUBTFUL:
            objections.append(Objection.COUPLE if couple else Objection.DOUBTFUL_GIVEN_NAME)
    if comparison.generation in (Level.DIFFERENT, Level.SIMILAR):
        objections.append(Objection.GENERATION)
    if comparison.title == Level.DIFFERENT:
        objections.append(Objection.TITLES)
    if comparison.organization:
        objections.append(Objection.ORGANIZATION)
    contact = Level.SAME in (comparison.phone, comparison.email)
    if comparison.surname < SurnameLevel.TYPO and not (
        comparison.given_name >= GivenNameLevel.TYPO
        and not comparison.may_be_spouses
        and (same_house(comparison) or ((contact or one_per_household) and address_agrees(comparison)))
    ):
        objections.append(Objection.OTHER_SURNAME)
    if comparison.units == Level.DIFFERENT and (comparison.street != Level.DIFFERENT or address_agrees(comparison)):
        objections.append(Objection.OTHER_FLAT)
    objections += _address_objections(comparison, weight, contact, one_per_household)
    if comparison.patients == Level.DIFFERENT and not (comparison.email == Level.SAME and address_agrees(comparison)):
        objections.append(Objection.OTHER_PATIENTS)
    if _may_be_namesakes(comparison) and not one_per_household:
        objections.append(Objection.NAMESAKE)
    contradicted = _is_contradicted(comparison) and not contact and not one_per_household
    if weight < (CONTRADICTED_WEIGHT if contradicted else MERGE_WEIGHT):
        objections.append(Objection.WEAK)
    return tuple(objections)


def _is_contradicted(comparison: Comparison) -> bool:
    """Returns whether the house or the surname differs, so that what agrees may be a namesake's."""
    return Level.DIFFERENT in (comparison.number, comparison.street) or comparison.surname == SurnameLevel.CONFLICT


def speaks_against(comparison: Comparison) -> bool:
    """Returns whether so much differs that a person who merges the two is asked once more: the given names, or the
    house or surname together with a telephone number or e-mail address."""
    other_contact = Level.DIFFERENT in (comparison.phone, comparison.email)
    return comparison.given_name == GivenNameLevel.CONFLICT or (other_contact and _is_contradicted(comparison))


def _may_be_namesakes(comparison: Comparison) -> bool:
    """Returns whether only name and address speak for the pair, and a contact against it: father and son, perhaps."""
    contacts = (comparison.phone, comparison.email)
    known = comparison.patients != Level.UNKNOWN
    return address_agrees(comparison) and Level.DIFFERENT in contacts and Level.SAME not in contacts and not known


def _address_objections(
    comparison: Comparison, weight: float, contact: bool, one_per_household: bool
) -> list[Objection]:
    if address_agrees(comparison):
        return []
    whole_name = comparison.given_name == GivenNameLevel.SAME and comparison.surname == SurnameLevel.SAME
    if comparison.street == Level.DIFFERENT:
        if whole_name and (contact or one_per_household):
            return []
        proofs = (
            (comparison.phone == Level.SAME) + (comparison.email == Level.SAME) + (comparison.patients >= Level.SIMILAR)
        )
        return [] if proofs >= 2 else [Objection.MOVED]
    rare = (
        whole_name
        and comparison.number != Level.DIFFERENT
        and weight >= NAME_ONLY_WEIGHT
        and max(comparison.city, comparison.postcode) == Level.SAME
    )
    return [] if contact or comparison.patients == Level.SAME or rare else [Objection.NAME_ONLY]


def worth_reviewing(comparison: Comparison, weight: float) -> bool:
    """Returns whether a person should review the pair, if neither side is merged with somebody else."""
    if weight < REVIEW_WEIGHT:
        return False
    if comparison.given_name == GivenNameLevel.CONFLICT:
        return comparison.email == Level.SAME and comparison.patients >= Level.SIMILAR
    return True


def is_rival(
    comparison: Comparison, weight: float, other: Comparison, other_weight: float, exceptions: Exceptions
) -> bool:
    """Returns whether the other pair, which shares one person with this one, may be the right one instead (M11)."""
    if other.given_name == GivenNameLevel.CONFLICT:
        possible = exceptions.one_per_household or _is_wrong_entry(other, exceptions)
        return possible and other_weight > weight - RIVAL_MARGIN
    if other.given_name >= GivenNameLevel.TYPO:
        return other_weight > weight - RIVAL_MARGIN
    # Somebody without a clear given name may be a housemate: no rival to the same name, but to a similar one.
    margin = 0.0 if comparison.given_name == GivenNameLevel.SAME else RIVAL_MARGIN + MISSING_NAME_MARGIN
    return other_weight > weight - margin
