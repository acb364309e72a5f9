"""Deputies: mail to a colleague who is out of office goes to the deputy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts.accounts import everybody
from store.accounts.people import Person


@dataclass(frozen=True)
class Reader:
    """A recipient; `instead_of` is the colleague whose deputy it is."""

    name: str
    email: str
    instead_of: str | None = None

    @property
    def addressed(self) -> str:
        """The name in the mail's header."""
        return f"{self.name} (for {self.instead_of})" if self.instead_of else self.name


async def readers(engine: AsyncEngine, handles: Collection[str], at: datetime) -> dict[str, Reader]:
    """Returns who gets the mail to these handles at that time; inactive accounts are left out."""
    people = {person.handle: person for person in await everybody(engine) if person.active}
    reading = {handle: _reading(people, people[handle], at) for handle in handles if handle in people}
    return {
        handle: Reader(there.name, there.email, None if there.handle == handle else people[handle].name)
        for handle, there in reading.items()
    }


def covered_by(everybody: Collection[Person], at: datetime) -> dict[str, Person]:
    """Returns for each absent colleague, by handle, the deputy who gets their mail at that time."""
    people = {person.handle: person for person in everybody if person.active}
    reading = {handle: _reading(people, person, at) for handle, person in people.items()}
    return {handle: there for handle, there in reading.items() if there.handle != handle}


def _reading(people: Mapping[str, Person], person: Person, at: datetime) -> Person:
    """Returns the first of the chain of deputies who is present, else the colleague."""
    visited = {person.handle}
    there = person
    while there.is_out(at):
        deputy = people.get(there.deputy or "")
        if deputy is None or deputy.handle in visited:
            return person
        visited.add(deputy.handle)
        there = deputy
    return there
