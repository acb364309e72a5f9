"""Says where each value of a client or patient came from, and when: a feed, the owner or staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.update_rules import Kind, rules


@dataclass(frozen=True)
class Origin:
    """Who gave a value, and when; for a feed its number, and when its import started."""

    field: str
    source: str
    at: datetime
    feed: int | None = None
    by: str | None = None
    why: str | None = None
    old: dict[str, Any] | None = None
    new: dict[str, Any] | None = None


async def origins(engine: AsyncEngine, practice: str, kind: Kind, id: str) -> dict[str, Origin]:
    """Returns the origin of each current value, by the field's name in the update rules. Raises `NoSuchRecord`."""
    past = await history(engine, practice, kind, id)
    latest = {change.field: change for change in past if change.field != "all"}
    return {rule.field: latest.get(rule.field, past[0]) for rule in rules(kind)}


async def history(engine: AsyncEngine, practice: str, kind: Kind, id: str) -> list[Origin]:
    """Returns all changes in order, first the feed that brought the record, as field `all`. Raises `NoSuchRecord`."""
    parameters = {"practice": practice, "kind": kind, "id": id}
    async with clinic_transaction(engine, practice) as connection:
        first = (await connection.execute(_FIRST[kind], {"practice": practice, "id": id})).mappings().first()
        if first is None:
            raise NoSuchRecord(f"There is no {kind} {id[:64]} in this clinic.")
        changed = (await connection.execute(_CHANGES, parameters)).mappings().all()
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
