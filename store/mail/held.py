"""Held mails: those that wait for a person to send or drop them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, and_, literal_column, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.journal.tables import onboardings
from store.mail.tables import mails

# Worded as in the partial index, or PostgreSQL would not use it.
_HELD = literal_column("(mails.state = 'held')", Boolean)


@dataclass(frozen=True)
class HeldMail:
    """A held mail, with the practice's name and who is assigned to it."""

    key: str
    onboarding: str
    practice: str
    practice_name: str
    assignee: str | None
    kind: str
    role: str
    to_email: str | None
    created_at: datetime


async def held(engine: AsyncEngine, *, limit: int = 100, of: Collection[str] | None = None) -> list[HeldMail]:
    """Returns held mails, the oldest first; `of` limits them to practices with these IDs."""
    own = [mails.c[name] for name in ("key", "onboarding", "kind", "role", "to_email", "created_at")]
    theirs = [onboardings.c[name] for name in ("practice", "practice_name", "assignee")]
    same = and_(onboardings.c.id == mails.c.onboarding, onboardings.c.run == mails.c.run)
    query = select(*own, *theirs).join_from(mails, onboardings, same).where(_HELD)
    if of is not None:
        query = query.where(onboardings.c.practice.in_(of))
    async with at_once(engine) as connection:
        found = (await connection.execute(query.order_by(mails.c.created_at, mails.c.key).limit(limit))).mappings()
        return [HeldMail(**each) for each in found]
