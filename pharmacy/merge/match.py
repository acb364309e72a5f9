"""Merging from end to end: read both sides, find and compare the pairs, decide."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from pharmacy.merge.blocking import Index
from pharmacy.merge.compare import CONTACT_DIFFERENT, EMAIL_SAME, PHONE_SAME, Evidence, compare
from pharmacy.merge.decide import (
    Objection,
    objections,
    place_is_one,
    rivals,
    worth_a_look,
)
from pharmacy.merge.households import Conflicts, Household, one_a_household
from pharmacy.merge.names import Given, Surname
from pharmacy.merge.people import Decision, Person, Proposal
from pharmacy.merge.places import Level
from pharmacy.merge.rarity import SHARED_CONTACT, Rarity
from pharmacy.merge.reasons import explain, side_by_side
from pharmacy.merge.record import Record, read_person

People = Iterable[Person] | Callable[[], Iterable[Person]]


@dataclass(slots=True)
class Counts:
    """What merging did, for reports."""

    existing: int = 0
    imported: int = 0
    compared: int = 0
    one_a_household: bool = False


@dataclass(slots=True)
class _Pair:
    existing: int
    imported: int
    evidence: Evidence
    couple: bool
    bits: float = 0.0
    against: tuple[Objection, ...] = ()


@dataclass(slots=True)
class _Matching:
    people: list[Person]
    records: list[Record]
    rarity: Rarity
    index: Index
    different: Collection[tuple[str, str]]
    counts: Counts
    homes: tuple[Household, Household]
    imported: list[Person] = field(default_factory=list)
    pairs: list[_Pair] = field(default_factory=list)
    phones: Counter[int] = field(default_factory=Counter)
    emails: Counter[int] = field(default_factory=Counter)


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
    records = [read_person(person) for person in people]
    matching = _Matching(
        people, records, Rarity(records), Index(), frozenset(different), counts, (Household(), Household())
    )
    counts.existing += len(people)
    for place, record in enumerate(records):
        matching.index.add(place, record)
        matching.homes[0].add(record)
        _count_contact(matching, record)
    own_phones, own_emails = matching.phones, matching.emails
    matching.phones, matching.emails = Counter(), Counter()
    for person in imported() if callable(imported) else imported:
        if person.id not in decided:
            _find(matching, person)
    for pair in matching.pairs:
        record = records[pair.existing]
        phone_shared = max(own_phones[hash(record.phone)], matching.phones[hash(record.phone)]) > SHARED_CONTACT
        email_shared = max(own_emails[hash(record.email)], matching.emails[hash(record.email)]) > SHARED_CONTACT
        _count_out(pair, phone_shared, email_shared)
    proposals = list(_decide(matching, strict))
    proposals += [
        Proposal(one, other, Decision.MERGE, 1.0, ("A person decided that these are the same client.",))
        for one, other in same
    ]
    return sorted(proposals, key=lambda proposal: (proposal.existing, proposal.imported))


def _count_contact(matching: _Matching, record: Record) -> None:
    if record.phone:
        matching.phones[hash(record.phone)] += 1
    if record.email:
        matching.emails[hash(record.email)] += 1


def _find(matching: _Matching, person: Person) -> None:
    """Compares one imported client with those it may be, and keeps what may matter."""
    record = read_person(person)
    matching.counts.imported += 1
    matching.homes[1].add(record)
    _count_contact(matching, record)
    kept = False
    for place in matching.index.near(record):
        other = matching.records[place]
        matching.counts.compared += 1
        evidence = compare(other, record, matching.rarity)
        if evidence is None:
            continue
        possible = evidence.bits + (evidence.phone == Level.SAME) * PHONE_SAME + (evidence.email == 3) * EMAIL_SAME
        if possible < 0 or (matching.people[place].id, person.id) in matching.different:
            continue
        if not kept:
            kept = True
            matching.imported.append(person)
        matching.pairs.append(_Pair(place, len(matching.imported) - 1, evidence, other.couple or record.couple))


def _count_out(pair: _Pair, phone_shared: bool, email_shared: bool) -> None:
    """Adds what telephone and e-mail say, unless they are everybody's."""
    evidence = pair.evidence
    phone = Level.UNKNOWN if phone_shared else evidence.phone
    email = Level.UNKNOWN if email_shared else evidence.email
    if phone != evidence.phone or email != evidence.email:
        pair.evidence = evidence = evidence._replace(phone=phone, email=email)
    pair.bits = (
        evidence.bits
        + (CONTACT_DIFFERENT, 0.0, 0.0, PHONE_SAME)[phone]
        + (CONTACT_DIFFERENT, 0.0, 0.0, EMAIL_SAME)[email]
    )


def _decide(matching: _Matching, strict: bool) -> Iterator[Proposal]:
    pairs = matching.pairs
    of_existing: dict[int, list[_Pair]] = defaultdict(list)
    of_imported: dict[int, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        of_existing[pair.existing].append(pair)
        of_imported[pair.imported].append(pair)
    alone = not strict and one_a_household(*matching.homes, _conflicts(pairs))
    matching.counts.one_a_household = alone
    for pair in pairs:
        pair.against = objections(pair.evidence, pair.bits, pair.couple, alone)
    taken_existing, taken_imported = set(), set()
    merged = []
    for pair in pairs:
        if pair.against:
            continue
        found = []
        if _rivalled(pair, of_existing[pair.existing], alone):
            found.append(Objection.RIVAL_IMPORTED)
        if _rivalled(pair, of_imported[pair.imported], alone):
            found.append(Objection.RIVAL_EXISTING)
        if found:
            pair.against = tuple(found)
        else:
            merged.append(pair)
            taken_existing.add(pair.existing)
            taken_imported.add(pair.imported)
    for pair in merged:
        yield _proposal(matching, pair, Decision.MERGE)
    for pair in pairs:
        if pair.against and worth_a_look(pair.evidence, pair.bits):
            if pair.existing in taken_existing or pair.imported in taken_imported:
                continue
            yield _proposal(matching, pair, Decision.REVIEW)


def _rivalled(pair: _Pair, others: list[_Pair], alone: bool) -> bool:
    return any(
        other is not pair and rivals(pair.evidence, pair.bits, other.evidence, other.bits, alone) for other in others
    )


def _conflicts(pairs: list[_Pair]) -> Conflicts:
    agreeing = given = surname = 0
    for pair in pairs:
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


def _proposal(matching: _Matching, pair: _Pair, decision: Decision) -> Proposal:
    one, other = matching.people[pair.existing], matching.imported[pair.imported]
    score = round(1 / (1 + 2 ** -max(-60.0, min(60.0, pair.bits))), 4)
    return Proposal(
        one.id, other.id, decision, score, explain(pair.evidence, pair.against), side_by_side(one, other, pair.evidence)
    )
