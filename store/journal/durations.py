"""How long onboardings took from the request to the end, as a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Float, Integer, extract, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.journal.tables import onboardings as table


@dataclass(frozen=True)
class Durations:
    """`days` gives how many took so many whole days; the rest are days as well, None if none is complete."""

    days: tuple[tuple[int, int], ...]
    median: float | None
    p90: float | None


async def durations(engine: AsyncEngine, *, playbook: str | None = None, since: datetime | None = None) -> Durations:
    """Of all that are complete, of one playbook, or of those started at `since` or later."""
    took = extract("epoch", table.c.closed_at - table.c.requested_at).cast(Float) / 86_400
    conditions = [table.c.status == "complete"]
    conditions += [table.c.playbook == playbook] if playbook is not None else []
    conditions += [table.c.started_at >= since] if since is not None else []
    day = func.floor(took).cast(Integer)
    counted = select(day, func.count()).where(*conditions).group_by(day).order_by(day)
    percentiles = select(func.percentile_cont(literal([0.5, 0.9], ARRAY(Float))).within_group(took)).where(*conditions)
    async with at_once(engine) as connection:
        days = tuple((each[0], each[1]) for each in await connection.execute(counted))
        median, p90 = (await connection.scalar(percentiles)) or (None, None)
    return Durations(days, median, p90)
