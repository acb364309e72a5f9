"""Every change of a client, by whom and at which clinic: seen by all clinics that see the client (RS5).

Sharing, joining and telling apart are entries too, with whom in `new`; of a joined client, for those who see both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.feed_tables import changes
from pharmacy.records.tables import clients
from pharmacy.sharing.clients import client_rows
from pharmacy.sharing.noting import Key


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
    rows = await client_rows(connection, clinic, id)
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
    once = {(each.at, each.field, repr(each.new)): each for each in await _seen(connection, found)}
    return sorted(once.values(), key=lambda each: each.number, reverse=True)[:limit]


async def _seen(connection: AsyncConnection, found: Sequence[Change]) -> list[Change]:
    """Leaves out what is about another client whom the clinic does not see."""
    about = {each.number: {tuple(key) for key in (each.new or {}).get("clients", ())} for each in found}
    keys = set[Key]().union(*about.values())
    query = select(clients.c.practice, clients.c.id).where(tuple_(clients.c.practice, clients.c.id).in_(keys))
    seen = {(row.practice, row.id) for row in await connection.execute(query)} if keys else set[Key]()
    return [each for each in found if about[each.number] <= seen]


def _change(row: Any) -> Change:
    names = ("number", "at", "field", "old", "new", "source", "by")
    return Change(**{name: row[name] for name in names}, clinic=row["clinic"] or row["practice"])
