"""What is laid ready of a feed, and what of it was set aside: all statements that write these rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.feeds.rows import Rejection
from pharmacy.records.feed_tables import set_aside, staged_clients, staged_patients

SHOWN = 10_000
"""Rows set aside that are kept to be looked at; more of them are only counted."""

_TABLES = {"client": staged_clients, "patient": staged_patients}
_COLUMNS = {kind: [column.name for column in table.c][3:] for kind, table in _TABLES.items()}


async def lay_ready(connection: AsyncConnection, practice: str, number: int, kind: str, rows: list[str]) -> int:
    """Stages those of the rows that say something new; returns how many."""
    columns = ", ".join(_COLUMNS[kind])
    await connection.execute(
        text(
            f"CREATE TEMPORARY TABLE arriving ON COMMIT DROP AS SELECT line, {columns} FROM staged_{kind}s LIMIT 0"  # noqa: S608 - names of our own columns
        )
    )
    driver: Any = (await connection.get_raw_connection()).driver_connection
    async with driver.cursor() as cursor, cursor.copy("COPY arriving FROM STDIN") as copy:
        await copy.write("".join(rows))
    taken = await connection.execute(
        text(
            f"INSERT INTO staged_{kind}s (practice, feed, line, {columns}) "  # noqa: S608 - names of our own columns
            f"SELECT :practice, :feed, a.line, {', '.join(f'a.{name}' for name in _COLUMNS[kind])} FROM arriving a "
            f"LEFT JOIN {kind}s o ON o.practice = :practice AND o.id = a.id WHERE o.fed IS DISTINCT FROM a.fed"
        ),
        {"practice": practice, "feed": number},
    )
    await connection.execute(text("DROP TABLE arriving"))
    return taken.rowcount


async def keep_aside(connection: AsyncConnection, practice: str, number: int, found: list[Rejection]) -> None:
    """Keeps what was set aside, to be looked at."""
    if not found:
        return
    rows = [
        {
            "practice": practice,
            "feed": number,
            "line": each.line,
            "kind": each.kind,
            "field": each.field,
            "id": each.id,
            "reason": each.reason,
            "raw": each.raw.replace("\0", ""),
        }
        for each in found
    ]
    await connection.execute(insert(set_aside).on_conflict_do_nothing(), rows)


async def drop_orphans(connection: AsyncConnection, practice: str, number: int) -> Sequence[Any]:
    """Drops patients whose client is neither in the feed nor known; their line, id, client and name."""
    return (await connection.execute(_ORPHANS, {"practice": practice, "feed": number})).all()


async def drop(connection: AsyncConnection, practice: str, number: int) -> None:
    """Drops all that is laid ready of a feed that is over."""
    clients, patients = staged_clients.c, staged_patients.c
    await connection.execute(delete(staged_clients).where(clients.practice == practice, clients.feed == number))
    await connection.execute(delete(staged_patients).where(patients.practice == practice, patients.feed == number))


_ORPHANS = text(
    """
    DELETE FROM staged_patients p WHERE p.practice = :practice AND p.feed = :feed
        AND NOT EXISTS (
            SELECT FROM staged_clients c WHERE c.practice = :practice AND c.feed = :feed AND c.id = p.client
        )
        AND NOT EXISTS (SELECT FROM clients c WHERE c.practice = :practice AND c.id = p.client)
    RETURNING p.line, p.id, p.client, p.name
    """
)
