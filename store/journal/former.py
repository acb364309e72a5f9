"""Which former contact a search found: somebody who was replaced, or an address or telephone that was corrected."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.journal.tables import onboarding_names
from store.telephone import SHORTEST, same_number, telephone_digits

_NUMBER = re.compile(r"[+(]?\d[\d ()./-]{4,}")


async def former_contacts(engine: AsyncEngine, ids: Collection[str], search: str) -> dict[str, str]:
    """Returns the former contact, by ID, for those onboardings that the search found by nothing that is so now."""
    names = onboarding_names.c
    query = select(names.id, names.name, names.present, names.former)
    query = query.where(names.id.in_(ids), names.former != "")
    if not ids or not search.strip():
        return {}
    found: dict[str, str] = {}
    async with at_once(engine) as connection:
        for id, name, present, former in await connection.execute(query):
            now = (id, name, *present.split("\n"))
            if not any(_has(text, search) for text in now):
                before = [line for line in former.split("\n") if _has(line, search)]
                found |= {id: before[0]} if before else {}
    return found


def _has(text: str, search: str) -> bool:
    digits = telephone_digits(search)
    if digits and len(digits) >= SHORTEST:
        numbers = ("".join(filter(str.isdecimal, each)) for each in _NUMBER.findall(text))
        return any(digits in number or same_number(digits, number) for number in numbers) or digits in text
    return search.strip().casefold() in text.casefold()
