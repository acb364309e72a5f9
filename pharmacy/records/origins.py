"""Where each value of a client or a patient came from, and when: a feed of the practice, the owner, or staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic
from pharmacy.records.problem import NoSuchRecord
from pharmacy.records.rules import Kind, rules


@dataclass(frozen=True)
class Origin:
    """Who said a value, and when. Of a feed its number, and when it was brought in."""

    field: str
    source: str
    at: datetime
    feed: int | None = None
    by: str | None = None
    why: str | None = None
    old: dict[str, Any] | None = None
    new: dict[str, Any] | None = None


async def origins(engine: AsyncEngine, practice: str, kind: Kind, id: str) -> dict[str, Origin]:
    """The origin of every value as it is now, by the values' names in `rules`. Raises `NoSuchRecord`."""
    past = await story(engine, practice, kind, id)
    latest = {each.field: each for each in past if each.field != "all"}
    return {each.field: latest.get(each.field, past[0]) for each in rules(kind)}


async def story(engine: AsyncEngine, practice: str, kind: Kind, id: str) -> list[Origin]:
    """All that ever changed, the first thing first: the feed that brought it, as `all`. Raises `NoSuchRecord`."""
    given = {"practice": practice, "kind": kind, "id": id}
    async with clinic(engine, practice) as connection:
        first = (await connection.execute(_FIRST[kind], {"practice": practice, "id": id})).mappings().first()
        if first is None:
            raise NoSuchRecord(f"There is no {kind} {id[:64]} in this clinic.")
        changed = (await connection.execute(_CHANGES, given)).mappings().all()
    return [Origin("all", "feed", **first), *(Origin(**row) for row in changed)]


_FIRST: dict[Kind, Any] = {
    kind: text(
        f"SELECT r.feed, f.started_at AS at FROM {kind}s r JOIN feeds f ON f.practice = r.practice "  # noqa: S608
        "AND f.number = r.feed WHERE r.practice = :practice AND r.id = :id"
    )
    for kind in ("client", "patient")
}
_CHANGES = text(
    "SELECT field, source, at, feed, by, why, old, new FROM changes "
    "WHERE practice = :practice AND kind = :kind AND id = :id ORDER BY number"
)
