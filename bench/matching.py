"""How right merging is, and how fast: `python -m bench matching`.

Quality on made-up clients of whom it is known who is who, several seeds together, with 95 % intervals (Wilson). Speed
and the pairs compared for each client as both sides grow.
"""

from __future__ import annotations

import re
import resource
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import NamedTuple

from bench.clients import Town, client, housemate, pets, towns
from bench.mistakes import written_again
from bench.table import Line
from pharmacy.merge.match import MatchCounts, match
from pharmacy.merge.people import Person
from pharmacy.merge.proposal import Proposal

SEEDS = (1, 2, 3, 4, 5)
FEBRL_LIKE = (1, 2, 2, 3, 3)
"""Mistakes in a record, as many as in the FEBRL data sets that linkage is usually measured on."""
CARELESS = (0, 0, 0, 1, 1, 2)
FEWEST = 200
"""Merges that a class of evidence needs to stand in the table by itself, if none of them is wrong."""
SIZES = ((2_400, 12_000), (5_000, 25_000), (10_000, 50_000), (20_000, 100_000))


@dataclass(frozen=True)
class Sides:
    """Two files, and the pairs (existing id, imported id) that are one person."""

    existing: list[Person]
    imported: list[Person]
    same: frozenset[tuple[str, str]]


@dataclass
class Score:
    """What merging made of one or several pairs of files."""

    true: int = 0
    merged: int = 0
    wrong: int = 0
    review: int = 0
    review_true: int = 0
    imported: int = 0
    evidence: Counter[str] = field(default_factory=Counter)
    wrong_evidence: Counter[str] = field(default_factory=Counter)

    def add(self, sides: Sides) -> None:
        for pair in match(sides.existing, sides.imported):
            right = (pair.existing, pair.imported) in sides.same
            if pair.decision == "merge":
                self.merged += 1
                self.wrong += not right
                evidence = evidence_of(pair)
                self.evidence[evidence] += 1
                self.wrong_evidence[evidence] += not right
            else:
                self.review += 1
                self.review_true += right
        self.true += len(sides.same)
        self.imported += len(sides.imported)

    @property
    def recall(self) -> float:
        return (self.merged - self.wrong) / self.true


