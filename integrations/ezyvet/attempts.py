"""Writes to ezyVet that were begun and are not settled: recorded before each is sent, so that a process that dies while
it sends leaves a mark, and nothing is sent twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.tables import attempts
from store.database import at_once


@dataclass(frozen=True)
class Attempt:
    """A write that nobody knows the outcome of. `age` is the seconds since it was sent, `total` since the first one.

    `ended`: we stopped waiting for its answer; otherwise the process that sent it may have died. `timed_out`: ezyVet
    may still be carrying it out.
    """

    ended: bool
    timed_out: bool
    age: float
    total: float


async def find(engine: AsyncEngine, prescription: str) -> Attempt | None:
    """Returns the prescription's unsettled write, if there is one."""
    query = select(attempts.c.ended, attempts.c.timed_out, _age(attempts.c.sent_at), _age(attempts.c.first_at))
    mine = attempts.c.prescription == prescription, attempts.c.sent_at.is_not(None)
    async with at_once(engine) as connection:
        row = (await connection.execute(query.where(*mine))).first()
    return Attempt(row[0], row[1], float(row[2]), float(row[3])) if row else None


async def begin(engine: AsyncEngine, prescription: str) -> None:
    """Records that a write is about to be sent."""
    values = {"sent_at": func.clock_timestamp(), "ended": False, "timed_out": False}
    statement = insert(attempts).values(prescription=prescription, **values)
    async with at_once(engine) as connection:
        await connection.execute(statement.on_conflict_do_update(index_elements=["prescription"], set_=values))


async def end(engine: AsyncEngine, prescription: str, *, timed_out: bool) -> None:
    """Records that the write has come to an end without an answer that tells its outcome."""
    await _set(engine, prescription, ended=True, timed_out=timed_out)


async def clear(engine: AsyncEngine, prescription: str) -> None:
    """Records that the write was certainly not carried out; it may be sent again."""
    await _set(engine, prescription, sent_at=None)


async def settle(engine: AsyncEngine, prescription: str) -> None:
    """Records that the outcome is known for good."""
    async with at_once(engine) as connection:
        await connection.execute(delete(attempts).where(attempts.c.prescription == prescription))


async def _set(engine: AsyncEngine, prescription: str, **values: Any) -> None:
    async with at_once(engine) as connection:
        await connection.execute(update(attempts).where(attempts.c.prescription == prescription).values(**values))


def _age(moment: Column[Any]) -> ColumnElement[Any]:
    return func.extract("epoch", func.clock_timestamp() - moment)
