"""A pair of clients for review: both sides with their pets, and the decisions about it (DP9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge.people import Patient, Person
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.tables import CLIENT_VALUES

State = Literal["merged", "review", "different", "undone"]
DecisionKind = Literal["same", "different", "not_sure", "undone"]


class NoSuchPair(LookupError):
    """The practice has no pair of this number."""


@dataclass(frozen=True)
class Pet:
    """A patient of either side. Its age in months was so on `age_on`; its weight is in grams."""

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
    id: str
    values: dict[str, str]
    pets: tuple[Pet, ...]

    @property
    def name(self) -> str:
        return f"{self.values['given_name']} {self.values['surname']}".strip() or self.id

    @property
    def person(self) -> Person:
        patients = tuple(Patient(pet.name, pet.species or "", pet.breed or "") for pet in self.pets if pet.name)
        return Person(self.id, **self.values, patients=patients)


@dataclass(frozen=True)
class LinkDecision:
    """A person's decision about a pair, the pair's states before and after it, and the decision that it undoes, if any.

    `is_undone`: a later decision undid it. `blind`: an automatic merge was checked without knowing that it was one.
    """

    number: int
    link: int
    was: State
    decided: DecisionKind
    became: State
    blind: bool
    undoes: int | None
    by: str
    at: datetime
    why: str | None
    is_undone: bool


@dataclass(frozen=True)
class RelatedPair:
    """Another pair with one of the two clients; the names include the ids, since namesakes are common."""

    number: int
    state: State
    imported: str
    home: str


@dataclass(frozen=True)
class Pair:
    """An imported and a home-delivery client. `by` is None if the rules decided; `score` is a probability."""

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
    decisions: tuple[LinkDecision, ...]
    others: tuple[RelatedPair, ...]

    @cached_property
    def version(self) -> int:
        """Returns the number of the last decision that changed something, to detect concurrent decisions."""
        return max((each.number for each in self.decisions if each.decided != "not_sure"), default=0)

    @property
    def conflicting_merge(self) -> RelatedPair | None:
        """Returns the merge of one of the two with somebody else; while there is one, nothing can be decided."""
        return next((other for other in self.others if other.state == "merged"), None)

    @property
    def is_waiting(self) -> bool:
        return self.state == "review" and self.conflicting_merge is None

    @property
    def last_decision(self) -> LinkDecision | None:
        """Returns the last decision that is not undone, the only one that can be undone."""
        valid = [each for each in self.decisions if each.undoes is None and not each.is_undone]
        return valid[-1] if valid else None


async def load_pair(engine: AsyncEngine, practice: str, number: int) -> Pair:
    """Returns a pair in any state. Raises `NoSuchPair`."""
    async with clinic_transaction(engine, practice) as connection:
        return await read_pair(connection, practice, number)


async def read_pair(connection: AsyncConnection, practice: str, number: int) -> Pair:
    """Does what `load_pair` does, in the caller's transaction."""
    parameters = {"practice": practice, "number": number}
    row = (await connection.execute(_PAIR, parameters)).mappings().first()
    if row is None:
        raise NoSuchPair(f"{practice} has no pair {number}.")
    values = {name: row[name] for name in ("number", "practice", "practice_name", "state", "score", "at", "by", "why")}
    return Pair(
        **values,
        reasons=tuple(row["reasons"]),
        imported=await _side(connection, _IMPORTED_PETS, practice, row, "imported_"),
        home=await _side(connection, _HOME_PETS, practice, row, "home_"),
        decisions=await read_decisions(connection, practice, number),
        others=tuple([RelatedPair(**each) for each in (await connection.execute(_OTHERS, parameters)).mappings()]),
    )


async def read_decisions(connection: AsyncConnection, practice: str, number: int) -> tuple[LinkDecision, ...]:
    rows = await connection.execute(_DECISIONS, {"practice": practice, "number": number})
    return tuple([LinkDecision(**each) for each in rows.mappings()])


async def _side(connection: AsyncConnection, pets: TextClause, practice: str, row: Any, prefix: str) -> Side:
    id = row[f"{prefix}id"]
    rows = await connection.execute(pets, {"practice": practice, "client": id})
    values = {name: row[f"{prefix}{name}"] or "" for name in CLIENT_VALUES}
    return Side(id, values, tuple([Pet(**each) for each in rows.mappings()]))


def _pets(table: str, deceased: str) -> TextClause:
    return text(
        f"""
        SELECT name, species, breed, birth_date, age_months, age_on, weight_grams, {deceased} AS deceased
        FROM {table} WHERE practice = :practice AND client = :client ORDER BY lower(name), id LIMIT 50
        """  # noqa: S608 - constants
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
    """  # noqa: S608 - constants
)
_DECISIONS = text(
    """
    SELECT d.number, d.link, d.was, d.decided, d.became, d.blind, d.undoes, d.by, d.at, d.why,
        EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number) AS is_undone
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
