"""Bringing a feed in, batch by batch: clients first, then patients.

A batch is one transaction, and with it goes the line up to which the feed is in. So a batch is there whole or not at
all, and none comes twice, whoever is interrupted and wherever.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records import statements
from pharmacy.records.clinic import clinic
from pharmacy.records.feeds import change, locked
from pharmacy.records.rules import Kind
from pharmacy.records.staging import Beat

BATCH = 10_000
MANY = 1_000
"""After so many new rows the database looks anew at how they lie, or it would plan as if there were none."""


async def apply(engine: AsyncEngine, practice: str, number: int, beat: Beat, batch: int = BATCH) -> None:
    """Applies what is left of the feed. One that is not to be applied, or no longer, is left alone."""
    while await _step(engine, practice, number, beat, batch):
        pass
    async with clinic(engine, practice) as connection:
        row = await locked(connection, practice, number)
    if row.state == "linking" and row.new_clients + row.new_patients > MANY:
        async with engine.begin() as connection:
            await connection.execute(text("ANALYZE clients, patients"))


async def _step(engine: AsyncEngine, practice: str, number: int, beat: Beat, batch: int) -> bool:
    async with clinic(engine, practice) as connection:
        row = await locked(connection, practice, number)
        if row.state != "applying":
            return False
        kinds: tuple[Kind, ...] = ("client", "patient")
        for kind in kinds:
            place = {"practice": practice, "feed": number, "after": getattr(row, f"after_{kind}") or 0}
            upto = await connection.scalar(statements.last_line(kind), {**place, "size": batch})
            if upto is not None:
                counts = await _bring_in(connection, kind, {**place, "upto": upto}, row)
                await change(connection, practice, number, **{f"after_{kind}": upto}, **counts)
                break
        else:
            await change(connection, practice, number, state="linking")
            return False
    total = row.staged_clients + row.staged_patients
    done = row.applied_clients + row.applied_patients + counts[f"applied_{kind}s"] - getattr(row, f"applied_{kind}s")
    beat("applying", done, total)
    return True


async def _bring_in(connection: AsyncConnection, kind: Kind, place: dict[str, Any], row: Any) -> dict[str, int]:
    """Applies one batch; returns the feed's counts as they are then."""
    there = await connection.scalar(statements.hold(kind), place) or 0
    held = updated = 0
    if there:
        held = (await connection.execute(statements.hold_back(kind), {**place, "seen": row.made_at})).rowcount
        await connection.execute(statements.settle(kind), place)
        updated = await connection.scalar(statements.record_changes(kind), {**place, "at": row.started_at}) or 0
        await connection.execute(statements.update_known(kind), place)
    added = (await connection.execute(statements.add(kind), place)).rowcount
    return {
        f"applied_{kind}s": getattr(row, f"applied_{kind}s") + there + added,
        f"new_{kind}s": getattr(row, f"new_{kind}s") + added,
        f"updated_{kind}s": getattr(row, f"updated_{kind}s") + updated,
        f"unchanged_{kind}s": getattr(row, f"unchanged_{kind}s") + there - updated,
        "differing": row.differing + held,
    }
