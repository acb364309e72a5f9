"""Why a pair is merged or shown to a person, in sentences; and the two people side by side."""

from __future__ import annotations

from pharmacy.merge.compare import Evidence
from pharmacy.merge.decide import Objection, place_agrees
from pharmacy.merge.names import Given, Surname
from pharmacy.merge.people import FieldComparison, Person, Verdict
from pharmacy.merge.places import Level

OBJECTIONS = {
    Objection.OTHER_GIVEN: "The given names are two names, so these may be two people of one household.",
    Objection.NO_GIVEN: "One side has no given name or only an initial, so it may be anybody of the household.",
    Objection.DOUBTFUL_GIVEN: "The given names are alike but may belong to two people.",
    Objection.GENERATION: "Only one side says junior or senior, or the two differ: parent and child may share a name.",
    Objection.COUPLE: "One side is a couple, the other one person.",
    Objection.OTHER_SURNAME: "The surnames differ or are missing, and the address does not make up for it.",
    Objection.OTHER_FLAT: "The flats differ in one house.",
    Objection.NAME_ONLY: "Little but the name agrees.",
    Objection.MOVED: "The addresses differ: the client may have moved, or it is a namesake.",
    Objection.OTHER_PATIENTS: "They have no patient in common: parent and child may share name and address.",
    Objection.WEAK: "What agrees is too common, or too little, to be sure.",
    Objection.RIVAL_EXISTING: "Another home-delivery client fits this imported client about as well.",
    Objection.RIVAL_IMPORTED: "Another imported client fits this home-delivery client about as well.",
}
_GIVEN = {
    Given.SAME: "The given names agree.",
    Given.NICKNAME: "One given name is another form of the other.",
    Given.TYPO: "The given names differ by a slip of the pen.",
    Given.CONFLICT: "The given names differ, but neither file has two clients of one household.",
    Given.DOUBTFUL: "The given names are alike, and neither file has two clients of one household.",
    Given.MISSING: "A given name is missing, but neither file has two clients of one household.",
    Given.INITIAL: "One given name is an initial, and neither file has two clients of one household.",
}
_SURNAME = {
    Surname.SAME: "The surnames agree.",
    Surname.PART: "One surname is part of the other.",
    Surname.TYPO: "The surnames differ by a slip of the pen.",
    Surname.MISSING: "A surname is missing.",
    Surname.CONFLICT: "The surnames differ.",
}
_VERDICTS = {
    Level.SAME: Verdict.SAME,
    Level.SIMILAR: Verdict.SIMILAR,
    Level.DIFFERENT: Verdict.DIFFERENT,
    Level.UNKNOWN: Verdict.UNKNOWN,
}
_OF_GIVEN = {
    Given.SAME: Verdict.SAME,
    Given.NICKNAME: Verdict.SIMILAR,
    Given.TYPO: Verdict.SIMILAR,
    Given.DOUBTFUL: Verdict.SIMILAR,
    Given.INITIAL: Verdict.SIMILAR,
    Given.MISSING: Verdict.UNKNOWN,
    Given.CONFLICT: Verdict.DIFFERENT,
}
_OF_SURNAME = {
    Surname.SAME: Verdict.SAME,
    Surname.PART: Verdict.SIMILAR,
    Surname.TYPO: Verdict.SIMILAR,
    Surname.MISSING: Verdict.UNKNOWN,
    Surname.CONFLICT: Verdict.DIFFERENT,
}


def explain(evidence: Evidence, against: tuple[Objection, ...]) -> tuple[str, ...]:
    """What keeps the pair from being merged, then what agrees."""
    given = evidence.given
    said = [OBJECTIONS[objection] for objection in against]
    if given >= Given.TYPO or not against:
        both = given == Given.SAME and evidence.surname == Surname.SAME
        said += ["The names agree."] if both else [_GIVEN[given], _SURNAME[evidence.surname]]
    elif evidence.surname >= Surname.TYPO:
        said.append(_SURNAME[evidence.surname])
    if evidence.swapped:
        said.append("Given name and surname are exchanged.")
    if place_agrees(evidence):
        whole = evidence.street == evidence.number == Level.SAME and Level.DIFFERENT not in (
            evidence.city,
            evidence.postcode,
        )
        said.append("The addresses agree." if whole else "The addresses agree in part.")
    if evidence.phone == Level.SAME:
        said.append("The telephone numbers agree.")
    if evidence.email == Level.SAME:
        said.append("The e-mail addresses agree.")
    if evidence.shared_patients:
        names = ", ".join(name.title() for name in evidence.shared_patients)
        said.append(f"Both have {names}.")
    elif evidence.patients == Level.DIFFERENT and Objection.OTHER_PATIENTS not in against:
        said.append("They have no patient in common.")
    return tuple(said)


def side_by_side(one: Person, other: Person, evidence: Evidence) -> tuple[FieldComparison, ...]:
    """Every field that either side has, with how it compares."""
    street = min(
        (level for level in (evidence.street, evidence.number, evidence.flat) if level != Level.UNKNOWN),
        default=Level.UNKNOWN,
    )
    verdicts = {
        "given_name": _OF_GIVEN[evidence.given],
        "surname": _OF_SURNAME[evidence.surname],
        "street": _VERDICTS[street],
        "city": _VERDICTS[evidence.city],
        "state": _plain(one.state, other.state),
        "postcode": _VERDICTS[evidence.postcode],
        "phone": _VERDICTS[evidence.phone],
        "email": _VERDICTS[evidence.email],
    }
    lines = [
        FieldComparison(name, getattr(one, name), getattr(other, name), verdict)
        for name, verdict in verdicts.items()
        if getattr(one, name) or getattr(other, name)
    ]
    if one.patients or other.patients:
        lines.append(FieldComparison("patients", _animals(one), _animals(other), _VERDICTS[evidence.patients]))
    return tuple(lines)


def _plain(one: str, other: str) -> Verdict:
    if not one or not other:
        return Verdict.UNKNOWN
    return Verdict.SAME if one.strip().casefold() == other.strip().casefold() else Verdict.DIFFERENT


def _animals(person: Person) -> str:
    return "; ".join(animal.name for animal in person.patients)
