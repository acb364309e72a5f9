"""Whom of the existing clients each imported one may be: found, compared, and kept if it may matter.

What is found is handed on by value, so that several processes may search for parts of a file (`helpers`). Nothing is
decided here: a rival, or the fifth client with one telephone number, may stand in another part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from pharmacy.merge.blocking import Index
from pharmacy.merge.compare import EMAIL_SAME, PHONE_SAME, Evidence, compare
from pharmacy.merge.decide import Objection
from pharmacy.merge.households import Household
from pharmacy.merge.people import Person
from pharmacy.merge.places import Level
from pharmacy.merge.rarity import SHARED_CONTACT, Rarity
from pharmacy.merge.record import Record, read_person


@dataclass(slots=True)
class Pair:
    """An existing client, by its place, and an imported one who may be the same. `bits` and `against` come later.

    `merged` tells that they were merged before, `fresh` that one of the two was never compared with all others.
    """

    existing: int
    imported: int
    evidence: Evidence
    couple: bool
    merged: bool
    phone: str
    email: str
    fresh: bool = True
    bits: float = 0.0
    against: tuple[Objection, ...] = ()


@dataclass(slots=True)
class Found:
    """What was found for imported clients: those who may be somebody, and the pairs, by their places among these.

    `phones` and `emails` tell how many of all of them have each, of those that an existing client has.
    """

    searched: int = 0
    compared: int = 0
    imported: list[Person] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    phones: Counter[str] = field(default_factory=Counter)
    emails: Counter[str] = field(default_factory=Counter)

    def add(self, other: Found) -> None:
        """What was found for other clients of the same file."""
        for pair in other.pairs:
            pair.imported += len(self.imported)
        self.searched += other.searched
        self.compared += other.compared
        self.imported += other.imported
        self.pairs += other.pairs
        self.phones.update(other.phones)
        self.emails.update(other.emails)


class Search:
    """Finds among the existing clients. A pair in `different` (existing id, imported id) is never found.

    Pairs in `merged` were merged before by the rules, and are found as long as any of their names agrees.
    `households`, of the existing and of the imported clients, count only if they were asked for.
    """

    def __init__(
        self,
        existing: Sequence[Person],
        different: Collection[tuple[str, str]] = (),
        merged: Collection[tuple[str, str]] = (),
        *,
        households: bool = False,
    ) -> None:
        self.households = (Household(), Household()) if households else None
        self._ids = [person.id for person in existing]
        self._records = [read_person(person) for person in existing]
        self._rarity = Rarity(self._records)
        self._different = frozenset(different)
        partner = dict(merged)
        self._merged = {partner[one]: place for place, one in enumerate(self._ids) if one in partner}
        self._index = Index()
        phones, emails = Counter[str](), Counter[str]()
        for place, record in enumerate(self._records):
            self._index.add(place, record)
            phones[record.phone] += 1
            emails[record.email] += 1
            if self.households:
                self.households[0].add(record)
        del phones[""], emails[""]
        self._phones, self._emails = frozenset(phones), frozenset(emails)
        self._shared = {each for counter in (phones, emails) for each in counter if counter[each] > SHARED_CONTACT}

    def find(self, imported: Iterable[Person]) -> Found:
        """Whom each of them may be."""
        found = Found()
        for person in imported:
            record = read_person(person)
            found.searched += 1
            if self.households:
                self.households[1].add(record)
            if record.phone in self._phones:
                found.phones[record.phone] += 1
            if record.email in self._emails:
                found.emails[record.email] += 1
            pairs = self._pairs(person, record, len(found.imported), found)
            if pairs:
                found.imported.append(person)
                found.pairs += pairs
        return found

    def _pairs(self, person: Person, record: Record, imported: int, found: Found) -> list[Pair]:
        pairs = []
        near, partner = self._index.near(record), self._merged.get(person.id)
        if partner is not None:
            near.add(partner)
        for place in near:
            other = self._records[place]
            found.compared += 1
            evidence = compare(other, record, self._rarity)
            if evidence is None:
                continue
            possible = evidence.bits + (evidence.phone == Level.SAME) * PHONE_SAME + (evidence.email == 3) * EMAIL_SAME
            if (possible < 0 and place != partner) or (self._ids[place], person.id) in self._different:
                continue
            evidence, couple = self._without_shared(evidence, other), other.couple or record.couple
            pairs.append(Pair(place, imported, evidence, couple, place == partner, other.phone, other.email))
        return pairs

    def _without_shared(self, evidence: Evidence, other: Record) -> Evidence:
        if other.phone in self._shared:
            evidence = evidence._replace(phone=Level.UNKNOWN)
        if other.email in self._shared:
            evidence = evidence._replace(email=Level.UNKNOWN)
        return evidence
