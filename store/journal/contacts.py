"""A practice's contacts as the journal knows them, those of now and former ones: whom a search found, and by what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.journal.tables import onboarding_names
from store.telephone import numbers_in, same_number, telephone_digits

Found = dict[str, tuple["ListedContact", ...]]
FoundBy = Literal["telephone", "e-mail address", "name"]
_PERSON = re.compile(r"(?P<name>[^@]*?) ?(?P<email>[^\s@]+@[^\s@]+)(?: (?P<phone>[^@]*))?")


@dataclass(frozen=True)
class ListedContact:
    """A contact in one `line`: name, e-mail address and telephone; only the line is known of one listed long ago.

    `place` counts the contacts of now, the primary contact first; it is None for a former one.
    """

    line: str
    place: int | None

    @property
    def name(self) -> str:
        """The name, or what stands for it."""
        return self._part("name") or self._part("email") or self.line

    @property
    def email(self) -> str:
        return self._part("email")

    @property
    def phone(self) -> str:
        return self._part("phone")

    def found_by(self, search: str) -> FoundBy | None:
        """Returns by what a search found this contact; None if it did not."""
        numbers, digits = numbers_in(self.phone if self.email else self.line), telephone_digits(search)
        if digits and any(digits in each or same_number(digits, each) for each in numbers):
            return "telephone"
        text = search.strip().casefold()
        if self.email and text in self.email.casefold() and text not in self.name.casefold():
            return "e-mail address"
        return "name" if text in self.line.casefold() else None

    def _part(self, name: str) -> str:
        found = _PERSON.fullmatch(self.line)
        return (found[name] or "") if found else ""


async def found_contacts(engine: AsyncEngine, ids: Collection[str], search: str) -> Found:
    """Returns the contacts, by ID, of those onboardings that a search found by nothing but these.

    Former contacts are left out where it found one of now.
    """
    found: Found = {}
    if not ids or not search.strip():
        return found
    names, digits = onboarding_names.c, telephone_digits(search)
    query = select(names.id, names.name, names.present, names.former).where(names.id.in_(ids))
    async with at_once(engine) as connection:
        for id, name, present, former in await connection.execute(query):
            if any((digits or search.strip()).casefold() in text.casefold() for text in (id, name)):
                continue
            now = tuple(each for each in _listed(present) if each.found_by(search))
            if here := now or tuple(each for each in _listed(former, now=False) if each.found_by(search)):
                found[id] = here
    return found


async def former_contacts(engine: AsyncEngine, ids: Collection[str]) -> list[ListedContact]:
    """Returns who was a contact in these onboardings, or was reached otherwise."""
    query = select(onboarding_names.c.former).where(onboarding_names.c.id.in_(ids))
    async with at_once(engine) as connection:
        found = await connection.scalars(query)
        return [each for former in found for each in _listed(former, now=False)]


def _listed(lines: str, *, now: bool = True) -> Iterator[ListedContact]:
    for place, line in enumerate(filter(None, lines.split("\n"))):
        yield ListedContact(line, place if now else None)
