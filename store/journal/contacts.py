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
from store.telephone import numbers_in, same_number, telephone_digits, words_of
from store.word_starts import HITS, Hit

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

    def found_by(self, search: str, hits: Collection[Hit] = HITS) -> FoundBy | None:
        """Returns by what any word of a search found this contact; None if none did."""
        for hit in hits:
            ways = {self._way(word, hit) for word in words_of(search)}
            for way in ("telephone", "name", "e-mail address"):
                if way in ways:
                    return way
        return None

    def _way(self, word: str, hit: Hit) -> FoundBy | None:
        numbers, digits = numbers_in(self.phone if self.email else self.line), telephone_digits(word)
        if digits and any(digits in each or same_number(digits, each) for each in numbers):
            return "telephone"
        if self.email and hit(word, self.email) and not hit(word, self.name):
            return "e-mail address"
        return "name" if hit(word, self.line) else None

    def _part(self, name: str) -> str:
        found = _PERSON.fullmatch(self.line)
        return (found[name] or "") if found else ""


async def found_contacts(engine: AsyncEngine, ids: Collection[str], search: str) -> Found:
    """Returns the contacts, by ID, of those onboardings that a search found not by ID and practice's name alone.

    Those that have all the other words, if there are any; former contacts are left out where it found one of now.
    """
    found: Found = {}
    if not ids or not search.strip():
        return found
    names = onboarding_names.c
    query = select(names.id, names.name, names.present, names.former).where(names.id.in_(ids))
    async with at_once(engine) as connection:
        for id, name, present, former in await connection.execute(query):
            people = [*_listed(present)], [*_listed(former, now=False)]
            for hit in reversed(HITS):
                words = [word for word in words_of(search) if not _is_in(word, hit, id, name)]
                if here := _having(words, hit, *people):
                    found[id] = here
    return found


def _having(words: Collection[str], hit: Hit, *lists: Collection[ListedContact]) -> tuple[ListedContact, ...]:
    """Returns from the first list that has such contacts those with all words; failing these, those with any."""
    for enough in (all, any) if words else ():
        for people in lists:
            if here := tuple(each for each in people if enough(each.found_by(word, [hit]) for word in words)):
                return here
    return ()


def _is_in(word: str, hit: Hit, *texts: str) -> bool:
    return any(hit(telephone_digits(word) or word, text) for text in texts)


async def former_contacts(engine: AsyncEngine, ids: Collection[str]) -> list[ListedContact]:
    """Returns who was a contact in these onboardings, or was reached otherwise."""
    query = select(onboarding_names.c.former).where(onboarding_names.c.id.in_(ids))
    async with at_once(engine) as connection:
        found = await connection.scalars(query)
        return [each for former in found for each in _listed(former, now=False)]


def _listed(lines: str, *, now: bool = True) -> Iterator[ListedContact]:
    for place, line in enumerate(filter(None, lines.split("\n"))):
        yield ListedContact(line, place if now else None)
