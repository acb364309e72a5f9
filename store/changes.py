"""Which rows of a table have changed since a mark, by their version and the time of their last change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once

OVERLAP = timedelta(seconds=10)
"""How long a change may take to be stored after its time was noted, and still be noticed."""

_NEVER = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Mark:
    """Up to where changes have been read: the time of the newest, and the versions read shortly before it."""

    at: datetime
    versions: Mapping[tuple[Any, ...], int]


async def changes_in(
    engine: AsyncEngine, table: Table, key: tuple[str, ...], since: Mark | None
) -> tuple[Mark, frozenset[tuple[Any, ...]]]:
    """The keys of the rows that have changed since the mark, and the mark to ask with next time.

    The table has `version` and an index of `updated_at`. What is stored a little late, with an earlier time than others
    that came before it, is noticed as well. Without a mark nothing counts as changed.
    """
    columns = table.c
    async with at_once(engine) as connection:
        # A query of its own, because the planner would not know that few rows are newer.
        newest = since.at if since else await connection.scalar(select(func.max(columns.updated_at)))
        begin = (newest or _NEVER) - OVERLAP
        query = select(columns.version, columns.updated_at, *(columns[name] for name in key))
        found = (await connection.execute(query.where(columns.updated_at > begin))).all()
    latest = max((each.updated_at for each in found), default=since.at if since else _NEVER)
    versions = {tuple(each[2:]): each.version for each in found if each.updated_at > latest - OVERLAP}
    earlier = since.versions if since else versions
    changed = {tuple(each[2:]) for each in found if earlier.get(tuple(each[2:])) != each.version} if since else set()
    return Mark(latest, versions), frozenset(changed)
