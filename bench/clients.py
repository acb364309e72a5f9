"""Clients of made-up towns, as they are; `bench.mistakes` writes them down again, worse.

Names come with the frequencies of American ones. Every function takes its chance from outside, so a seed is a data set.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate
from random import Random
from typing import NamedTuple

from faker.providers.address.en_US import Provider as Places
from faker.providers.person.en_US import Provider as Names

from pharmacy.merge.people import Patient, Person

_SPECIES = (("dog", ("Labrador", "Beagle", "Poodle", "Mixed")), ("cat", ("Siamese", "Domestic Shorthair", "Persian")))
PET_NAMES = """
Bella Luna Max Charlie Daisy Lucy Cooper Milo Rocky Buddy Sadie Bear Molly Tucker Duke Stella Bailey Zoe Lola Penny
Oliver Leo Jack Chloe Simba Nala Loki Shadow Oreo Pepper Ginger Smokey Tiger Coco Ruby Rosie Lily Gracie Sophie Zeus
Toby Finn Winston Murphy Louie Gus Hank Jax Koda Moose Nova Willow Hazel Maggie Roxy Piper Ellie Honey Millie Olive
Poppy Mia Biscuit Waffles Pickles Mochi Noodle Peanut Pumpkin Sugar Cookie Snickers Boots Mittens Socks Patches
Felix Garfield Salem Binx Midnight Jasper Oscar Ollie Theo Apollo Ace Bandit Benji Bruno Buster Cash Diesel Gizmo
Harley Henry Hunter Kobe Maverick Odin Prince Rex Riley Romeo Rusty Sam Scout Thor Titan Tyson Ziggy
""".split()  # noqa: SIM905


class _Weighted(NamedTuple):
    values: Sequence[str]
    sums: Sequence[float]

    def pick(self, chance: Random) -> str:
        return self.values[min(bisect(self.sums, chance.random() * self.sums[-1]), len(self.values) - 1)]


def _weighted(frequencies: dict[str, float]) -> _Weighted:
    return _Weighted(tuple(frequencies), tuple(accumulate(frequencies.values())))


@cache
def given_names() -> _Weighted:
    """American given names."""
    return _weighted(dict(Names.first_names))


@cache
def surnames() -> _Weighted:
    """American surnames."""
    return _weighted(dict(Names.last_names))


class Town(NamedTuple):
    name: str
    state: str
    postcodes: tuple[str, ...]
    streets: tuple[str, ...]


def towns(chance: Random, number: int, streets: int) -> list[Town]:
    """Towns with their streets; a client lives in one of them."""
    made = []
    for _ in range(number):
        name = f"{surnames().pick(chance)}{chance.choice(tuple(Places.city_suffixes))}"
        first = chance.randrange(10_000, 99_000)
        kinds = tuple(Places.street_suffixes)
        named = tuple(f"{surnames().pick(chance)} {chance.choice(kinds)}" for _ in range(streets))
        codes = tuple(str(first + more) for more in range(1 + streets // 150))
        made.append(Town(name, chance.choice(tuple(Places.states_abbr)), codes, named))
    return made


def client(
    chance: Random, places: Sequence[Town], identity: str, *, contact: bool = False, animals: bool = False
) -> Person:
    """A client who lives in one of these towns."""
    town = chance.choice(places)
    street = chance.randrange(len(town.streets))
    given, surname = given_names().pick(chance), surnames().pick(chance)
    flat = f" Apt {chance.randrange(1, 40)}" if chance.random() < 0.1 else ""
    return Person(
        identity,
        given,
        surname,
        f"{int(chance.paretovariate(0.6)) % 9_000 + chance.randrange(1, 60)} {town.streets[street]}{flat}",
        town.name,
        town.state,
        town.postcodes[street % len(town.postcodes)],
        f"({chance.randrange(201, 990)}) 555-{chance.randrange(10_000):04}" if contact else "",
        f"{given}.{surname}{chance.randrange(100)}@example.com".lower() if contact and chance.random() < 0.7 else "",
        pets(chance) if animals else (),
    )


def pets(chance: Random) -> tuple[Patient, ...]:
    """One to four animals; two on average."""
    made = []
    for name in chance.sample(PET_NAMES, chance.choice((1, 1, 2, 2, 2, 3, 3))):
        species, breeds = chance.choice(_SPECIES)
        made.append(Patient(name, species, chance.choice(breeds)))
    return tuple(made)


def housemate(person: Person, chance: Random, identity: str) -> Person:
    """Somebody of the same surname, address and telephone, and of another given name."""
    given = person.given_name
    while given == person.given_name:
        given = given_names().pick(chance)
    return replace(person, id=identity, given_name=given)
