"""The colleagues to whom onboardings can be assigned: who has an account, or an address in the settings."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from playbooks.engine.transition import Refused
from store.accounts import accounts
from store.accounts.people import Person
from store.database import DatabaseDown

LISTED = 12
"""Colleagues whom a refusal names at most."""


@dataclass(frozen=True)
class Colleagues:
    """`names` are those who can be assigned, by handle; `gone` those whose account is deactivated; `invited` those who
    have no password yet."""

    names: Mapping[str, str]
    gone: Mapping[str, str]
    invited: Collection[str] = ()

    def options(self) -> list[tuple[str, str]]:
        """Returns whom a form offers: the handle, and what people read. It warns of those who cannot sign in yet, and
        tells namesakes apart by the handle."""
        alike, found = Counter(self.names.values()), []
        for handle, name in self.names.items():
            marks = [handle] * (alike[name] > 1) + ["cannot sign in yet"] * (handle in self.invited)
            found.append((handle, f"{name} ({', '.join(marks)})" if marks else name))
        return found

    def handle_of(self, given: str) -> str:
        """Returns the handle of the colleague who is meant: by the handle, or by a full name that only one has.

        Raises `Refused` if nobody is, with whom to name instead.
        Where there are neither accounts nor addresses yet, as after an installation, any handle is taken.
        """
        wanted = given.strip()
        handle = wanted.lower()
        if handle in self.names:
            return handle
        if not (self.names or self.gone):
            return wanted
        if handle in self.gone:
            raise Refused(f"{self.gone[handle]} ({handle}) is deactivated; {self._choice()}.")
        called = [each for each, name in self.names.items() if name.lower() == handle]
        if len(called) == 1:
            return called[0]
        raise Refused(f"There is no colleague '{wanted[:64]}'; {self._meant(handle) or self._choice() + '.'}")

    def _meant(self, wanted: str) -> str:
        """Returns a question for the colleague whose handle or name is nearly that; empty if there is none."""
        called = {name.lower(): handle for handle, name in self.names.items()}
        called |= {part: handle for name, handle in called.items() for part in name.split()}
        called |= {handle: handle for handle in self.names}
        near = [called[each] for each in difflib.get_close_matches(wanted, called, n=3, cutoff=0.6)]
        found = [handle if handle == self.names[handle] else f"{handle} ({self.names[handle]})" for handle in near]
        return f"did you mean {' or '.join(dict.fromkeys(found))}?" if found else ""

    def _choice(self) -> str:
        handles = sorted(self.names)
        more = f" and {len(handles) - LISTED} more" if len(handles) > LISTED else ""
        return f"choose one of {', '.join(handles[:LISTED])}{more}" if handles else "nobody else has an account"


async def colleagues(engine: AsyncEngine, settings: Settings) -> Colleagues:
    return colleagues_of(await accounts.everybody(engine), settings.people)


def colleagues_of(people: Collection[Person], addressed: Iterable[str] = ()) -> Colleagues:
    """Returns the colleagues among those who have an account, and those who only have an address in the settings."""
    gone = {each.handle: each.name for each in people if not each.active}
    names = {each.handle: each.name for each in people if each.active}
    invited = {each.handle for each in people if each.active and not each.has_password}
    return Colleagues({handle: handle for handle in addressed if handle not in gone} | names, gone, invited)


async def colleague(engine: AsyncEngine, settings: Settings, given: str) -> str:
    """Returns the handle of a colleague. Raises `Refused` for an unknown one.

    While the database is away, nobody can be looked up, and work goes on with whoever is named.
    """
    try:
        return (await colleagues(engine, settings)).handle_of(given)
    except DatabaseDown:
        return given
