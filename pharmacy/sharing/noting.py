"""Enters into the history of clients that they were shared, joined or told apart, by whom and where (RS4, RS5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.statements import insert_change_at

Key = tuple[str, str]
"""Practice and ID there."""


async def note_shared(
    connection: AsyncConnection, origin: str, ids: Sequence[str], taker: str, clinic: str, by: str
) -> None:
    """Records that a member of `clinic` has shared clients of `origin` with `taker`."""
    for id in ids:
        await _note(connection, (origin, id), "shared", {"with": taker}, clinic, by)


async def note_person(connection: AsyncConnection, pair: Sequence[Key], same: bool, clinic: str, by: str) -> None:
    """Records that a member of `clinic` has joined two clients, or told them apart."""
    for key in pair:
        await _note(connection, key, "joined" if same else "told_apart", {"clients": sorted(pair)}, clinic, by)


async def _note(connection: AsyncConnection, key: Key, field: str, new: dict[str, Any], clinic: str, by: str) -> None:
    change = {"practice": key[0], "id": key[1], "kind": "client", "field": field, "old": None, "new": new}
    await connection.execute(insert_change_at(clinic, change, by))
