"""A practice's clients, found by name, and one of them with everything that belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic
from pharmacy.records.json_values import in_words, plain
from pharmacy.records.problem import NoSuchRecord
from pharmacy.records.rules import Kind, Rule, rules


@dataclass(frozen=True)
class Found:
    """A client in a list. `pets` are the names of the living."""

    id: str
    name: str
    city: str | None
    phone: str | None
    email: str | None
    pets: list[str]


@dataclass(frozen=True)
class Prescription:
    """An open prescription; `needs_new` says why a new one has to be written (DP13)."""

    id: int
    label_name: str | None
    needs_new: str | None
    created_at: datetime


@dataclass(frozen=True)
class Patient:
    """A client's pet, its values by column; dates as ISO 8601."""

    id: str
    values: dict[str, Any]
    prescriptions: tuple[Prescription, ...] = ()

    @property
    def name(self) -> str:
        return self.values["name"] or f"Pet {self.id}"

    @property
    def deceased(self) -> bool:
        return bool(self.values["deceased"])

    def said(self, rule: Rule) -> str:
        return in_words(rule.field, {name: self.values[name] for name in rule.columns})


@dataclass(frozen=True)
class Home:
    """The home-delivery client with whom a client was merged, by the link `link`, and why."""

    link: int
    id: str
    name: str
    reasons: list[str]
    by: str | None
    at: datetime


@dataclass(frozen=True)
class Client:
    """A client, the values by column. `home` is set where the client was merged (DP9)."""

    id: str
    values: dict[str, Any]
    patients: tuple[Patient, ...]
    home: Home | None

    @property
    def name(self) -> str:
        parts = (self.values["given_name"], self.values["surname"])
        return " ".join(part for part in parts if part) or f"Client {self.id}"

    def said(self, rule: Rule) -> str:
        return in_words(rule.field, {name: self.values[name] for name in rule.columns})


async def search(engine: AsyncEngine, practice: str, words: str, limit: int = 50) -> list[Found]:
    """Clients whose name, ID, e-mail address or phone has all of these words, or whose pet is called so; by name."""
    wanted = [each for each in words.split() if each][:6]
    given: dict[str, Any] = {"practice": practice, "limit": limit}
    given |= {f"w{number}": f"%{_plain(each)}%" for number, each in enumerate(wanted)}
    # The pets' names are looked through once for each word, and put together for those who are shown only.
    like = "".join(
        f" AND (concat_ws(' ', given_name, surname, id, email, phone) ILIKE :w{number} OR id IN "  # noqa: S608
        f"(SELECT client FROM patients WHERE practice = :practice AND name ILIKE :w{number}))"
        for number in range(len(wanted))
    )
    query = text(
        f"""
        SELECT c.id, coalesce(nullif(concat_ws(' ', c.given_name, c.surname), ''), 'Client ' || c.id) AS name, c.city,
            c.phone, c.email, coalesce(p.living, '{{}}') AS pets
        FROM (
            SELECT * FROM clients WHERE practice = :practice{like} ORDER BY surname, given_name, id LIMIT :limit
        ) c LEFT JOIN LATERAL (
            SELECT array_agg(name ORDER BY name) FILTER (WHERE NOT deceased AND name IS NOT NULL) AS living
            FROM patients WHERE practice = :practice AND client = c.id
        ) p ON true
        ORDER BY c.surname, c.given_name, c.id
        """  # noqa: S608 - numbered parameters
    )
    async with clinic(engine, practice) as connection:
        return [Found(**row) for row in (await connection.execute(query, given)).mappings()]


async def client(engine: AsyncEngine, practice: str, id: str) -> Client:
    """Raises `NoSuchRecord`."""
    place = {"practice": practice, "id": id}
    async with clinic(engine, practice) as connection:
        row = (await connection.execute(_CLIENT, place)).mappings().first()
        if row is None:
            raise NoSuchRecord(f"There is no client {id[:64]} in this clinic.")
        pets = (await connection.execute(_PATIENTS, place)).mappings().all()
        home = (await connection.execute(_HOME, place)).mappings().first()
        written = (await connection.execute(_PRESCRIPTIONS, place)).mappings().all()
    patients = tuple(
        Patient(
            pet["id"],
            _values("patient", pet),
            tuple(
                Prescription(**{name: each[name] for name in Prescription.__dataclass_fields__})
                for each in written
                if each["patient"] == pet["id"]
            ),
        )
        for pet in pets
    )
    return Client(id, _values("client", row), patients, Home(**home) if home else None)


async def names(engine: AsyncEngine, practice: str, ids: Iterable[str]) -> dict[str, str]:
    """What clients are called, of those of these IDs that there are."""
    query = text(
        "SELECT id, coalesce(nullif(concat_ws(' ', given_name, surname), ''), 'Client ' || id) AS name FROM clients "
        "WHERE practice = :practice AND id = ANY(:ids)"
    )
    async with clinic(engine, practice) as connection:
        found = await connection.execute(query, {"practice": practice, "ids": list(ids)})
        return {row.id: row.name for row in found}


async def client_of(engine: AsyncEngine, practice: str, patient: str) -> str:
    """Whose pet it is. Raises `NoSuchRecord`."""
    query = text("SELECT client FROM patients WHERE practice = :practice AND id = :id")
    async with clinic(engine, practice) as connection:
        found: str | None = await connection.scalar(query, {"practice": practice, "id": patient})
    if found is None:
        raise NoSuchRecord(f"There is no patient {patient[:64]} in this clinic.")
    return found


def _values(kind: Kind, row: Any) -> dict[str, Any]:
    return plain({name: row[name] for rule in rules(kind) for name in rule.columns})


def _plain(word: str) -> str:
    for letter in "\\%_":
        word = word.replace(letter, f"\\{letter}")
    return word.replace("\0", "")


_CLIENT = text("SELECT * FROM clients WHERE practice = :practice AND id = :id")
_PATIENTS = text("SELECT * FROM patients WHERE practice = :practice AND client = :id ORDER BY deceased, name, id")
_HOME = text(
    """
    SELECT l.number AS link, h.id, coalesce(nullif(concat_ws(' ', h.given_name, h.surname), ''), h.id) AS name,
        l.reasons, l.by, l.at
    FROM client_links l JOIN home_clients h ON h.practice = l.practice AND h.id = l.home_client
    WHERE l.practice = :practice AND l.client = :id AND l.state = 'merged'
    """
)
_PRESCRIPTIONS = text(
    """
    SELECT r.id, r.patient, r.label_name, r.needs_new, r.created_at FROM prescriptions r
    JOIN patients p ON p.practice = r.practice AND p.id = r.patient
    WHERE r.practice = :practice AND p.client = :id AND r.state = 'open' ORDER BY r.id
    """
)
