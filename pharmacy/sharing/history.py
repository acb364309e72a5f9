"""Every change of a client, by whom and at which clinic: seen by all clinics that see the client (RS5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.feed_tables import changes
from pharmacy.sharing.clients import client_row, person_rows


@dataclass(frozen=True)
class Change:
    """A change of one field, from `old` to `new`, by column. `by` is a member of `clinic`, or None for a feed."""

    number: int
    at: datetime
    field: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    source: str
    clinic: str
    by: str | None


async def history_of(
    connection: AsyncConnection, clinic: str, id: str, limit: int, before: int | None = None
) -> list[Change]:
    """Returns a client's changes, the newest first, from the number `before` on. Raises `NoSuchRecord`."""
    rows = await person_rows(connection, clinic, await client_row(connection, clinic, id))
    found: list[Change] = []
    for row in rows:
        query = select(changes).where(
            changes.c.practice == row["practice"], changes.c.kind == "client", changes.c.id == row["id"]
        )
        if before is not None:
            query = query.where(changes.c.number < before)
        query = query.order_by(changes.c.number.desc()).limit(limit)
        found += [_change(each) for each in (await connection.execute(query)).mappings()]
    # Rows of one person have the same changes.
    once = {(each.at, each.field, repr(each.new)): each for each in found}
    return sorted(once.values(), key=lambda each: each.number, reverse=True)[:limit]


def _change(row: Any) -> Change:
    names = ("number", "at", "field", "old", "new", "source", "by")
    return Change(**{name: row[name] for name in names}, clinic=row["clinic"] or row["practice"])
