"""Hand-overs: who gave which onboardings to whom, in one act that can be taken back as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.journal.tables import hand_overs, onboardings


@dataclass(frozen=True)
class HandOver:
    """`before` are the onboardings' IDs, each with its assignee before, if it had one."""

    id: str
    by: str
    receiver: str
    why: str
    at: datetime
    before: Mapping[str, str | None]
    undone_by: str | None
    undone_at: datetime | None


async def add(
    engine: AsyncEngine, id: str, *, by: str, receiver: str, why: str, before: Mapping[str, str | None]
) -> HandOver:
    """Stores a hand-over, or adds onboardings to the one with this ID; one that it has already stays as it is."""
    new = insert(hand_overs).values(id=id, by=by, receiver=receiver, why=why, before=dict(before))
    merged = new.on_conflict_do_update(
        index_elements=["id"], set_={"before": new.excluded.before.op("||")(hand_overs.c.before)}
    )
    async with at_once(engine) as connection:
        return _of((await connection.execute(merged.returning(hand_overs))).mappings().one())


async def find(engine: AsyncEngine, id: str) -> HandOver | None:
    async with at_once(engine) as connection:
        row = (await connection.execute(select(hand_overs).where(hand_overs.c.id == id))).mappings().first()
    return _of(row) if row else None


async def last_of(engine: AsyncEngine, onboarding: str, receiver: str) -> HandOver | None:
    """Returns the latest hand-over of an onboarding to this receiver that was not taken back."""
    query = select(hand_overs).where(
        hand_overs.c.before.op("?")(literal(onboarding)),
        hand_overs.c.receiver == receiver,
        hand_overs.c.undone_at.is_(None),
    )
    async with at_once(engine) as connection:
        row = (await connection.execute(query.order_by(hand_overs.c.at.desc()).limit(1))).mappings().first()
    return _of(row) if row else None


async def standing(engine: AsyncEngine, by: str) -> list[HandOver]:
    """Returns somebody's hand-overs of which something can be taken back, the latest first.

    That is what is open, and still with its receiver.
    """
    still_there = exists().where(
        onboardings.c.closed_at.is_(None),
        onboardings.c.assignee == hand_overs.c.receiver,
        hand_overs.c.before.op("?")(onboardings.c.id),
    )
    query = select(hand_overs).where(hand_overs.c.by == by, hand_overs.c.undone_at.is_(None), still_there)
    async with at_once(engine) as connection:
        return [_of(row) for row in (await connection.execute(query.order_by(hand_overs.c.at.desc()))).mappings()]


async def mark_undone(engine: AsyncEngine, id: str, by: str) -> None:
    changed = update(hand_overs).where(hand_overs.c.id == id, hand_overs.c.undone_at.is_(None))
    async with at_once(engine) as connection:
        await connection.execute(changed.values(undone_by=by, undone_at=func.now()))


def _of(row: Any) -> HandOver:
    return HandOver(**row)
