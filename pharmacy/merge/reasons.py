"""Explains in sentences why a pair is merged or reviewed, and compares its fields side by side."""

from __future__ import annotations

from collections.abc import Sequence

from pharmacy.merge.comparison import Comparison
from pharmacy.merge.levels import GivenNameLevel, Level, SurnameLevel
from pharmacy.merge.people import Person
from pharmacy.merge.proposal import FieldComparison, Verdict
from pharmacy.merge.rules import Exceptions, Objection, address_agrees

OBJECTION_REASONS = {
    Objection.OTHER_GIVEN_NAME: "The given names are two names, so these may be two people of one household.",
    Objection.NO_GIVEN_NAME: "One side has no given name or only an initial, so it may be anybody of the household.",
    Objection.DOUBTFUL_GIVEN_NAME: "The given names are alike but may belong to two people.",
    Objection.GENERATION: "Only one side says junior or senior, or the two differ: parent and child may share a name.",
    Objection.TITLES: "The titles are those of a man and of a woman.",
    Objection.ORGANIZATION: "An organization is named, so these may be two people of it, or its name and a person's.",
    Objection.COUPLE: "One side is a couple, the other one person.",
    Objection.OTHER_SURNAME: "The surnames differ or are missing, and the address does not make up for it.",
    Objection.OTHER_FLAT: "The flats, boxes, numbers or directions differ at one address.",
    Objection.NAME_ONLY: "Hardly anything except the name agrees.",
    Objection.MOVED: "The addresses differ: the client may have moved, or it is a namesake.",
    Objection.OTHER_PATIENTS: "They have no patient in common, so these may be two people.",
    Objection.NAMESAKE: "Telephone or e-mail differ, so these may be two people of one name.",
    Objection.WEAK: "What agrees is too common, or too little, to be sure.",
    Objection.RIVAL_EXISTING: "Another home-delivery client fits this imported client about as well.",
    Objection.RIVAL_IMPORTED: "Another imported client fits this home-delivery client about as well.",
}
_GIVEN_NAME_REASONS = {
    GivenNameLevel.SAME: "The given names agree.",
    GivenNameLevel.NICKNAME: "One given name is another form of the other.",
    GivenNameLevel.TYPO: "The given names differ by a typing error.",
    GivenNameLevel.CONFLICT: "The given names differ, but {exception}.",
    GivenNameLevel.DOUBTFUL: "The given names are alike, and {exception}.",
    GivenNameLevel.MISSING: "A given name is missing, but {exception}.",
    GivenNameLevel.INITIAL: "One given name is an initial, and {exception}.",
}
_ONE_PER_HOUSEHOLD = "neither file has two clients of one household"
_OWN_PATIENTS = "in these files other clients of a household have other patients"
_SURNAME_REASONS = {
    SurnameLevel.SAME: "The surnames agree.",
    SurnameLevel.PART: "One surname is part of the other.",
    SurnameLevel.TYPO: "The surnames differ by a typing error.",
    SurnameLevel.MISSING: "A surname is missing.",
    SurnameLevel.CONFLICT: "The surnames differ.",
}
_NAME_VERDICTS = {"SAME": Verdict.SAME, "MISSING": Verdict.UNKNOWN, "CONFLICT": Verdict.DIFFERENT}
"""Every other level of a name is similar."""


def explain(comparison: Comparison, objections: tuple[Objection, ...], exceptions: Exceptions) -> tuple[str, ...]:
    """Returns what keeps the pair from being merged, then what agrees."""
    given_name = comparison.given_name
    exception = _OWN_PATIENTS if exceptions.own_patients else _ONE_PER_HOUSEHOLD
    reasons = [OBJECTION_REASONS[objection] for objection in objections]
    if given_name >= GivenNameLevel.TYPO or not objections:
        both = given_name == GivenNameLevel.SAME and comparison.surname == SurnameLevel.SAME
        reasons += (
            ["The names agree."]
            if both
            else [
                _GIVEN_NAME_REASONS[given_name].format(exception=exception),
                _SURNAME_REASONS[comparison.surname],
            ]
        )
    elif comparison.surname >= SurnameLevel.TYPO:
        reasons.append(_SURNAME_REASONS[comparison.surname])
    if comparison.swapped:
        reasons.append("Given name and surname are swapped.")
    if address_agrees(comparison):
        whole = comparison.street == comparison.number == Level.SAME and Level.DIFFERENT not in (
            comparison.city,
            comparison.postcode,
        )
        reasons.append("The addresses agree." if whole else "The addresses agree in part.")
    if comparison.phone == Level.SAME:
        reasons.append("The telephone numbers agree.")
    if comparison.email == Level.SAME:
        reasons.append("The e-mail addresses agree.")
    if comparison.shared_patients:
        names = ", ".join(name.title() for name in comparison.shared_patients)
        reasons.append(f"Both have {names}.")
    elif comparison.patients == Level.DIFFERENT and Objection.OTHER_PATIENTS not in objections:
        reasons.append("They have no patient in common.")
    return tuple(reasons)


def doubts(reasons: Sequence[str]) -> tuple[str, ...]:
    """Returns those of the reasons that keep a pair from being merged: the first, and all other objections."""
    objections = set(OBJECTION_REASONS.values())
    return tuple(reason for place, reason in enumerate(reasons) if place == 0 or reason in objections)


def compare_fields(one: Person, other: Person, comparison: Comparison) -> tuple[FieldComparison, ...]:
    """Returns every field that either side has, with how it compares."""
    street = min(
        (level for level in (comparison.street, comparison.number, comparison.units) if level != Level.UNKNOWN),
        default=Level.UNKNOWN,
    )
    verdicts = {
        "given_name": _NAME_VERDICTS.get(comparison.given_name.name, Verdict.SIMILAR),
        "surname": _NAME_VERDICTS.get(comparison.surname.name, Verdict.SIMILAR),
        "street": Verdict[street.name],
        "city": Verdict[comparison.city.name],
        "state": _exact_verdict(one.state, other.state),
        "postcode": Verdict[comparison.postcode.name],
        "phone": Verdict[comparison.phone.name],
        "email": Verdict[comparison.email.name],
    }
    fields = [
        FieldComparison(name, getattr(one, name), getattr(other, name), verdict)
        for name, verdict in verdicts.items()
        if getattr(one, name) or getattr(other, name)
    ]
    if one.patients or other.patients:
        fields.append(
            FieldComparison("patients", _patient_names(one), _patient_names(other), Verdict[comparison.patients.name])
        )
    return tuple(fields)


def _exact_verdict(one: str, other: str) -> Verdict:
    if not one or not other:
        return Verdict.UNKNOWN
    return Verdict.SAME if one.strip().casefold() == other.strip().casefold() else Verdict.DIFFERENT


def _patient_names(person: Person) -> str:
    return "; ".join(patient.name for patient in person.patients)
