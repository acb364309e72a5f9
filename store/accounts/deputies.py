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
    return {handle: _reader(people, people[handle], at) for handle in handles if handle in people}


async def stood_in_for(engine: AsyncEngine, handle: str, at: datetime) -> list[Person]:
    """Returns the absent colleagues whose mail this person reads at that time, as their deputy."""
    people = {person.handle: person for person in await everybody(engine) if person.active}
    away = [person for person in people.values() if person.is_out(at) and person.handle != handle]
    mine = people.get(handle)
    return [person for person in away if mine and _reader(people, person, at).email == mine.email]


def _reader(people: Mapping[str, Person], person: Person, at: datetime) -> Reader:
    """Returns the first of the chain of deputies who is present, else the colleague."""
    visited = {person.handle}
    there = person
    while there.is_out(at):
        deputy = people.get(there.deputy or "")
        if deputy is None or deputy.handle in visited:
            return Reader(person.name, person.email)
        visited.add(deputy.handle)
        there = deputy
    return Reader(there.name, there.email, None if there is person else person.name)
