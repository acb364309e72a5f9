"""Writes the staged rows of a feed, and those that were rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.feeds.rows import Rejection
from pharmacy.records.feed_tables import set_aside, staged_clients, staged_patients

MAX_KEPT_REJECTIONS = 10_000
"""Rejected rows and values of a feed that are stored; more are only counted."""

_TABLES = {"client": staged_clients, "patient": staged_patients}
_COLUMNS = {kind: [column.name for column in table.c][3:] for kind, table in _TABLES.items()}


async def stage_rows(connection: AsyncConnection, practice: str, number: int, kind: str, lines: list[str]) -> int:
    """Stages the new and changed rows among these lines of COPY. Returns how many there are."""
    columns = ", ".join(_COLUMNS[kind])
    await connection.execute(
        text(
            f"CREATE TEMPORARY TABLE arriving ON COMMIT DROP AS SELECT line, {columns} FROM staged_{kind}s LIMIT 0"  # noqa: S608 - constants
        )
    )
    driver: Any = (await connection.get_raw_connection()).driver_connection
    async with driver.cursor() as cursor, cursor.copy("COPY arriving FROM STDIN") as copy:
        await copy.write("".join(lines))
    staged = await connection.execute(
        text(
            f"INSERT INTO staged_{kind}s (practice, feed, line, {columns}) "  # noqa: S608 - constants
            f"SELECT :practice, :feed, a.line, {', '.join(f'a.{name}' for name in _COLUMNS[kind])} FROM arriving a "
            f"LEFT JOIN {kind}s o ON o.practice = :practice AND o.id = a.id WHERE o.fed IS DISTINCT FROM a.fed"
        ),
        {"practice": practice, "feed": number},
    )
    await connection.execute(text("DROP TABLE arriving"))
    return staged.rowcount


async def keep_rejections(connection: AsyncConnection, practice: str, number: int, rejections: list[Rejection]) -> None:
    """Stores rejected rows and values, for people to see."""
    if not rejections:
        return
    rows = [
        {**asdict(rejection), "practice": practice, "feed": number, "raw": rejection.raw.replace("\0", "")}
        for rejection in rejections
    ]
    await connection.execute(insert(set_aside).on_conflict_do_nothing(), rows)


async def delete_orphans(connection: AsyncConnection, practice: str, number: int) -> Sequence[Any]:
    """Deletes patients whose client is neither in the feed nor in ours. Returns their line, id, client and name."""
    return (await connection.execute(_ORPHANS, {"practice": practice, "feed": number})).all()


async def delete_staged(connection: AsyncConnection, practice: str, number: int) -> None:
    """Deletes the staged rows of a finished feed."""
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
