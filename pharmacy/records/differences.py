"""Differences between a practice's values and ours, and what people decide about them (DP13)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records import statements
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.editing import lock_value, write_pet_name, write_value
from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.records.feed_tables import differences
from pharmacy.records.json_values import format_value
from pharmacy.records.update_rules import Kind, Rule, rule

State = Literal["open", "asked", "kept", "taken", "gone"]
OPEN = ("open", "asked")


@dataclass(frozen=True)
class Difference:
    """A value of which the practice has another than we. `name` is the client's or the pet's name as we have it,
    `owner` the name of a pet's owner.

    `first_seen` and `last_seen` are when the first and the last feed with this value were made. `by`, `at` and `why`
    describe the decision, `before` what it changed.
    """

    number: int
    practice: str
    kind: Kind
    id: str
    field: str
    name: str
    owner: str | None
    ours: dict[str, Any]
    theirs: dict[str, Any]
    first_seen: datetime
    last_seen: datetime
    state: State
    by: str | None
    at: datetime | None
    why: str | None
    before: dict[str, Any] | None = None

    @property
    def rule(self) -> Rule:
        return rule(self.kind, self.field)

    @property
    def ours_in_words(self) -> str:
        return format_value(self.field, self.ours)

    @property
    def theirs_in_words(self) -> str:
        return format_value(self.field, self.theirs)

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision or for an owner."""
        return self.state in OPEN

    @property
    def is_retractable(self) -> bool:
        """Whether it was decided, which `undo_decision` takes back if our value is still as it was decided."""
        return self.state in ("kept", "taken") and self.before is not None

    @property
    def old(self) -> dict[str, Any]:
        """Our value before the decision."""
        return self.before["ours"] if self.before else self.ours

    @property
    def old_in_words(self) -> str:
        return format_value(self.field, self.old)


async def count_open(engine: AsyncEngine, practice: str) -> int:
    """Counts the differences that wait for a decision or for an owner."""
    query = select(func.count()).where(differences.c.practice == practice, differences.c.state.in_(OPEN))
    async with clinic_transaction(engine, practice) as connection:
        return await connection.scalar(query) or 0


async def load_difference(engine: AsyncEngine, practice: str, number: int) -> Difference:
    """Returns a difference in any state. Raises `NoSuchRecord`."""
    async with clinic_transaction(engine, practice) as connection:
        return await _load(connection, practice, number)


async def take_theirs(
    engine: AsyncEngine, practice: str, number: int, by: str, why: str | None, expected: Difference | None = None
) -> list[str]:
    """Takes the practice's value. A new name of a pet marks its open prescriptions, whose numbers are returned.

    Raises `RecordsError` if it was decided in the meantime, or if the values are not as `expected`.
    """
    async with clinic_transaction(engine, practice) as connection:
        difference = await lock_open(connection, practice, number, expected)
        marked: list[str] = []
        if (difference.kind, difference.field) == ("patient", "name"):
            marked = await write_pet_name(connection, practice, difference.id, str(difference.theirs["name"]), by, why)
        else:
            values = await typed(connection, difference.rule, difference.theirs)
            await write_value(connection, practice, difference.rule, difference.id, values, "staff", by, why)
        await _settle(connection, difference, "taken", by, why)
    return marked


async def keep_ours(
    engine: AsyncEngine,
    practice: str,
    number: int,
    by: str,
    why: str | None,
    expected: Difference | None = None,
    source: statements.Source = "staff",
) -> None:
    """Keeps our value. The practice's value does not come up again; another one does.

    Raises `RecordsError` if it was decided in the meantime, or if the values are not as `expected`.
    """
    async with clinic_transaction(engine, practice) as connection:
        difference = await lock_open(connection, practice, number, expected)
        value, ours = statements.Value(practice, difference.rule, difference.id), difference.ours
        await connection.execute(statements.insert_change(value, ours, ours, source, by, why))
        await _settle(connection, difference, "kept", by, why)


async def ask_owner(engine: AsyncEngine, practice: str, number: int, by: str, why: str | None = None) -> None:
    """Records that the owner is asked; the difference stays open. Raises `RecordsError`."""
    async with clinic_transaction(engine, practice) as connection:
        await lock_open(connection, practice, number)
        await connection.execute(statements.settle_difference(practice, number, "asked", by, why))


async def lock_difference(connection: AsyncConnection, practice: str, number: int) -> Difference:
    """Locks a difference and its record until the transaction ends. Raises `NoSuchRecord`."""
    # The record is locked before the difference, in the order of feeds and owners, or they might deadlock.
    difference = await _load(connection, practice, number)
    await lock_value(connection, practice, difference.rule, difference.id)
    query = select(differences.c.number).where(differences.c.practice == practice, differences.c.number == number)
    await connection.execute(query.with_for_update())
    return await _load(connection, practice, number)


async def lock_open(
    connection: AsyncConnection, practice: str, number: int, expected: Difference | None = None
) -> Difference:
    """Locks an open difference. Raises `RecordsError` if it is none, or if its values are not as `expected`."""
    difference = await lock_difference(connection, practice, number)
    if not difference.is_open:
        who = f" by {difference.by}" if difference.by else ""
        raise RecordsError(f"It does not wait any longer: it was settled{who} as '{difference.state}'.")
    if expected is not None and (difference.ours, difference.theirs) != (expected.ours, expected.theirs):
        raise RecordsError(
            f"{difference.name}'s {difference.rule.title} has changed since you looked; look at it again."
        )
    return difference


async def _load(connection: AsyncConnection, practice: str, number: int) -> Difference:
    row = (await connection.execute(_ONE, {"practice": practice, "number": number})).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no difference {number} in this clinic.")
    return Difference(**row)


async def _settle(connection: AsyncConnection, difference: Difference, state: State, by: str, why: str | None) -> None:
    """Settles a difference, as it was loaded before the decision."""
    before = {
        "ours": difference.ours,
        "state": difference.state,
        "by": difference.by,
        "at": difference.at.isoformat() if difference.at else None,
        "why": difference.why,
    }
    settled = statements.settle_difference(difference.practice, difference.number, state, by, why, before)
    await connection.execute(settled)


async def typed(connection: AsyncConnection, rule: Rule, values: dict[str, Any]) -> dict[str, Any]:
    """Returns a value in the columns' types: dates as dates."""
    columns = ", ".join(f"r.{name}" for name in rule.columns)
    query = text(f"SELECT {columns} FROM jsonb_populate_record(NULL::{rule.kind}s, CAST(:given AS jsonb)) r")  # noqa: S608
    row = (await connection.execute(query, {"given": json.dumps(values)})).mappings().one()
    return dict(row)


SELECT = """
    SELECT d.number, d.practice, d.kind, d.id, d.field, d.ours, d.theirs, d.first_seen, d.last_seen, d.state, d.by,
        d.at, d.why, d.before, coalesce(p.name, nullif(concat_ws(' ', c.given_name, c.surname), ''), d.id) AS name,
        coalesce(nullif(concat_ws(' ', o.given_name, o.surname), ''), p.client) AS owner
    FROM differences d
    LEFT JOIN clients c ON d.kind = 'client' AND c.practice = d.practice AND c.id = d.id
    LEFT JOIN patients p ON d.kind = 'patient' AND p.practice = d.practice AND p.id = d.id
    LEFT JOIN clients o ON o.practice = p.practice AND o.id = p.client
    WHERE d.practice = :practice
"""
_ONE = text(f"{SELECT} AND d.number = :number")
