"""A pair of clients as a person reviews it: both sides with their pets, and what was decided about it (DP9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge.people import Patient, Person
from pharmacy.records.clinic import clinic
from pharmacy.records.tables import CLIENT_VALUES

State = Literal["merged", "review", "different", "undone"]
Verdict = Literal["same", "different", "not_sure", "undone"]


class NoSuchPair(LookupError):
    """The practice has no pair of this number."""


@dataclass(frozen=True)
class Pet:
    """A patient; its age in months was so on the day `age_on`, its weight is in grams."""

    name: str | None
    species: str | None
    breed: str | None
    birth_date: date | None
    age_months: int | None
    age_on: date | None
    weight_grams: int | None
    deceased: bool


@dataclass(frozen=True)
class Side:
    """One client of a pair, as the database has it now."""

    id: str
    values: dict[str, str]
    pets: tuple[Pet, ...]

    @property
    def name(self) -> str:
        return f"{self.values['given_name']} {self.values['surname']}".strip() or self.id

    @property
    def person(self) -> Person:
        """The client as merging reads one."""
        animals = tuple(Patient(pet.name, pet.species or "", pet.breed or "") for pet in self.pets if pet.name)
        return Person(self.id, **self.values, patients=animals)


@dataclass(frozen=True)
class Decided:
    """What a person decided about a pair: its states around it, and the decision that it took back, if it did.

    `taken_back` says that a later one took it back; `blind` that an automatic merge was checked unseen.
    """

    number: int
    link: int
    was: State
    decided: Verdict
    became: State
    blind: bool
    undoes: int | None
    by: str
    at: datetime
    why: str | None
    taken_back: bool


@dataclass(frozen=True)
class Other:
    """Another pair with one of the two clients, and the names of its sides with their ids: namesakes are usual here."""

    number: int
    state: State
    imported: str
    home: str


@dataclass(frozen=True)
class Pair:
    """An imported client and a home-delivery client. `by` is None if the rules decided; `score` is a probability."""

    number: int
    practice: str
    practice_name: str
    state: State
    score: float
    reasons: tuple[str, ...]
    at: datetime
    by: str | None
    why: str | None
    imported: Side
    home: Side
    history: tuple[Decided, ...]
    others: tuple[Other, ...]

    @cached_property
    def seen(self) -> int:
        """The number of the last decision that changed something: whoever decides says so what they had seen."""
        return max((each.number for each in self.history if each.decided != "not_sure"), default=0)

    @property
    def in_the_way(self) -> Other | None:
        """The merge of one of the two with somebody else: as long as it stands, there is nothing to decide."""
        return next((other for other in self.others if other.state == "merged"), None)

    @property
    def waits(self) -> bool:
        return self.state == "review" and self.in_the_way is None

    @property
    def last(self) -> Decided | None:
        """The last decision that stands, which is the one that can be taken back."""
        standing = [each for each in self.history if each.undoes is None and not each.taken_back]
        return standing[-1] if standing else None


async def pair(engine: AsyncEngine, practice: str, number: int) -> Pair:
    """One pair, in whatever state. Raises `NoSuchPair`."""
    async with clinic(engine, practice) as connection:
        return await read(connection, practice, number)


async def read(connection: AsyncConnection, practice: str, number: int) -> Pair:
    """The same, within a transaction of that practice."""
    given = {"practice": practice, "number": number}
    row = (await connection.execute(_PAIR, given)).mappings().first()
    if row is None:
        raise NoSuchPair(f"{practice} has no pair {number}.")
    told = {name: row[name] for name in ("number", "practice", "practice_name", "state", "score", "at", "by", "why")}
    return Pair(
        **told,
        reasons=tuple(row["reasons"]),
        imported=await _side(connection, _IMPORTED_PETS, practice, row, "imported_"),
        home=await _side(connection, _HOME_PETS, practice, row, "home_"),
        history=await history(connection, practice, number),
        others=tuple([Other(**each) for each in (await connection.execute(_OTHERS, given)).mappings()]),
    )


async def history(connection: AsyncConnection, practice: str, number: int) -> tuple[Decided, ...]:
    """All that people decided about a pair, the first one first."""
    found = await connection.execute(_HISTORY, {"practice": practice, "number": number})
    return tuple([Decided(**each) for each in found.mappings()])


async def _side(connection: AsyncConnection, pets: TextClause, practice: str, row: Any, prefix: str) -> Side:
    identity = row[f"{prefix}id"]
    found = await connection.execute(pets, {"practice": practice, "client": identity})
    values = {name: row[f"{prefix}{name}"] or "" for name in CLIENT_VALUES}
    return Side(identity, values, tuple([Pet(**each) for each in found.mappings()]))


def _pets(table: str, deceased: str) -> TextClause:
    return text(
        f"""
        SELECT name, species, breed, birth_date, age_months, age_on, weight_grams, {deceased} AS deceased
        FROM {table} WHERE practice = :practice AND client = :client ORDER BY lower(name), id LIMIT 50
        """  # noqa: S608 - names of our own tables
    )


_IMPORTED_PETS, _HOME_PETS = _pets("patients", "deceased"), _pets("home_patients", "false")
_SIDES = ", ".join(
    f"{alias}.{name} AS {prefix}_{name}"
    for alias, prefix in (("c", "imported"), ("h", "home"))
    for name in ("id", *CLIENT_VALUES)
)
_PAIR = text(
    f"""
    SELECT l.number, l.practice, p.name AS practice_name, l.state, l.score, l.reasons, l.at, l.by, l.why, {_SIDES}
    FROM client_links l JOIN practices p ON p.id = l.practice
    JOIN clients c ON c.practice = l.practice AND c.id = l.client
    JOIN home_clients h ON h.practice = l.practice AND h.id = l.home_client
    WHERE l.practice = :practice AND l.number = :number
    """  # noqa: S608 - names of our own columns
)
_HISTORY = text(
    """
    SELECT d.number, d.link, d.was, d.decided, d.became, d.blind, d.undoes, d.by, d.at, d.why,
        EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number) AS taken_back
    FROM link_decisions d WHERE d.practice = :practice AND d.link = :number ORDER BY d.number
    """
)
_OTHERS = text(
    """
    SELECT o.number, o.state,
        concat_ws(' ', c.given_name, c.surname, '(' || c.id || ')') AS imported,
        concat_ws(' ', h.given_name, h.surname, '(' || h.id || ')') AS home
    FROM client_links l
    JOIN client_links o ON o.practice = l.practice AND o.number <> l.number
        AND (o.client = l.client OR o.home_client = l.home_client)
    JOIN clients c ON c.practice = o.practice AND c.id = o.client
    JOIN home_clients h ON h.practice = o.practice AND h.id = o.home_client
    WHERE l.practice = :practice AND l.number = :number AND o.state IN ('merged', 'review')
    ORDER BY o.state, o.number LIMIT 20
    """
)
