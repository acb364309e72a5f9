"""The rules: which pairs are merged, which a person looks at (DP9).

The numbers are those of docs/merging.md and of the tests.
"""

from __future__ import annotations

from enum import Enum

from pharmacy.merge.compare import Evidence
from pharmacy.merge.names import Given, Surname
from pharmacy.merge.places import Level

MERGE_BITS = 7.0
"""Evidence from which on a pair is merged if no rule objects: about 99 in 100 by the fields alone."""
NAME_ONLY_BITS = 12.0
"""Evidence that a name and a town must give where one side has no street: both are rare."""
CONTRADICTED_BITS = 12.0
"""The same where house number or surname differ: somebody of that name may live in the same street or house."""
REVIEW_BITS = 0.0
"""Evidence from which on a pair is worth a person's time."""
MARGIN_BITS = 4.0
"""How much better than any rival a pair must be: sixteen times as likely."""
DOUBT_BITS = 4.0
"""What a rival without a given name is granted, since the name might agree."""


class Objection(Enum):
    """Why a pair is not merged by itself."""

    OTHER_GIVEN = "M1"
    NO_GIVEN = "M2"
    DOUBTFUL_GIVEN = "M3"
    GENERATION = "M4"
    COUPLE = "M5"
    OTHER_SURNAME = "M6"
    OTHER_FLAT = "M7"
    NAME_ONLY = "M8"
    MOVED = "M9"
    WEAK = "M10"
    RIVAL_EXISTING = "M11, another existing one"
    RIVAL_IMPORTED = "M11, another imported one"
    OTHER_PATIENTS = "M12"


def place_agrees(evidence: Evidence) -> bool:
    """Whether both live at one address, as far as the parts are known."""
    if evidence.street >= Level.SIMILAR:
        return evidence.number != Level.DIFFERENT or max(evidence.city, evidence.postcode) >= Level.SIMILAR
    return evidence.number == Level.SAME and max(evidence.city, evidence.postcode) == Level.SAME


def place_is_one(evidence: Evidence) -> bool:
    """Whether both live in one house, beyond doubt."""
    return (
        evidence.street >= Level.SIMILAR
        and evidence.number >= Level.UNKNOWN
        and evidence.flat != Level.DIFFERENT
        and max(evidence.city, evidence.postcode) >= Level.UNKNOWN
    )


def objections(evidence: Evidence, bits: float, couple: bool, one_a_household: bool) -> tuple[Objection, ...]:
    """What keeps the pair from being merged, other people left aside."""
    against = []
    wrong_entry = one_a_household and evidence.surname >= Surname.TYPO and place_agrees(evidence)
    if not wrong_entry:
        if evidence.given == Given.CONFLICT:
            against.append(Objection.OTHER_GIVEN)
        elif evidence.given in (Given.MISSING, Given.INITIAL):
            against.append(Objection.NO_GIVEN)
        elif evidence.given == Given.DOUBTFUL:
            against.append(Objection.COUPLE if couple else Objection.DOUBTFUL_GIVEN)
    if evidence.generation in (Level.DIFFERENT, Level.SIMILAR):
        against.append(Objection.GENERATION)
    contact = Level.SAME in (evidence.phone, evidence.email)
    if evidence.surname < Surname.TYPO and not (
        evidence.given >= Given.TYPO
        and (place_is_one(evidence) or ((contact or one_a_household) and place_agrees(evidence)))
    ):
        against.append(Objection.OTHER_SURNAME)
    if evidence.flat == Level.DIFFERENT:
        against.append(Objection.OTHER_FLAT)
    against += _of_place(evidence, bits, contact, one_a_household)
    if evidence.patients == Level.DIFFERENT and evidence.email != Level.SAME:
        against.append(Objection.OTHER_PATIENTS)
    differs = evidence.number == Level.DIFFERENT or evidence.surname == Surname.CONFLICT
    if bits < (CONTRADICTED_BITS if differs and not contact and not one_a_household else MERGE_BITS):
        against.append(Objection.WEAK)
    return tuple(against)


def _of_place(evidence: Evidence, bits: float, contact: bool, one_a_household: bool) -> list[Objection]:
    if place_agrees(evidence):
        return []
    whole_name = evidence.given == Given.SAME and evidence.surname == Surname.SAME
    if evidence.street == Level.DIFFERENT:
        if whole_name and (contact or one_a_household):
            return []
        proofs = (evidence.phone == Level.SAME) + (evidence.email == Level.SAME) + (evidence.patients >= Level.SIMILAR)
        return [] if proofs >= 2 else [Objection.MOVED]
    rare = whole_name and bits >= NAME_ONLY_BITS and max(evidence.city, evidence.postcode) == Level.SAME
    return [] if contact or evidence.patients == Level.SAME or rare else [Objection.NAME_ONLY]


def worth_a_look(evidence: Evidence, bits: float) -> bool:
    """Whether a person should see the pair, if neither side is merged with somebody else."""
    if bits < REVIEW_BITS:
        return False
    if evidence.given == Given.CONFLICT:
        return evidence.email == Level.SAME and evidence.patients >= Level.SIMILAR
    return True


def rivals(evidence: Evidence, bits: float, other: Evidence, other_bits: float, one_a_household: bool) -> bool:
    """Whether the other pair, which has one of its two people in common with this one, may be the right one instead."""
    if other.given == Given.CONFLICT:
        return one_a_household and other_bits > bits - MARGIN_BITS
    if other.given >= Given.TYPO:
        return other_bits > bits - MARGIN_BITS
    # Who has no clear given name may be a housemate: no rival for the very same name, but for a similar one.
    doubt = 0.0 if evidence.given == Given.SAME else MARGIN_BITS + DOUBT_BITS
    return other_bits > bits - doubt