def evidence_of(pair: Proposal) -> str:
    """What speaks for a merge, without the names of the patients."""
    return " ".join(re.sub(r"Both have .*\.", "Both have a patient in common.", reason) for reason in pair.reasons)


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def alone(seed: int, size: int = 5_000) -> Sides:
    """Name and address only, one client a household, every client in both files, the second full of mistakes."""
    chance = Random(seed)
    places = towns(chance, size // 8, 60)
    existing = [client(chance, places, f"e{number}") for number in range(size)]
    imported = [replace(written_again(each, chance, places, FEBRL_LIKE), id=f"i{each.id}") for each in existing]
    return _shuffled(existing, imported, chance)


def housemates(seed: int, size: int = 5_000, *, both: bool = True) -> Sides:
    """The same with telephones, and half of the clients have a housemate, in both files or in the second."""
    chance = Random(seed)
    places = towns(chance, size // 8, 60)
    existing = [client(chance, places, f"e{number}", contact=True) for number in range(size)]
    existing = [replace(each, email="") for each in existing]
    others = [housemate(each, chance, f"h{each.id}") for each in chance.sample(existing, size // 2)]
    doubles = [*existing, *others] if both else existing
    imported = [replace(written_again(each, chance, places, FEBRL_LIKE), id=f"i{each.id}") for each in doubles]
    return _shuffled(doubles, imported if both else [*imported, *others], chance)


def families(seed: int, size: int = 4_000) -> Sides:
    """Half have a housemate, one in fifty a namesake in the house, in both files; nine of ten have patients in both.

    Housemates share the telephone, namesakes do not; all have their own patients.
    """
    chance = Random(seed)
    places = towns(chance, size // 8, 60)
    existing = [client(chance, places, f"e{number}", contact=True, animals=True) for number in range(size)]
    others = [replace(housemate(each, chance, f"h{each.id}"), email="") for each in chance.sample(existing, size // 2)]
    namesakes = [replace(each, id=f"n{each.id}") for each in chance.sample(existing, size // 50)]
    people = [*existing, *others, *namesakes]
    for number, one in enumerate(people[size:], start=size):
        people[number] = replace(one, patients=pets(chance))
    for number, one in enumerate(people[-len(namesakes) :], start=len(people) - len(namesakes)):
        people[number] = replace(one, phone=client(chance, places, "", contact=True).phone, email="")
    people = [one if chance.random() < 0.9 else replace(one, patients=()) for one in people]
    imported = [replace(written_again(each, chance, places, FEBRL_LIKE), id=f"i{each.id}") for each in people]
    return _shuffled(people, imported, chance)


def practice(seed: int, existing: int = 4_000, imported: int = 20_000) -> Sides:
    """One practice: three towns, telephones, e-mail and patients, careless writing, and what families do.

    Seven in ten home-delivery clients are among the imported ones. A quarter of all share a household, with e-mail and
    patients too; one in a hundred has a parent of the same name at the address, one in a hundred is in the file twice,
    and for one in thirty the practice has its own telephone number and e-mail address.
    """
    chance = Random(seed)
    places = towns(chance, 3, max(40, imported // 60))
    people: list[Person] = []
    while len(people) < imported:
        one = client(chance, places, f"c{len(people)}", contact=True, animals=True)
        if chance.random() < 1 / 30:
            one = replace(one, phone="(212) 555-0100", email="frontdesk@example.com")
        people.append(one)
        fate = chance.random()
        if fate < 0.125:
            people.append(replace(housemate(one, chance, f"c{len(people)}")))
        elif fate < 0.135:
            people.append(replace(one, id=f"c{len(people)}", patients=pets(chance), email=""))
    known = chance.sample(people, existing)
    there = [_elsewhere(each, chance, places) for each in known[: existing * 7 // 10]]
    gone = {each.id for each in known[existing * 7 // 10 :]}
    there += [replace(each, id=f"h{each.id}") for each in known[existing * 7 // 10 :]]
    arriving = [each for each in people if each.id not in gone]
    twice = [replace(written_again(each, chance, places, CARELESS), id=f"t{each.id}") for each in arriving[::100]]
    same = {(f"h{each.id}", each.id) for each in known[: existing * 7 // 10]}
    same |= {(f"h{each.id[1:]}", each.id) for each in twice if (f"h{each.id[1:]}", each.id[1:]) in same}
    return Sides(there, [*arriving, *twice], frozenset(same))


def _elsewhere(person: Person, chance: Random, places: list[Town]) -> Person:
    """A client as the pharmacy wrote them down: other mistakes, sometimes moved, another telephone, fewer patients."""
    person = written_again(person, chance, places, CARELESS)
    if chance.random() < 0.04:
        person = replace(person, street=client(chance, places, "").street)
    if chance.random() < 0.3:
        person = replace(person, phone="")
    if chance.random() < 0.3:
        person = replace(person, email=f"{person.surname}{chance.randrange(1_000)}@example.org".lower())
    return replace(person, id=f"h{person.id}", patients=person.patients[: chance.randrange(len(person.patients) + 1)])


def _shuffled(existing: list[Person], imported: list[Person], chance: Random) -> Sides:
    same = frozenset((each.id, f"i{each.id}") for each in existing)
    return Sides(chance.sample(existing, len(existing)), chance.sample(imported, len(imported)), same)


QUALITY: tuple[tuple[str, Callable[[int], Sides], float | None], ...] = (
    ("name and address only", alone, 0.95),
    ("half have a housemate, in both files", housemates, 0.80),
    ("half have a housemate, in the second file", lambda seed: housemates(seed, both=False), 0.80),
    ("housemates and namesakes, nine of ten with patients", families, 0.93),
    ("a practice with families", practice, None),
)


async def measure() -> list[Line]:
    return [*_quality(), *_speed()]


def _quality() -> Iterator[Line]:
    for name, made, goal in QUALITY:
        score = Score()
        for seed in SEEDS:
            score.add(made(seed))
        low, high = interval(score.wrong, score.merged)
        yield Line(
            f"{name}: wrong automatic merges",
            f"{score.wrong} of {score.merged:,} ({low:.2%} to {high:.2%})",
            "at most 1 in 1,000",
            score.wrong * 1_000 <= score.merged,
        )
        low, high = interval(score.merged - score.wrong, score.true)
        met = None if goal is None else score.recall >= goal
        aim = "" if goal is None else f"at least {goal}"
        yield Line(f"{name}: recall of merges", f"{score.recall:.3f} ({low:.3f} to {high:.3f})", aim, met)
        yield from _by_evidence(name, score)
        asked = f"{score.review:,} ({1_000 * score.review / score.imported:.1f} for 1,000 imported clients)"
        yield Line(f"{name}: pairs to review, of them the same", f"{asked}, {score.review_true:,}")


def _by_evidence(name: str, score: Score) -> Iterator[Line]:
    for evidence, merged in score.evidence.most_common():
        wrong = score.wrong_evidence[evidence]
        if merged >= FEWEST or wrong:
            low, high = interval(wrong, merged)
            value = f"{wrong} of {merged:,} ({low:.2%} to {high:.2%})"
            yield Line(f"{name}: {evidence}", value, "at most 1 in 1,000", wrong * 1_000 <= merged)


def _speed() -> Iterator[Line]:
    for existing, imported in SIZES:
        # In a process of its own, whose memory nothing has widened before.
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
            speed = process.submit(_timed, existing, imported).result()
        each = 1e6 * speed.processor / imported
        yield Line(
            f"{imported:,} imported against {existing:,}",
            f"{speed.wall:.1f} s ({speed.processor:.1f} s of the processor, {each:.0f} µs for each imported client), "
            f"{speed.compared:.1f} pairs compared for each, {speed.memory} MB more",
        )


class _Speed(NamedTuple):
    wall: float
    processor: float
    compared: float
    memory: int


def _timed(existing: int, imported: int) -> _Speed:
    sides = practice(1, existing, imported)
    counts = MatchCounts()
    most = before = _memory()

    def stream() -> Iterator[Person]:
        nonlocal most
        for number, person in enumerate(sides.imported):
            if not number % 5_000:
                most = max(most, _memory())
            yield person

    began, worked = perf_counter(), process_time()
    proposals = match(sides.existing, stream(), counts=counts)
    took, work = perf_counter() - began, process_time() - worked
    most = max(most, _memory())
    del proposals
    return _Speed(took, work, counts.compared / counts.imported, most - before)


def _memory() -> int:
    """Megabytes that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20
