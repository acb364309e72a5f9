"""A practice's clients: search, and one client with patients, prescriptions and merge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.json_values import format_value, to_json
from pharmacy.records.update_rules import Kind, Rule, rules
from store.word_starts import start_pattern


@dataclass(frozen=True)
class ClientSummary:
    """A client in a search result. `pets` are the names of the living."""

    id: str
    name: str
    city: str | None
    phone: str | None
    email: str | None
    pets: list[str]


@dataclass(frozen=True)
class Prescription:
    """An open prescription; `needs_new` says why it must be written anew, if it must (DP13)."""

    id: str
    label_name: str | None
    needs_new: str | None
    created_at: datetime


@dataclass(frozen=True)
class Record:
    """`values` are by column, with dates in ISO 8601."""

    id: str
    values: dict[str, Any]

    def format(self, rule: Rule) -> str:
        return format_value(rule.field, {name: self.values[name] for name in rule.columns})


@dataclass(frozen=True)
class Patient(Record):
    """A client's pet."""

    prescriptions: tuple[Prescription, ...] = ()

    @property
    def name(self) -> str:
        return self.values["name"] or f"Pet {self.id}"

    @property
    def deceased(self) -> bool:
        return bool(self.values["deceased"])


@dataclass(frozen=True)
class MergedWith:
    """The home-delivery client that a client is merged with, by the link number `link`, and why."""

    link: int
    id: str
    name: str
    reasons: list[str]
    by: str | None
    at: datetime


@dataclass(frozen=True)
class Client(Record):
    """`home` is set if the client is merged (DP9)."""

    patients: tuple[Patient, ...]
    home: MergedWith | None

    @property
    def name(self) -> str:
        parts = (self.values["given_name"], self.values["surname"])
        return " ".join(part for part in parts if part) or f"Client {self.id}"


async def search_clients(engine: AsyncEngine, practice: str, query: str, limit: int = 50) -> list[ClientSummary]:
    """Returns clients by name whose name, ID, e-mail address, phone or pet's name has each word of the query: at the
    start of a word, or inside words if no client has them at the start."""
    words = query.split()[:6]
    parameters: dict[str, Any] = {"practice": practice, "limit": limit}
    parameters |= {f"w{number}": f"%{escape_like(word)}%" for number, word in enumerate(words)}
    parameters |= {f"s{number}": start_pattern(word.replace("\0", "")) for number, word in enumerate(words)}
    # Pets' names are searched once per word, and listed only for the clients in the result.
    texts = "concat_ws(' ', given_name, surname, id, email, phone)"
    has = "".join(
        f" AND ({texts} ILIKE :w{number}"  # noqa: S608
        f" OR id IN (SELECT client FROM patients WHERE practice = :practice AND name ILIKE :w{number}))"
        for number in range(len(words))
    )
    starts = "".join(
        f" AND ({texts} ~* :s{number} OR id IN (SELECT client FROM patients WHERE practice = :practice"  # noqa: S608
        f" AND name ILIKE :w{number} AND name ~* :s{number}))"
        for number in range(len(words))
    )
    select = text(
        f"""
        WITH found AS {"" if words else "NOT "}MATERIALIZED (
            SELECT id, given_name, surname, city, phone, email, true{starts} AS starts
            FROM clients WHERE practice = :practice{has}
        )
        SELECT c.id, coalesce(nullif(concat_ws(' ', c.given_name, c.surname), ''), 'Client ' || c.id) AS name, c.city,
            c.phone, c.email, coalesce(p.living, '{{}}') AS pets
        FROM (
            SELECT * FROM found WHERE starts OR NOT EXISTS (SELECT FROM found WHERE starts)
            ORDER BY surname, given_name, id LIMIT :limit
        ) c LEFT JOIN LATERAL (
            SELECT array_agg(name ORDER BY name) FILTER (WHERE NOT deceased AND name IS NOT NULL) AS living
            FROM patients WHERE practice = :practice AND client = c.id
        ) p ON true
        ORDER BY c.surname, c.given_name, c.id
        """  # noqa: S608 - numbered parameters
    )
    async with clinic_transaction(engine, practice) as connection:
        return [ClientSummary(**row) for row in (await connection.execute(select, parameters)).mappings()]


