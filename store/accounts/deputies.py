"""Who reads what is written to a colleague: the colleague, or while out of office whoever stands in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts.accounts import everybody
from store.accounts.people import Person


@dataclass(frozen=True)
class Reader:
    """Name and address; `instead_of` names the colleague for whom the reader stands in."""

    name: str
    email: str
    instead_of: str | None = None


async def readers(engine: AsyncEngine, handles: Collection[str], at: datetime) -> dict[str, Reader]:
    """Who reads at that time what is written to these handles; those without an active account are left out."""
    people = {person.handle: person for person in await everybody(engine) if person.active}
    return {handle: _reader(people, people[handle], at) for handle in handles if handle in people}


def _reader(people: Mapping[str, Person], person: Person, at: datetime) -> Reader:
    """The first who is there, from deputy to deputy; the colleague themselves if all of them are away."""
    seen = {person.handle}
    there = person
    while there.is_out(at):
        deputy = people.get(there.deputy or "")
        if deputy is None or deputy.handle in seen:
            return Reader(person.name, person.email)
        seen.add(deputy.handle)
        there = deputy
    return Reader(there.name, there.email, None if there is person else person.name)
