"""What a practice enters in ezyVet itself: its users, contacts, animals and clinical records."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from partners.simulators.ezyvet.resources import FIELDS, SEEDED
from partners.simulators.ezyvet.store import Record, Site, Store
from partners.simulators.guards import NotFound, SimulatorProblem

Identity = Annotated[int, Field(ge=1)]


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class User(Value):
    id: Identity
    active: bool = True
    first_name: str = ""
    last_name: str = ""
    is_vet: bool = False


class Contact(Value):
    id: Identity
    active: bool = True
    first_name: str = ""
    last_name: str = ""


class Animal(Value):
    id: Identity
    active: bool = True
    name: str
    contact_id: Identity
    is_dead: bool = False


class Consult(Value):
    """`date` in epoch seconds."""

    id: Identity
    active: bool = True
    animal_id: Identity
    date: int
    description: str = ""


class Records(Value):
    users: tuple[User, ...] = ()
    contacts: tuple[Contact, ...] = ()
    animals: tuple[Animal, ...] = ()
    consults: tuple[Consult, ...] = ()


def seed(store: Store, site: Site, records: Records) -> None:
    """Adds the records to the site, or replaces those with the same ids; others stay as they are."""
    with store.transaction():
        for resource in SEEDED:
            for record in getattr(records, f"{resource}s"):
                store.save(site.uid, resource, record.id, record.model_dump(exclude={"id"}))


def change_record(store: Store, site: Site, resource: str, identity: int, changes: dict[str, Any]) -> Record:
    """Changes a record as somebody in ezyVet does it, also one that came through the API.

    Raises NotFound for a record that does not exist, and SimulatorProblem for a field that it has not.
    """
    if resource not in FIELDS:
        raise NotFound(f"'{resource[:63]}' is not a resource: choose one of {', '.join(FIELDS)}.")
    if store.get(site.uid, resource, identity) is None:
        raise NotFound(f"No {resource} of {site.uid} has the id {identity}.")
    if unknown := [name for name in changes if name not in FIELDS[resource] or name == "id"]:
        raise SimulatorProblem(
            f"{', '.join(unknown)[:200]} cannot be changed: choose from {', '.join(FIELDS[resource][1:])}."
        )
    return store.save(site.uid, resource, identity, changes)
