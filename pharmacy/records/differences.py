"""Differences between what a practice says and what we have, and what people decide about them (DP13)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records import statements
from pharmacy.records.clinic import clinic
from pharmacy.records.editing import held, renamed, written
from pharmacy.records.feed_tables import differences
from pharmacy.records.json_values import in_words
from pharmacy.records.problem import NoSuchRecord, RecordsProblem
from pharmacy.records.rules import Kind, Rule, rule

State = Literal["open", "asked", "kept", "taken", "gone"]
OPEN = ("open", "asked")


@dataclass(frozen=True)
class Difference:
    """A value that the practice tells otherwise. `whose` is the client's or the pet's name as we have it.

    `first_seen` and `last_seen` are when the feeds were made that said so. `by`, `at` and `why` tell who decided.
    """

    number: int
    practice: str
    kind: Kind
    id: str
    field: str
    whose: str
    ours: dict[str, Any]
    theirs: dict[str, Any]
    first_seen: datetime
    last_seen: datetime
    state: State
    by: str | None
    at: datetime | None
    why: str | None

    @property
    def rule(self) -> Rule:
        return rule(self.kind, self.field)

    @property
    def ours_in_words(self) -> str:
        return in_words(self.field, self.ours)

    @property
    def theirs_in_words(self) -> str:
        return in_words(self.field, self.theirs)


async def count_waiting(engine: AsyncEngine, practice: str) -> int:
    """How many wait for a decision, or for an owner."""
    query = select(func.count()).where(differences.c.practice == practice, differences.c.state.in_(OPEN))
    async with clinic(engine, practice) as connection:
        return await connection.scalar(query) or 0


async def find(engine: AsyncEngine, practice: str, number: int) -> Difference:
    """One difference, in whatever state. Raises `NoSuchRecord`."""
    async with clinic(engine, practice) as connection:
        return await _find(connection, practice, number)


async def take_theirs(
    engine: AsyncEngine, practice: str, number: int, by: str, why: str, seen: Difference | None = None
) -> list[int]:
    """Takes what the practice says. A pet's other name marks its open prescriptions, whose numbers are returned.

    Raises `RecordsProblem` if there is no reason, if it was decided in the meantime, or is not what was `seen`.
    """
    if not why.strip():
        raise RecordsProblem("Say why: the reason stays on record.")
    async with clinic(engine, practice) as connection:
        found = await _open(connection, practice, number, seen)
        marked: list[int] = []
        if (found.kind, found.field) == ("patient", "name"):
            marked = await renamed(connection, practice, found.id, str(found.theirs["name"]), by, why)
        else:
            told = await _typed(connection, found)
            await written(connection, practice, found.rule, found.id, told, "staff", by, why)
        await _settle(connection, found, "taken", by, why)
    return marked


async def keep_ours(
    engine: AsyncEngine,
    practice: str,
    number: int,
    by: str,
    why: str,
    seen: Difference | None = None,
    source: statements.Source = "staff",
) -> None:
    """Keeps what we have. The same from the practice does not come up again; something new does.

    Raises `RecordsProblem` if there is no reason, if it was decided in the meantime, or is not what was `seen`.
    """
    if not why.strip():
        raise RecordsProblem("Say why: the reason stays on record.")
    async with clinic(engine, practice) as connection:
        found = await _open(connection, practice, number, seen)
        value = statements.Value(practice, found.rule, found.id)
        await connection.execute(statements.record_change(value, found.ours, found.ours, source, by, why))
        await _settle(connection, found, "kept", by, why)


async def ask_owner(engine: AsyncEngine, practice: str, number: int, by: str, why: str = "") -> None:
    """Notes that the owner is asked; it stays in the list until somebody decides. Raises `RecordsProblem`."""
    async with clinic(engine, practice) as connection:
        await _settle(connection, await _open(connection, practice, number), "asked", by, why or None)


async def _open(connection: AsyncConnection, practice: str, number: int, seen: Difference | None = None) -> Difference:
    # The record before the difference, as feeds and owners hold them: else each waits for the other.
    about = await _find(connection, practice, number)
    await held(connection, practice, about.rule, about.id)
    this = select(differences.c.number).where(differences.c.practice == practice, differences.c.number == number)
    await connection.execute(this.with_for_update())
    found = await _find(connection, practice, number)
    if found.state not in OPEN:
        who = f" by {found.by}" if found.by else ""
        raise RecordsProblem(f"It does not wait any longer: it was settled{who} as '{found.state}'.")
    if seen is not None and (found.ours, found.theirs) != (seen.ours, seen.theirs):
        raise RecordsProblem(f"{found.whose}'s {found.rule.title} has changed since you looked; look at it again.")
    return found


async def _find(connection: AsyncConnection, practice: str, number: int) -> Difference:
    found = (await connection.execute(_ONE, {"practice": practice, "number": number})).mappings().first()
    if found is None:
        raise NoSuchRecord(f"There is no difference {number} in this clinic.")
    return Difference(**found)


async def _settle(connection: AsyncConnection, found: Difference, state: State, by: str, why: str | None) -> None:
    await connection.execute(statements.settle_one(found.practice, found.number, state, by, why))


async def _typed(connection: AsyncConnection, found: Difference) -> dict[str, Any]:
    """The practice's value as the columns take it: days as days."""
    table = f"{found.kind}s"
    columns = ", ".join(f"r.{name}" for name in found.rule.columns)
    query = text(f"SELECT {columns} FROM jsonb_populate_record(NULL::{table}, CAST(:theirs AS jsonb)) r")  # noqa: S608
    row = (await connection.execute(query, {"theirs": json.dumps(found.theirs)})).mappings().one()
    return dict(row)


SELECT = """
    SELECT d.number, d.practice, d.kind, d.id, d.field, d.ours, d.theirs, d.first_seen, d.last_seen, d.state, d.by,
        d.at, d.why, coalesce(p.name, nullif(concat_ws(' ', c.given_name, c.surname), ''), d.id) AS whose
    FROM differences d
    LEFT JOIN clients c ON d.kind = 'client' AND c.practice = d.practice AND c.id = d.id
    LEFT JOIN patients p ON d.kind = 'patient' AND p.practice = d.practice AND p.id = d.id
    WHERE d.practice = :practice
"""
_ONE = text(f"{SELECT} AND d.number = :number")
