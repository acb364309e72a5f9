"""Prescriptions that need a person: those that cannot be sent without one, and those that one should look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.prescriptions.tables import prescriptions
from store.database import at_once


@dataclass(frozen=True)
class Needy:
    """A practice with prescriptions that need a person: how many, and since when."""

    practice: str
    count: int
    since: datetime


async def stuck(engine: AsyncEngine, practice: str | None = None) -> list[Needy]:
    """Returns the practices with prescriptions that cannot be sent without a person, or only this one."""
    return await _needy(engine, practice, prescriptions.c.ezyvet == "needs_person")


async def stuck_records(engine: AsyncEngine, practice: str) -> list[Any]:
    """Returns the records of the practice's prescriptions that cannot be sent without a person, the oldest first."""
    mine = prescriptions.c.practice == practice, prescriptions.c.ezyvet == "needs_person"
    query = select(prescriptions.c.record).where(*mine).order_by(prescriptions.c.created_at)
    async with at_once(engine) as connection:
        return list(await connection.scalars(query))


async def to_look_at(engine: AsyncEngine, practice: str | None = None) -> list[Needy]:
    """Returns the practices with prescriptions that a person should look at, or only this one."""
    return await _needy(engine, practice, prescriptions.c.to_look_at > 0)


async def records_to_look_at(engine: AsyncEngine, practice: str, limit: int) -> list[Any]:
    """Returns the records of the practice's prescriptions that a person should look at, the latest first."""
    mine = prescriptions.c.practice == practice, prescriptions.c.to_look_at > 0
    query = select(prescriptions.c.record).where(*mine).order_by(prescriptions.c.updated_at.desc())
    async with at_once(engine) as connection:
        return list(await connection.scalars(query.limit(limit)))


async def _needy(engine: AsyncEngine, practice: str | None, mine: ColumnElement[bool]) -> list[Needy]:
    query = select(
        prescriptions.c.practice, func.count().label("count"), func.min(prescriptions.c.updated_at).label("since")
    )
    query = query.where(mine if practice is None else mine & (prescriptions.c.practice == practice))
    async with at_once(engine) as connection:
        rows = await connection.execute(query.group_by(prescriptions.c.practice).order_by(prescriptions.c.practice))
        return [Needy(**row) for row in rows.mappings()]
