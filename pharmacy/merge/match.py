"""Merging from end to end: search, count out what is everybody's, decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from pharmacy.merge.compare import CONTACT_DIFFERENT, EMAIL_SAME, PHONE_SAME
from pharmacy.merge.decide import Objection, objections, place_is_one, rivals, worth_a_look
from pharmacy.merge.households import Conflicts, one_a_household
from pharmacy.merge.names import Given, Surname
from pharmacy.merge.people import Decision, Person, Proposal
from pharmacy.merge.places import Level
from pharmacy.merge.rarity import SHARED_CONTACT
from pharmacy.merge.reasons import explain, side_by_side
from pharmacy.merge.search import Found, Pair, Search

People = Iterable[Person] | Callable[[], Iterable[Person]]


@dataclass(slots=True)
class Counts:
    """What merging did, for reports."""

    existing: int = 0
    imported: int = 0
    compared: int = 0
    one_a_household: bool = False


def match(
    existing: Iterable[Person],
    imported: People,
    *,
    different: Collection[tuple[str, str]] = (),
    same: Collection[tuple[str, str]] = (),
    strict: bool = False,
    counts: Counts | None = None,
) -> list[Proposal]:
    """Proposals to merge or to review, in the order of their ids; who is in none is new (DP9).

    `imported` is read once, as a stream. `different` and `same` are pairs (existing id, imported id) that a person
    decided: the former never come back, the latter are merged and take part in nothing else. With `strict` M1 to M3
    hold without exception, whatever the files look like.
    """
    counts = counts if counts is not None else Counts()
    forced = dict(same)
    people = [person for person in existing if person.id not in forced]
    decided = frozenset(forced.values())
    search = Search(people, different, households=not strict)
    found = search.find(
        person for person in (imported() if callable(imported) else imported) if person.id not in decided
    )
    alone = search.households is not None and one_a_household(*search.households, _conflicts(found))
    counts.existing += len(people)
    counts.imported += found.searched
    counts.compared += found.compared
    counts.one_a_household = alone
    proposals = decide(people, found, alone=alone)
    proposals += [
        Proposal(one, other, Decision.MERGE, 1.0, ("A person decided that these are the same client.",))
        for one, other in same
    ]
    return sorted(proposals, key=_ids)


def decide(existing: Sequence[Person], found: Found, *, alone: bool = False) -> list[Proposal]:
    """What becomes of all that was found, in the order of the ids. `alone`: there is one client a household (M1).

    A pair that was merged before stays so whatever became of the two, unless it has a fresh rival (M11): then both
    pairs are for a person. Nobody else is merged with one of its two.
    """
    pairs = found.pairs
    _count_out(found)
    of_existing: dict[int, list[Pair]] = defaultdict(list)
    of_imported: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        of_existing[pair.existing].append(pair)
        of_imported[pair.imported].append(pair)
        pair.against = () if pair.merged else objections(pair.evidence, pair.bits, pair.couple, alone)
    taken_existing, taken_imported = set(), set()
    merged = []
    for pair in pairs:
        if pair.against:
            continue
        rivalled = []
        if _rivalled(pair, of_existing[pair.existing], alone):
            rivalled.append(Objection.RIVAL_IMPORTED)
        if _rivalled(pair, of_imported[pair.imported], alone):
            rivalled.append(Objection.RIVAL_EXISTING)
        if rivalled:
            pair.against = tuple(rivalled)
        else:
            merged.append(pair)
            taken_existing.add(pair.existing)
            taken_imported.add(pair.imported)
    proposals = [_proposal(existing, found, pair, Decision.MERGE) for pair in merged]
    for pair in pairs:
        if pair.against and worth_a_look(pair.evidence, pair.bits):
            if pair.existing in taken_existing or pair.imported in taken_imported:
                continue
            proposals.append(_proposal(existing, found, pair, Decision.REVIEW))
    return sorted(proposals, key=_ids)


def _count_out(found: Found) -> None:
    """Adds what telephone and e-mail say, unless they are everybody's."""
    for pair in found.pairs:
        evidence = pair.evidence
        if evidence.phone != Level.UNKNOWN and found.phones[pair.phone] > SHARED_CONTACT:
            evidence = evidence._replace(phone=Level.UNKNOWN)
        if evidence.email != Level.UNKNOWN and found.emails[pair.email] > SHARED_CONTACT:
            evidence = evidence._replace(email=Level.UNKNOWN)
        pair.evidence = evidence
        pair.bits = (
            evidence.bits
            + (CONTACT_DIFFERENT, 0.0, 0.0, PHONE_SAME)[evidence.phone]
            + (CONTACT_DIFFERENT, 0.0, 0.0, EMAIL_SAME)[evidence.email]
        )


def _ids(proposal: Proposal) -> tuple[str, str]:
    return proposal.existing, proposal.imported


def _rivalled(pair: Pair, others: list[Pair], alone: bool) -> bool:
    return any(other is not pair and _is_rival(pair, other, alone) for other in others)


def _is_rival(pair: Pair, other: Pair, alone: bool) -> bool:
    if other.merged:
        return True
    if pair.merged and not (other.fresh and worth_a_look(other.evidence, other.bits)):
        return False
    return rivals(pair.evidence, pair.bits, other.evidence, other.bits, alone)


def _conflicts(found: Found) -> Conflicts:
    agreeing = given = surname = 0
    for pair in found.pairs:
        evidence = pair.evidence
        if not place_is_one(evidence):
            continue
        if evidence.given >= Given.TYPO:
            if evidence.surname >= Surname.TYPO:
                agreeing += 1
            elif evidence.surname == Surname.CONFLICT:
                surname += 1
        elif evidence.given == Given.CONFLICT and evidence.surname >= Surname.TYPO:
            given += 1
    return Conflicts(agreeing, given, surname)


def _proposal(existing: Sequence[Person], found: Found, pair: Pair, decision: Decision) -> Proposal:
    one, other = existing[pair.existing], found.imported[pair.imported]
    score = round(1 / (1 + 2 ** -max(-60.0, min(60.0, pair.bits))), 4)
    return Proposal(
        one.id, other.id, decision, score, explain(pair.evidence, pair.against), side_by_side(one, other, pair.evidence)
    )
