"""Applies a staged feed to clients and patients, batch by batch: clients first, then patients.

A batch is one transaction that also stores the last line applied. So a batch is applied whole or not at all, and never
twice, wherever the work is interrupted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records import statements, twins
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.feeds import lock_feed, update_feed
from pharmacy.records.staging import Heartbeat
from pharmacy.records.update_rules import Kind

BATCH_ROWS = 10_000
ANALYZE_ROWS = 1_000
"""After more new rows their table is analyzed; otherwise PostgreSQL plans as if they were empty."""


async def apply_rows(
    engine: AsyncEngine, practice: str, number: int, kind: Kind, heartbeat: Heartbeat, batch: int = BATCH_ROWS
) -> Any:
    """Applies the remaining batches of clients, or then of patients, if the feed's state is `applying`.

    Returns the feed's row. After the patients its state is `linking`.
    """
    while await _apply_batch(engine, practice, number, kind, heartbeat, batch):
        pass
    async with clinic_transaction(engine, practice) as connection:
        row = await lock_feed(connection, practice, number)
    if row.state in ("applying", "linking") and getattr(row, f"new_{kind}s") > ANALYZE_ROWS:
        async with engine.begin() as connection:
            await connection.execute(text(f"ANALYZE {kind}s"))
    return row


async def _apply_batch(
    engine: AsyncEngine, practice: str, number: int, kind: Kind, heartbeat: Heartbeat, batch: int
) -> bool:
    async with clinic_transaction(engine, practice) as connection:
        row = await lock_feed(connection, practice, number)
        if row.state != "applying":
            return False
        parameters = {"practice": practice, "feed": number, "after": getattr(row, f"after_{kind}") or 0}
        last_line = await connection.scalar(statements.last_line(kind), {**parameters, "size": batch})
        if last_line is None:
            if kind == "patient":
                await update_feed(connection, practice, number, state="linking")
            return False
        counts = await _write_batch(connection, kind, {**parameters, "upto": last_line}, row)
        await update_feed(connection, practice, number, **{f"after_{kind}": last_line}, **counts)
    total = row.staged_clients + row.staged_patients
    done = row.applied_clients + row.applied_patients + counts[f"applied_{kind}s"] - getattr(row, f"applied_{kind}s")
    heartbeat("applying", done, total)
    return True


async def _write_batch(connection: AsyncConnection, kind: Kind, parameters: dict[str, Any], row: Any) -> dict[str, int]:
    """Applies one batch. Returns the feed's new counts."""
    shared = await connection.scalar(twins.lock_twins_of_batch(kind), parameters) or 0
    existing = await connection.scalar(statements.lock_existing(kind), parameters) or 0
    differing = updated = 0
    if existing:
        seen = {**parameters, "seen": row.made_at}
        differing = (await connection.execute(statements.insert_differences(kind), seen)).rowcount
        await connection.execute(statements.close_differences(kind), parameters)
        updated = await connection.scalar(statements.insert_changes(kind), {**parameters, "at": row.started_at}) or 0
        if shared:
            await connection.execute(statements.insert_twin_changes(kind), {**parameters, "at": row.started_at})
            await connection.execute(statements.update_twins(kind), parameters)
        await connection.execute(statements.update_existing(kind), parameters)
    added = (await connection.execute(statements.insert_new(kind), parameters)).rowcount
    return {
        f"applied_{kind}s": getattr(row, f"applied_{kind}s") + existing + added,
        f"new_{kind}s": getattr(row, f"new_{kind}s") + added,
        f"updated_{kind}s": getattr(row, f"updated_{kind}s") + updated,
        f"unchanged_{kind}s": getattr(row, f"unchanged_{kind}s") + existing - updated,
        "differing": row.differing + differing,
    }
