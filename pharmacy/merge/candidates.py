"""Finds and compares the candidates for a match among the existing clients.

Several processes may each search for a part of a file (`processes`), so the result can be pickled and decides nothing:
a rival, or the fifth client with the same telephone number, may be in another part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from pharmacy.merge.blocking import BlockingIndex, Keys, keys_of
from pharmacy.merge.comparison import EMAIL_WEIGHT, PHONE_WEIGHT, Comparison, compare
from pharmacy.merge.frequencies import MAX_CLIENTS_PER_CONTACT, Frequencies
from pharmacy.merge.households import HouseholdCounter
from pharmacy.merge.levels import Level
from pharmacy.merge.people import Person
from pharmacy.merge.record import Record, normalize_person
from pharmacy.merge.rules import Objection


@dataclass(slots=True)
class CandidatePair:
    """An existing and an imported client, by position, who may be one person.

    `merged`: they were merged before. `newly_compared`: one of the two has not been compared with all others yet.
    `weight`, in bits, and `objections` are filled in by `make_proposals`.
    """

    existing: int
    imported: int
    comparison: Comparison
    couple: bool
    merged: bool
    phone: str
    email: str
    newly_compared: bool = True
    weight: float = 0.0
    objections: tuple[Objection, ...] = ()

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        # With slots, dataclasses look up their fields for each object.
        return type(self), tuple(getattr(self, name) for name in self.__slots__)


@dataclass(slots=True)
class Candidates:
    """The candidate pairs of a file, and the ids of the imported clients in them, to which `pairs` refer by position.

    `phones` and `emails` count how many imported clients have each value, of the values that an existing client has.
    """

    searched: int = 0
    compared: int = 0
    imported: list[str] = field(default_factory=list)
    pairs: list[CandidatePair] = field(default_factory=list)
    phones: Counter[str] = field(default_factory=Counter)
    emails: Counter[str] = field(default_factory=Counter)

    def add(self, other: Candidates) -> None:
        """Adds the candidates of another part of the same file."""
        for pair in other.pairs:
            pair.imported += len(self.imported)
        self.searched += other.searched
        self.compared += other.compared
        self.imported += other.imported
        self.pairs += other.pairs
        self.phones.update(other.phones)
        self.emails.update(other.emails)


class CandidateSearch:
    """Searches the existing clients for candidates.

    Pairs (existing id, imported id) in `different` are never found. Pairs in `merged` were merged by the rules before,
    and are found as long as one of their names agrees. `wanted` are the ids of the imported clients that take part; all
    do if it is None. With `households`, counts the households of both files.
    """

    def __init__(
        self,
        existing: Sequence[Person],
        different: Collection[tuple[str, str]] = (),
        merged: Collection[tuple[str, str]] = (),
        wanted: frozenset[str] | None = None,
        *,
        households: bool = False,
    ) -> None:
        self.wanted = wanted
        self.households = (HouseholdCounter(), HouseholdCounter()) if households else None
        # Of housemates who were merged, both are found; and where they are counted, all.
        self._housemates = households or bool(merged)
        self._ids = [person.id for person in existing]
        self._records = [normalize_person(person) for person in existing]
        self._frequencies = Frequencies(self._records)
        self._different = frozenset(different)
        partners = dict(merged)
        self._merged = {partners[id]: position for position, id in enumerate(self._ids) if id in partners}
        self._index = BlockingIndex()
        phones, emails = Counter[str](), Counter[str]()
        for position, record in enumerate(self._records):
            self._index.add(position, record)
            phones.update(record.phones)
            emails.update(record.emails)
            if self.households:
                self.households[0].add(record)
        self._phones, self._emails = frozenset(phones), frozenset(emails)
        self._shared = {
            contact for counter in (phones, emails) for contact in counter if counter[contact] > MAX_CLIENTS_PER_CONTACT
        }

    def find(self, imported: Iterable[Person]) -> Candidates:
        return find_together([self], imported)[0]

    def add(self, person: Person, record: Record, keys: Keys, candidates: Candidates) -> None:
        """Adds to the candidates what is found for one imported client, whose record and keys these are."""
        candidates.searched += 1
        if self.households:
            self.households[1].add(record)
        for phone in record.phones:
            if phone in self._phones:
                candidates.phones[phone] += 1
        for email in record.emails:
            if email in self._emails:
                candidates.emails[email] += 1
        pairs = self._pairs(person, record, keys, candidates)
        if pairs:
            candidates.imported.append(person.id)
            candidates.pairs += pairs

    def _pairs(self, person: Person, record: Record, keys: Keys, candidates: Candidates) -> list[CandidatePair]:
        pairs = []
        positions, merged = self._index.candidates(keys), self._merged.get(person.id)
        if merged is not None:
            positions.add(merged)
        for position in positions:
            other = self._records[position]
            candidates.compared += 1
            comparison = compare(other, record, self._frequencies, housemates=self._housemates)
            if comparison is None:
                continue
            possible = (
                comparison.weight
                + (comparison.phone == Level.SAME) * PHONE_WEIGHT
                + (comparison.email == Level.SAME) * EMAIL_WEIGHT
            )
            if (possible < 0 and position != merged) or (self._ids[position], person.id) in self._different:
                continue
            phone, email = _shared(other.phones, record.phones), _shared(other.emails, record.emails)
            pairs.append(
                CandidatePair(
                    position,
                    len(candidates.imported),
                    self._without_shared_contacts(comparison, phone, email),
                    other.couple or record.couple,
                    position == merged,
                    phone,
                    email,
                )
            )
        return pairs

    def _without_shared_contacts(self, comparison: Comparison, phone: str, email: str) -> Comparison:
        if phone in self._shared:
            comparison = comparison._replace(phone=Level.UNKNOWN)
        if email in self._shared:
            comparison = comparison._replace(email=Level.UNKNOWN)
        return comparison


def find_together(searches: Sequence[CandidateSearch], imported: Iterable[Person]) -> list[Candidates]:
    """Returns what each search finds for the same imported clients, of whom each is read once for all searches."""
    found = [Candidates() for _ in searches]
    for person in imported:
        record = normalize_person(person)
        keys = keys_of(record)
        for search, candidates in zip(searches, found, strict=True):
            if search.wanted is None or person.id in search.wanted:
                search.add(person, record, keys, candidates)
    return found


def _shared(existing: tuple[str, ...], imported: tuple[str, ...]) -> str:
    """Returns the number or address that both have, else the existing one's first, else nothing."""
    return next((each for each in existing if each in imported), existing[0] if existing else "")
