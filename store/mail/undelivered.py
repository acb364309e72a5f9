"""Undelivered mails, and on whom open onboardings wait."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Select, func, literal, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.states import Remedy
from store.database import at_once
from store.journal.tables import onboardings
from store.mail.tables import mails

# Worded as in the partial index, or PostgreSQL would not use it.
_DID_NOT_ARRIVE = literal_column("(mails.state IN ('failed', 'bounced', 'unknown'))", Boolean)


@dataclass(frozen=True)
class TroubledMail:
    """A mail of an open onboarding that was refused, came back, or may not have arrived."""

    key: str
    onboarding: str
    practice_name: str
    kind: str
    role: str
    to_email: str | None
    state: str
    error: str | None
    remedy: Remedy | None
    note: str | None
    created_at: datetime


async def waiting(engine: AsyncEngine) -> list[tuple[str, int]]:
    """Counts the open onboardings that wait on each party, largest first."""
    party = onboardings.c.waiting_on_title
    query = select(party, func.count()).where(onboardings.c.closed_at.is_(None), party.is_not(None)).group_by(party)
    async with at_once(engine) as connection:
        return [(name, count) for name, count in await connection.execute(query.order_by(func.count().desc(), party))]


async def troubled(engine: AsyncEngine, *, limit: int = 50, of: Collection[str] | None = None) -> list[TroubledMail]:
    """Returns undelivered mails of open onboardings that are the latest of their kind to their role, newest first.

    `of` limits them to onboardings with these IDs.
    """
    names = ("key", "onboarding", "kind", "role", "to_email", "state", "error", "remedy", "note", "created_at")
    query = _troubled(*(mails.c[name] for name in names), practice_if_open.label("practice_name"))
    if of is not None:
        query = query.where(mails.c.onboarding.in_(of))
    query = query.order_by(mails.c.created_at.desc(), mails.c.key.desc()).limit(limit)
    async with at_once(engine) as connection:
        return [TroubledMail(**row) for row in (await connection.execute(query)).mappings()]


async def troubled_count(engine: AsyncEngine) -> int:
    found = _troubled(mails.c.key).limit(100).subquery()
    async with at_once(engine) as connection:
        return await connection.scalar(select(func.count()).select_from(found)) or 0


_later = mails.alias("later")
_same = [_later.c[name] == mails.c[name] for name in ("onboarding", "run", "kind", "role")]
_is_later = tuple_(_later.c.created_at, _later.c.key) > tuple_(mails.c.created_at, mails.c.key)

practice_if_open = (
    select(onboardings.c.practice_name)
    .where(onboardings.c.id == mails.c.onboarding, onboardings.c.run == mails.c.run, onboardings.c.closed_at.is_(None))
    .scalar_subquery()
)
"""The name of the practice whose open onboarding a mail belongs to; NULL for others.

Looked up mail by mail and not joined, so that the newest are found without reading all the others."""

_latest = func.coalesce(select(literal(False)).where(*_same, _is_later).limit(1).scalar_subquery(), literal(True))


def _troubled(*columns: Any) -> Select[Any]:
    of_an_open_one = mails.c.onboarding.is_not(None), practice_if_open.is_not(None)
    return select(*columns).where(_DID_NOT_ARRIVE, *of_an_open_one, _latest)
