"""Why onboardings are on hold, and until when, as their journals say."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.onboarding import Entry
from store.database import at_once
from store.journal.tables import entries


async def holds(engine: AsyncEngine, whose: Collection[tuple[str, str]]) -> dict[str, Entry]:
    """The line by which each of these runs (ID and run) was last put on hold, by ID. Its `data` holds `until`."""
    names = list(Entry.model_fields)
    query = select(entries.c.onboarding, *(entries.c[name] for name in names))
    query = query.where(tuple_(entries.c.onboarding, entries.c.run).in_(sorted(whose)))
    query = query.where(entries.c.kind == "command", entries.c.name == "hold").order_by(entries.c.number)
    if not whose:
        return {}
    async with at_once(engine) as connection:
        found = (await connection.execute(query)).mappings()
        return {each["onboarding"]: Entry(**{name: each[name] for name in names}) for each in found}
