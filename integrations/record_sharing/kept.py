"""Keeps every request for record sharing, with its outcome and the reason (RS2). Nothing else writes their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.record_sharing.tables import RequestOutcome, sharing_requests
from store.accounts.audit import log
from store.database import at_once


@dataclass(frozen=True)
class KeptRequest:
    id: int
    at: datetime
    clinic: str | None
    clinics: tuple[str, ...]
    by: str
    outcome: RequestOutcome
    reason: str | None
    onboarding: str | None
    evidence: dict[str, Any] | None
    decided_by: str | None
    decided_at: datetime | None


_COLUMNS = [sharing_requests.c[each.name] for each in fields(KeptRequest)]


async def keep(
    engine: AsyncEngine,
    clinic: str | None,
    clinics: Sequence[str],
    by: str,
    outcome: RequestOutcome,
    *,
    reason: str | None = None,
    onboarding: str | None = None,
    message: bytes | None = None,
    evidence: dict[str, Any] | None = None,
) -> int:
    """Keeps a request and returns its number."""
    values: dict[str, Any] = {"clinic": clinic, "clinics": list(clinics), "by": by, "outcome": outcome}
    values |= {"reason": reason, "onboarding": onboarding, "message": message, "evidence": evidence}
    async with engine.begin() as connection:
        id: int = await connection.scalar(insert(sharing_requests).values(**values).returning(sharing_requests.c.id))
        what = {"accepted": "sharing requested", "refused": "sharing refused", "undecided": "sharing to be decided"}
        await log(connection, by, None, what[outcome], clinic=clinic, clinics=list(clinics), reason=reason)
    return id


async def decide(
    engine: AsyncEngine, id: int, by: str, outcome: RequestOutcome, reason: str | None, onboarding: str | None
) -> bool:
    """Records a person's decision about a request that was undecided. Returns whether it still was."""
    values = {"outcome": outcome, "reason": reason, "onboarding": onboarding}
    decided = (
        update(sharing_requests)
        .where(sharing_requests.c.id == id, sharing_requests.c.outcome == "undecided")
        .values(**values, decided_by=by, decided_at=func.now())
        .returning(sharing_requests.c.clinic)
    )
    async with engine.begin() as connection:
        found = (await connection.execute(decided)).first()
        if found:
            await log(connection, by, None, f"sharing {outcome}", request=id, reason=reason, clinic=found.clinic)
    return found is not None


async def used_before(engine: AsyncEngine, signatures: Sequence[str]) -> bool:
    """Whether a mail with one of these signatures was handed in already, whatever became of it."""
    kept = sharing_requests.c.evidence["signatures"]
    same = [kept.contains([{"value": each}]) for each in signatures]
    if not same:
        return False
    async with at_once(engine) as connection:
        return bool(await connection.scalar(select(exists().where(or_(*same)))))


async def list_requests(engine: AsyncEngine, clinic: str | None = None, limit: int = 50) -> list[KeptRequest]:
    """Returns the latest requests, newest first, of all clinics or of one."""
    query = select(*_COLUMNS).order_by(sharing_requests.c.id.desc()).limit(limit)
    if clinic is not None:
        query = query.where(sharing_requests.c.clinic == clinic)
    return await _all(engine, query)


async def undecided(engine: AsyncEngine, clinic: str | None = None) -> list[KeptRequest]:
    """Returns the requests that wait for a person's decision, oldest first."""
    query = select(*_COLUMNS).where(sharing_requests.c.outcome == "undecided").order_by(sharing_requests.c.id)
    return await _all(engine, query if clinic is None else query.where(sharing_requests.c.clinic == clinic))


async def _all(engine: AsyncEngine, query: Any) -> list[KeptRequest]:
    async with at_once(engine) as connection:
        rows = (await connection.execute(query)).mappings()
        return [KeptRequest(**{**row, "clinics": tuple(row["clinics"])}) for row in rows]
