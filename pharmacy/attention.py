"""What needs a person: who is waited on, and the mails that did not arrive."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.database import at_once
from pharmacy.tables import mails, onboardings


@dataclass(frozen=True)
class TroubledMail:
    """A mail of an open onboarding that was refused, came back, or may not have arrived."""

    key: str
    onboarding: str
    practice_name: str
    kind: str
    to_email: str | None
    state: str
    error: str | None


async def waiting(engine: AsyncEngine) -> list[tuple[str, int]]:
    """How many open onboardings wait on each party, the most first."""
    party = onboardings.c.waiting_on_title
    query = select(party, func.count()).where(onboardings.c.closed_at.is_(None), party.is_not(None)).group_by(party)
    async with at_once(engine) as connection:
        return [(name, count) for name, count in await connection.execute(query.order_by(func.count().desc(), party))]


async def troubled(engine: AsyncEngine, *, limit: int = 50) -> list[TroubledMail]:
    """The latest mail of its kind to its reader did not arrive, and the onboarding is still open."""
    latest = (
        select(
            mails.c.key, mails.c.onboarding, mails.c.run, mails.c.kind, mails.c.to_email, mails.c.state, mails.c.error
        )
        .ext(distinct_on(mails.c.onboarding, mails.c.run, mails.c.kind, mails.c.role))
        .join(onboardings, (onboardings.c.id == mails.c.onboarding) & (onboardings.c.run == mails.c.run))
        .where(onboardings.c.closed_at.is_(None))
        .order_by(mails.c.onboarding, mails.c.run, mails.c.kind, mails.c.role, mails.c.created_at.desc())
        .add_columns(onboardings.c.practice_name)
        .subquery()
    )
    names = ("key", "onboarding", "practice_name", "kind", "to_email", "state", "error")
    query = select(*(latest.c[name] for name in names)).where(latest.c.state.in_(("failed", "bounced", "unknown")))
    async with at_once(engine) as connection:
        return [TroubledMail(**row) for row in (await connection.execute(query.limit(limit))).mappings()]
