"""Keeps every request for record sharing, with its outcome and the reason (RS2). Nothing else writes their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from integrations.record_sharing.tables import RequestOutcome, sharing_requests
from store.accounts.audit import log
from store.database import at_once

LISTED = 50


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

    @property
    def may_ask(self) -> tuple[str, ...]:
        """The clinics of which one asks."""
        return (self.clinic,) if self.clinic else tuple((self.evidence or {}).get("may_ask", ()))


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


async def lock_undecided(connection: AsyncConnection, id: int) -> KeptRequest | None:
    """Returns a request that waits for a decision, and keeps others from deciding until the transaction ends."""
    query = select(*_COLUMNS).where(sharing_requests.c.id == id, sharing_requests.c.outcome == "undecided")
    row = (await connection.execute(query.with_for_update())).mappings().first()
    return _kept(row) if row else None


async def decide(
    connection: AsyncConnection, id: int, by: str, outcome: RequestOutcome, reason: str, **values: Any
) -> None:
    """Records a person's decision; `values` are what became known by it."""
    decided = {"outcome": outcome, "reason": reason, "decided_by": by, "decided_at": func.now(), **values}
    await connection.execute(update(sharing_requests).where(sharing_requests.c.id == id).values(**decided))
    await log(connection, by, None, f"sharing {outcome}", request=id, reason=reason, clinic=values.get("clinic"))


async def handed_in_before(engine: AsyncEngine, identity: str) -> bool:
    """Whether this mail was handed in already. One that somebody has forged in its name does not count."""
    same = sharing_requests.c.evidence["identity"].astext == identity
    genuine = or_(sharing_requests.c.evidence["outcome"].astext == "shown", sharing_requests.c.outcome != "refused")
    async with at_once(engine) as connection:
        return bool(await connection.scalar(select(exists().where(same, genuine))))


async def load_request(engine: AsyncEngine, id: int) -> tuple[KeptRequest, bytes | None] | None:
    """Returns a request and the message as it came, if it was one."""
    query = select(*_COLUMNS, sharing_requests.c.message).where(sharing_requests.c.id == id)
    async with at_once(engine) as connection:
        row = (await connection.execute(query)).mappings().first()
    return (_kept(row), row["message"]) if row else None


async def list_requests(engine: AsyncEngine, clinic: str | None = None) -> list[KeptRequest]:
    """Returns the latest `LISTED` requests, newest first, of all clinics or of one."""
    query = select(*_COLUMNS).order_by(sharing_requests.c.id.desc()).limit(LISTED)
    return await _all(engine, query, clinic)


async def undecided(engine: AsyncEngine, clinic: str | None = None) -> list[KeptRequest]:
    """Returns the requests that wait for a person's decision, oldest first."""
    query = select(*_COLUMNS).where(sharing_requests.c.outcome == "undecided").order_by(sharing_requests.c.id)
    return await _all(engine, query, clinic)


async def _all(engine: AsyncEngine, query: Any, clinic: str | None) -> list[KeptRequest]:
    if clinic is not None:
        maybe = sharing_requests.c.evidence["may_ask"].contains([clinic])
        query = query.where(or_(sharing_requests.c.clinic == clinic, maybe & sharing_requests.c.clinic.is_(None)))
    async with at_once(engine) as connection:
        return [_kept(row) for row in (await connection.execute(query)).mappings()]


def _kept(row: RowMapping) -> KeptRequest:
    values = {each.name: row[each.name] for each in fields(KeptRequest)}
    return KeptRequest(**{**values, "clinics": tuple(row["clinics"])})
