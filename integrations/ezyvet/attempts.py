"""The last write to ezyVet of each prescription: recorded before it is sent, so that a process that dies while it sends
leaves a mark, and kept once its outcome is known, which may not be recorded elsewhere yet. Nothing is sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.tables import AttemptState, attempts
from store.database import at_once

IN_DOUBT = ("sent", "ended", "timed_out")
SAME_DOUBT = timedelta(minutes=2)
"""A write that was not done, and is sent again so soon, still belongs to the first one."""


@dataclass(frozen=True)
class Attempt:
    """A write, by when the prescription's workflow asked for it. See `tables.attempts`.

    `age` is the seconds since it was sent, `total` since the first one that was not done.
    """

    asked_at: datetime
    state: AttemptState
    animal: int | None
    uid: str | None
    age: float
    total: float

    @property
    def in_doubt(self) -> bool:
        return self.state in IN_DOUBT


async def find(engine: AsyncEngine, prescription: str) -> Attempt | None:
    """Returns the prescription's last write, if there is one."""
    return (await find_all(engine, [prescription])).get(prescription)


async def find_all(engine: AsyncEngine, prescriptions: Sequence[str]) -> dict[str, Attempt]:
    """Returns the last write of each of these prescriptions."""
    fields = (attempts.c[name] for name in ("prescription", "asked_at", "state", "animal", "uid"))
    query = select(*fields, _age(attempts.c.sent_at), _age(attempts.c.first_at))
    async with at_once(engine) as connection:
        rows = await connection.execute(query.where(attempts.c.prescription.in_(prescriptions)))
        return {row[0]: Attempt(*row[1:5], float(row[5]), float(row[6])) for row in rows}


async def begin(engine: AsyncEngine, prescription: str, asked_at: datetime, animal: int | None = None) -> bool:
    """Records that a write is about to be sent. False if it must not be: it was begun, withdrawn or followed.

    So a process that was stopped for a while does not send what another one has sent meanwhile.
    """
    now = func.clock_timestamp()
    values: dict[str, Any] = {"asked_at": asked_at, "state": "sent", "sent_at": now}
    goes_on = and_(attempts.c.state == "not_done", attempts.c.sent_at > now - SAME_DOUBT)
    changed = {
        **values,
        "first_at": case((goes_on, attempts.c.first_at), else_=now),
        "animal": func.coalesce(animal, attempts.c.animal),
    }
    return await _enter(engine, {"prescription": prescription, "animal": animal, **values}, changed)


async def withdraw(engine: AsyncEngine, prescription: str, asked_at: datetime) -> bool:
    """Has a write never sent; False if it was begun."""
    values = {"asked_at": asked_at, "state": "withdrawn"}
    return await _enter(engine, {"prescription": prescription, **values}, values)


async def settle(
    engine: AsyncEngine, prescription: str, asked_at: datetime, state: AttemptState, uid: str | None = None
) -> None:
    """Records what became of a write."""
    mine = attempts.c.prescription == prescription, attempts.c.asked_at == asked_at
    async with at_once(engine) as connection:
        await connection.execute(update(attempts).where(*mine).values(state=state, uid=uid))


async def _enter(engine: AsyncEngine, values: dict[str, Any], changed: dict[str, Any]) -> bool:
    asked_at = values["asked_at"]
    again = and_(attempts.c.asked_at == asked_at, attempts.c.state == "not_done")
    statement = (
        insert(attempts)
        .values(values)
        .on_conflict_do_update(
            index_elements=["prescription"], set_=changed, where=or_(attempts.c.asked_at < asked_at, again)
        )
    )
    async with at_once(engine) as connection:
        return (await connection.execute(statement.returning(attempts.c.state))).first() is not None


def _age(moment: Column[Any]) -> ColumnElement[Any]:
    return func.extract("epoch", func.clock_timestamp() - moment)
