"""Takes back a decision about a difference: our value and the difference are as they were before it (DP13)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records import statements
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.differences import OPEN, Difference, lock_difference, typed
from pharmacy.records.editing import lock_value, mark_prescriptions, write_value
from pharmacy.records.errors import RecordsError
from pharmacy.records.json_values import format_value, to_json


async def undo_decision(engine: AsyncEngine, practice: str, number: int, at: datetime, by: str) -> Difference:
    """Takes back the decision that was made `at` that time, and returns the difference as it was decided.

    After a pet was renamed back, its open prescriptions are good again. Raises `RecordsError` if it was taken back or
    decided anew already, or if the value has changed since.
    """
    async with clinic_transaction(engine, practice) as connection:
        decided = await lock_difference(connection, practice, number)
        whose = f"{decided.name}'s {decided.rule.title}"
        if decided.state in OPEN:
            raise RecordsError(
                f"{whose} waits for a decision again: the last one was taken back, or the practice sent another value."
            )
        if decided.at != at or not decided.before or not decided.is_retractable:
            raise RecordsError(f"{whose} has changed since that decision; look at it again.")
        rule, why = decided.rule, f"Taken back: {decided.why or decided.state}"
        current = to_json(await lock_value(connection, practice, rule, decided.id))
        if current != decided.ours:
            now = format_value(decided.field, current)
            raise RecordsError(f"{whose} has changed since that decision, to {now}; change it there if it is wrong.")
        old = decided.before["ours"]
        if old == current:
            value = statements.Value(practice, rule, decided.id)
            await connection.execute(statements.insert_change(value, old, old, "staff", by, why))
        else:
            await write_value(
                connection, practice, rule, decided.id, await typed(connection, rule, old), "staff", by, why
            )
            if (rule.kind, rule.field) == ("patient", "name"):
                await mark_prescriptions(connection, practice, decided.id, current["name"], old["name"])
        restored = {name: getattr(decided, name) for name in ("theirs", "first_seen", "last_seen")}
        await connection.execute(statements.reopen_difference(practice, number, decided.before, restored))
    return decided