async def load_client(engine: AsyncEngine, practice: str, id: str) -> Client:
    """Returns a client. Raises `NoSuchRecord`."""
    parameters = {"practice": practice, "id": id}
    async with clinic_transaction(engine, practice) as connection:
        row = (await connection.execute(_CLIENT, parameters)).mappings().first()
        if row is None:
            raise NoSuchRecord(f"There is no client {id[:64]} in this clinic.")
        pets = (await connection.execute(_PATIENTS, parameters)).mappings().all()
        home = (await connection.execute(_MERGED_WITH, parameters)).mappings().first()
        prescriptions = (await connection.execute(_PRESCRIPTIONS, parameters)).mappings().all()
    patients = tuple(
        Patient(
            pet["id"],
            _values("patient", pet),
            tuple(
                Prescription(**{name: each[name] for name in Prescription.__dataclass_fields__})
                for each in prescriptions
                if each["patient"] == pet["id"]
            ),
        )
        for pet in pets
    )
    return Client(id, _values("client", row), patients, MergedWith(**home) if home else None)


async def client_names(engine: AsyncEngine, practice: str, ids: Iterable[str]) -> dict[str, str]:
    """Returns the names of these clients by ID; unknown IDs are left out."""
    query = text(
        "SELECT id, coalesce(nullif(concat_ws(' ', given_name, surname), ''), 'Client ' || id) AS name FROM clients "
        "WHERE practice = :practice AND id = ANY(:ids)"
    )
    async with clinic_transaction(engine, practice) as connection:
        rows = await connection.execute(query, {"practice": practice, "ids": list(ids)})
        return {row.id: row.name for row in rows}


async def phones_without_email(engine: AsyncEngine, practice: str, ids: Iterable[str]) -> dict[str, str | None]:
    """Returns, by ID, the telephone numbers of those of these clients who have no e-mail address."""
    query = text(
        "SELECT id, phone FROM clients WHERE practice = :practice AND id = ANY(:ids) AND coalesce(email, '') = ''"
    )
    async with clinic_transaction(engine, practice) as connection:
        rows = await connection.execute(query, {"practice": practice, "ids": list(ids)})
        return {row.id: row.phone for row in rows}


async def owner_of(engine: AsyncEngine, practice: str, patient: str) -> str:
    """Returns the ID of a pet's owner. Raises `NoSuchRecord`."""
    query = text("SELECT client FROM patients WHERE practice = :practice AND id = :id")
    async with clinic_transaction(engine, practice) as connection:
        client: str | None = await connection.scalar(query, {"practice": practice, "id": patient})
    if client is None:
        raise NoSuchRecord(f"There is no patient {patient[:64]} in this clinic.")
    return client


@dataclass(frozen=True)
class Owner:
    """Whom to write to about a pet, and the name of the practice.

    `email` is None if the practice has none, and if the owner wants no mail.
    """

    name: str
    email: str | None
    practice_name: str


async def load_owner(engine: AsyncEngine, practice: str, client: str) -> Owner:
    """Raises `NoSuchRecord`."""
    query = text(
        "SELECT concat_ws(' ', c.given_name, c.surname) AS name, "
        "CASE WHEN NOT c.opt_out THEN c.email END AS email, p.name AS practice_name FROM clients c "
        "JOIN practices p ON p.id = c.practice WHERE c.practice = :practice AND c.id = :id"
    )
    async with clinic_transaction(engine, practice) as connection:
        row = (await connection.execute(query, {"practice": practice, "id": client})).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no client {client[:64]} in this clinic.")
    return Owner(**row)


def _values(kind: Kind, row: Any) -> dict[str, Any]:
    return to_json({name: row[name] for rule in rules(kind) for name in rule.columns})


def escape_like(word: str) -> str:
    for letter in "\\%_":
        word = word.replace(letter, f"\\{letter}")
    return word.replace("\0", "")


_CLIENT = text("SELECT * FROM clients WHERE practice = :practice AND id = :id")
_PATIENTS = text("SELECT * FROM patients WHERE practice = :practice AND client = :id ORDER BY deceased, name, id")
_MERGED_WITH = text(
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
