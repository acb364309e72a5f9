"""Matches imported with existing clients: searches candidates, weighs shared contacts, applies the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from pharmacy.merge.candidates import CandidatePair, Candidates, CandidateSearch
from pharmacy.merge.comparison import DIFFERENT_CONTACT_WEIGHT, EMAIL_WEIGHT, PHONE_WEIGHT
from pharmacy.merge.frequencies import MAX_CLIENTS_PER_CONTACT
from pharmacy.merge.households import Conflicts, has_one_per_household, have_own_patients
from pharmacy.merge.levels import GivenNameLevel, Level, SurnameLevel
from pharmacy.merge.people import Person
from pharmacy.merge.proposal import Decision, Proposal
from pharmacy.merge.reasons import explain
from pharmacy.merge.rules import (
    NO_EXCEPTIONS,
    Exceptions,
    Objection,
    find_objections,
    is_rival,
    may_be_housemates,
    same_house,
    same_patients,
    worth_reviewing,
)

_ids = attrgetter("existing", "imported")
People = Iterable[Person] | Callable[[], Iterable[Person]]


@dataclass(slots=True)
class MatchCounts:
    """Clients on either side, pairs compared, and the exceptions from M1 to M3 that were made."""

    existing: int = 0
    imported: int = 0
    compared: int = 0
    exceptions: Exceptions = NO_EXCEPTIONS


def match(
    existing: Iterable[Person],
    imported: People,
    *,
    different: Collection[tuple[str, str]] = (),
    same: Collection[tuple[str, str]] = (),
    strict: bool = False,
    counts: MatchCounts | None = None,
) -> list[Proposal]:
    """Returns the pairs to merge or to review, sorted by ids; a client in no pair is new (DP9).

    `imported` is read once, as a stream. `different` and `same` are pairs (existing id, imported id) that a person
    decided: the former never come back, the latter are merged and take part in nothing else. With `strict`, M1 to M3
    hold without exception. `counts` is filled in.
    """
    counts = counts if counts is not None else MatchCounts()
    decided = dict(same)
    people = [person for person in existing if person.id not in decided]
    decided_imported = frozenset(decided.values())
    search = CandidateSearch(people, different, households=not strict)
    candidates = search.find(
        person for person in (imported() if callable(imported) else imported) if person.id not in decided_imported
    )
    counts.existing += len(people)
    counts.imported += candidates.searched
    counts.compared += candidates.compared
    ids = [person.id for person in people]
    households, exceptions = search.households, NO_EXCEPTIONS
    if households is not None and has_one_per_household(*households, _count_conflicts(candidates)):
        exceptions = Exceptions(one_per_household=True)
    proposals = make_proposals(ids, candidates, exceptions)
    measurable = households is not None and not exceptions.one_per_household
    # Whether patients tell housemates apart is seen in those who are merged without an exception.
    if measurable and have_own_patients(*_count_shared_patients(ids, candidates, proposals)):
        exceptions = Exceptions(own_patients=True)
        proposals = make_proposals(ids, candidates, exceptions)
    counts.exceptions = exceptions
    proposals += [
        Proposal(one, other, Decision.MERGE, 1.0, ("A person decided that these are the same client.",))
        for one, other in same
    ]
    return sorted(proposals, key=_ids)


def make_proposals(
    existing: Sequence[str], candidates: Candidates, exceptions: Exceptions = NO_EXCEPTIONS
) -> list[Proposal]:
    """Decides all candidate pairs; returns those to merge or to review, sorted by ids.

    `existing` are the ids of the existing clients who were searched, in their order.

    A pair that was merged before stays merged whatever changed, unless it has a newly compared rival: then both pairs
    are for review (M11). Neither of its two is merged with anybody else.
    """
    pairs = candidates.pairs
    _weigh_contacts(candidates)
    by_existing: dict[int, list[CandidatePair]] = defaultdict(list)
    by_imported: dict[int, list[CandidatePair]] = defaultdict(list)
    for pair in pairs:
        by_existing[pair.existing].append(pair)
        by_imported[pair.imported].append(pair)
        if not pair.merged:
            pair.objections = find_objections(pair.comparison, pair.weight, pair.couple, exceptions)
    merged_existing, merged_imported = set(), set()
    merged = []
    for pair in pairs:
        if pair.objections:
            continue
        rivals = []
        if _has_rival(pair, by_existing[pair.existing], exceptions):
            rivals.append(Objection.RIVAL_IMPORTED)
        if _has_rival(pair, by_imported[pair.imported], exceptions):
            rivals.append(Objection.RIVAL_EXISTING)
        if rivals:
            pair.objections = tuple(rivals)
        else:
            merged.append(pair)
            merged_existing.add(pair.existing)
            merged_imported.add(pair.imported)
    proposals = [_proposal(existing, candidates, pair, Decision.MERGE, exceptions) for pair in merged]
    for pair in pairs:
        if pair.objections and worth_reviewing(pair.comparison, pair.weight):
            if pair.existing in merged_existing or pair.imported in merged_imported:
                continue
            proposals.append(_proposal(existing, candidates, pair, Decision.REVIEW, exceptions))
    return sorted(proposals, key=_ids)


def _weigh_contacts(candidates: Candidates) -> None:
    """Adds the weight of telephone and e-mail to each pair, unless too many clients share them (M13)."""
    for pair in candidates.pairs:
        comparison = pair.comparison
        if comparison.phone != Level.UNKNOWN and candidates.phones[pair.phone] > MAX_CLIENTS_PER_CONTACT:
            comparison = comparison._replace(phone=Level.UNKNOWN)
        if comparison.email != Level.UNKNOWN and candidates.emails[pair.email] > MAX_CLIENTS_PER_CONTACT:
            comparison = comparison._replace(email=Level.UNKNOWN)
        pair.comparison = comparison
        pair.weight = (
            comparison.weight
            + (DIFFERENT_CONTACT_WEIGHT, 0.0, 0.0, PHONE_WEIGHT)[comparison.phone]
            + (DIFFERENT_CONTACT_WEIGHT, 0.0, 0.0, EMAIL_WEIGHT)[comparison.email]
        )


def _has_rival(pair: CandidatePair, others: list[CandidatePair], exceptions: Exceptions) -> bool:
    return any(other is not pair and _is_rival(pair, other, exceptions) for other in others)


def _is_rival(pair: CandidatePair, other: CandidatePair, exceptions: Exceptions) -> bool:
    if other.merged:
        return True
    if pair.merged and not (other.newly_compared and worth_reviewing(other.comparison, other.weight)):
        return False
    return is_rival(pair.comparison, pair.weight, other.comparison, other.weight, exceptions)


def _count_conflicts(candidates: Candidates) -> Conflicts:
    agreeing = given_names = surnames = 0
    for pair in candidates.pairs:
        comparison = pair.comparison
        if not same_house(comparison):
            continue
        if comparison.given_name >= GivenNameLevel.TYPO:
            if comparison.surname >= SurnameLevel.TYPO:
                agreeing += 1
            elif comparison.surname == SurnameLevel.CONFLICT:
                surnames += 1
        elif comparison.given_name == GivenNameLevel.CONFLICT and comparison.surname >= SurnameLevel.TYPO:
            given_names += 1
    return Conflicts(agreeing, given_names, surnames)


def _count_shared_patients(
    existing: Sequence[str], candidates: Candidates, proposals: Iterable[Proposal]
) -> tuple[int, int]:
    """Returns the pairs of housemates with patients of whom each is merged with another client, and how many of these
    pairs have the same patients."""
    merged = [pair for pair in proposals if pair.decision == Decision.MERGE]
    ones, others = {pair.existing for pair in merged}, {pair.imported for pair in merged}
    pairs = shared = 0
    for pair in candidates.pairs:
        comparison = pair.comparison
        if comparison.given_name != GivenNameLevel.CONFLICT or comparison.patients == Level.UNKNOWN:
            continue
        one, other = existing[pair.existing], candidates.imported[pair.imported]
        if one in ones and other in others and may_be_housemates(comparison):
            pairs += 1
            shared += same_patients(comparison)
    return pairs, shared


def _proposal(
    existing: Sequence[str],
    candidates: Candidates,
    pair: CandidatePair,
    decision: Decision,
    exceptions: Exceptions,
) -> Proposal:
    one, other = existing[pair.existing], candidates.imported[pair.imported]
    score = round(1 / (1 + 2 ** -max(-60.0, min(60.0, pair.weight))), 4)
    reasons = explain(pair.comparison, pair.objections, exceptions)
    return Proposal(one, other, decision, score, reasons)
