"""Which animal of the practice's ezyVet a patient of the pharmacy is (RX4).

It is the animal with the id that the practice's feed gives the patient, if name and owner agree there. Otherwise a
person chooses the animal, once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.choice_tables import chosen_animals
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.records import Animal, Contact
from pharmacy.records.clinic import clinic_transaction
from store.database import at_once

_PATIENT = text(
    "SELECT p.name, p.deceased, p.client, c.given_name, c.surname FROM patients p "
    "JOIN clients c ON c.practice = p.practice AND c.id = p.client WHERE p.practice = :practice AND p.id = :patient"
)
_ID = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True)
class Match:
    """The animal that the patient is, its name, and the contact who owns it there."""

    animal: int
    contact: int
    name: str = field(default="", compare=False)


@dataclass(frozen=True)
class NoMatch:
    """Why nobody can say which animal it is without a person: a sentence with what to do."""

    reason: str


async def find_animal(engine: AsyncEngine, ezyvet: Ezyvet, practice: str, patient: str) -> Match | NoMatch:
    """Returns the patient's animal. Raises `EzyvetError`."""
    if chosen := await chosen_animal(engine, practice, patient):
        return _usable(await ezyvet.animal(chosen), chosen)
    async with clinic_transaction(engine, practice) as connection:
        row = (await connection.execute(_PATIENT, {"practice": practice, "patient": patient})).first()
    if row is None:
        return NoMatch(f"{practice} has no patient {patient[:64]}; import the practice's feed.")
    if not _ID.fullmatch(patient):
        return NoMatch(f"We do not know yet which animal in ezyVet is {_called(row.name)}. {CHOOSE}")
    animal = await ezyvet.animal(int(patient))
    found = _usable(animal, int(patient))
    if animal is None or isinstance(found, NoMatch):
        return found
    if _plain(animal.name) != _plain(row.name):
        return NoMatch(
            f"Animal {animal.id} is {_called(animal.name)} in ezyVet, and {_called(row.name)} in the practice's feed."
            f" {CHOOSE}"
        )
    if row.client != str(found.contact) and not _is_owner(await ezyvet.contact(found.contact), row):
        return NoMatch(f"{_called(animal.name)} (animal {animal.id}) belongs to somebody else in ezyVet. {CHOOSE}")
    return found


async def known_animal(engine: AsyncEngine, practice: str, patient: str) -> int | None:
    """Returns the id of the patient's animal as far as we know it, without asking ezyVet."""
    return (await known_animals(engine, practice, [patient])).get(patient)


async def known_animals(engine: AsyncEngine, practice: str, patients: Collection[str]) -> dict[str, int]:
    """Returns the animals of these patients as far as we know them, without asking ezyVet."""
    by_feed = {patient: int(patient) for patient in patients if _ID.fullmatch(patient)}
    return by_feed | await _chosen(engine, practice, patients)


async def chosen_animal(engine: AsyncEngine, practice: str, patient: str) -> int | None:
    """Returns the animal that a person chose for the patient, if any."""
    return (await _chosen(engine, practice, [patient])).get(patient)


async def _chosen(engine: AsyncEngine, practice: str, patients: Collection[str]) -> dict[str, int]:
    table = chosen_animals.c
    query = select(table.patient, table.animal).where(table.practice == practice, table.patient.in_(patients))
    async with at_once(engine) as connection:
        return {row.patient: row.animal for row in await connection.execute(query)}


async def choose_animal(
    engine: AsyncEngine, ezyvet: Ezyvet, practice: str, patient: str, animal: int, by: str
) -> Match | NoMatch:
    """Stores which animal a patient is, unless it cannot be. Raises `EzyvetError`."""
    found = _usable(await ezyvet.animal(animal), animal)
    if isinstance(found, Match):
        values = {"animal": animal, "chosen_by": by}
        statement = insert(chosen_animals).values(practice=practice, patient=patient, **values)
        async with at_once(engine) as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["practice", "patient"], set_=values)
            )
    return found


CHOOSE = "The pharmacy's team asks the practice and chooses the animal; nobody else need do anything."


def _usable(animal: Animal | None, id: int) -> Match | NoMatch:
    if animal is None:
        return NoMatch(f"The practice's ezyVet has no animal {id}. {CHOOSE}")
    if animal.is_dead:
        return NoMatch(f"{_called(animal.name)} (animal {id}) has died, by ezyVet; ask the practice.")
    if not animal.active:
        return NoMatch(f"{_called(animal.name)} (animal {id}) is switched off in ezyVet, or merged. {CHOOSE}")
    if animal.contact_id is None:
        return NoMatch(f"{_called(animal.name)} (animal {id}) has no owner in ezyVet; ask the practice.")
    return Match(animal.id, animal.contact_id, animal.name)


def _is_owner(contact: Contact | None, row: Any) -> bool:
    """Whether the owner there is the client here; a given name that either side lacks does not speak against it."""
    if contact is None or not contact.active:
        return False
    surname, given = _plain(row.surname), _plain(row.given_name)
    if not surname or surname not in (_plain(contact.last_name), _plain(contact.business_name)):
        return False
    return not given or not contact.first_name or given == _plain(contact.first_name)


def _plain(name: str | None) -> str:
    """The name without what differs by habit: case, accents, spaces and punctuation."""
    letters = unicodedata.normalize("NFKD", name or "").casefold()
    return "".join(letter for letter in letters if letter.isalnum())


def _called(name: str | None) -> str:
    return name or "the patient"
