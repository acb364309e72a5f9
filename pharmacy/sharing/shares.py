"""Which clinics share records, pair by pair. Nothing else writes their table, except tests.

While sharing is requested, a pair follows the facts of its onboarding (`follow`). Once enabled, each clinic sets its
mode, and either ends the sharing: new clients are no longer shared, while shared ones keep updating (RS3).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records.clinic import lock
from pharmacy.sharing.tables import ShareMode, ShareState, shares
from store.database import at_once

PENDING: tuple[ShareState, ...] = ("requested", "confirmed", "cooling_off")
"""The states of a pair whose request is open."""


@dataclass(frozen=True)
class Share:
    """How `clinic` shares with `other`. `mode` is of clients added at `clinic`; `since` is when the state began.

    `enabled_at` is when sharing was last enabled, also if it has ended since and is asked for anew.
    """

    clinic: str
    other: str
    state: ShareState
    mode: ShareMode
    onboarding: str
    since: datetime
    removed_because: str | None = None
    settled_by: str | None = None
    enabled_at: datetime | None = None

    @property
    def pending(self) -> bool:
        return self.state in PENDING

    @property
    def has_begun(self) -> bool:
        """Whether sharing was enabled at some time, so that clients may be shared."""
        return not self.pending or self.enabled_at is not None


@dataclass(frozen=True)
class Progress:
    """What an onboarding says of its pairs; `state` is None if it ended without sharing.

    `run` and `version` tell an older report from a newer one. The first of the `clinics` shares with each other one.
    """

    onboarding: str
    run: str
    version: int
    clinics: tuple[str, ...]
    state: ShareState | None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        first, *others = self.clinics
        return [pair for other in others for pair in ((first, other), (other, first))]


_COLUMNS = [shares.c[each.name] for each in fields(Share)]
_FORGOTTEN = {"removed_because": None, "settled_by": None}


async def lock_clinics(connection: AsyncConnection, clinics: Iterable[str]) -> None:
    """Keeps others from asking for sharing with these clinics until the transaction ends."""
    for clinic in sorted(set(clinics)):
        await lock(connection, f"sharing {clinic}")


async def follow(connection: AsyncConnection, progress: Progress) -> None:
    """Brings the pairs to where their onboarding is. Idempotent; an older report than the last changes nothing.

    What a request left that came to nothing is deleted, or is removed sharing again, as it was before.
    """
    await lock(connection, progress.onboarding)
    if progress.state is None or not progress.clinics:
        await _forget(connection, progress)
        return
    common = {name: getattr(progress, name) for name in ("onboarding", "run", "version", "state")}
    if progress.state == "enabled":
        common |= {"enabled_at": func.now(), "removed_at": None}
    row = insert(shares).values([{"clinic": clinic, "other": other, **common} for clinic, other in progress.pairs])
    since = case((shares.c.state == progress.state, shares.c.since), else_=func.now())
    changed = {**common, **_FORGOTTEN, "since": since}
    of_this_run = and_(shares.c.run == progress.run, shares.c.version < progress.version, shares.c.state.in_(PENDING))
    another_run = and_(shares.c.run.is_distinct_from(progress.run), shares.c.state == "removed")
    # Removed since by a clinic, or enabled already: nothing that is told later of this run changes that.
    await connection.execute(
        row.on_conflict_do_update(
            index_elements=["clinic", "other"],
            set_=changed,
            where=or_(of_this_run, another_run),
        )
    )


async def _forget(connection: AsyncConnection, progress: Progress) -> None:
    whose = shares.c.run == progress.run, shares.c.onboarding == progress.onboarding, shares.c.state.in_(PENDING)
    await connection.execute(delete(shares).where(*whose, shares.c.enabled_at.is_(None)))
    ended = {"state": "removed", "since": func.coalesce(shares.c.removed_at, func.now())}
    await connection.execute(update(shares).where(*whose).values(version=progress.version, **ended))


async def list_shares(engine: AsyncEngine, clinic: str) -> list[Share]:
    """Returns a clinic's pairs, by the other clinic."""
    async with at_once(engine) as connection:
        return await shares_of(connection, [clinic])


async def modes_towards(engine: AsyncEngine, clinic: str) -> dict[str, ShareMode]:
    """Returns how each other clinic shares the clients added there with this one."""
    query = select(shares.c.clinic, shares.c.mode).where(shares.c.other == clinic)
    async with at_once(engine) as connection:
        return {row.clinic: row.mode for row in await connection.execute(query)}


async def shares_of(connection: AsyncConnection, clinics: Collection[str]) -> list[Share]:
    query = select(*_COLUMNS).where(shares.c.clinic.in_(clinics)).order_by(shares.c.clinic, shares.c.other)
    return [Share(**row) for row in (await connection.execute(query)).mappings()]


async def find_share(connection: AsyncConnection, clinic: str, other: str) -> Share | None:
    query = select(*_COLUMNS).where(shares.c.clinic == clinic, shares.c.other == other)
    row = (await connection.execute(query)).mappings().first()
    return Share(**row) if row else None


async def set_mode(connection: AsyncConnection, clinic: str, other: str, mode: ShareMode) -> None:
    """Says whether clients added at `clinic` from now on appear at `other` at once (RS4)."""
    await connection.execute(update(shares).where(*_one(clinic, other)).values(mode=mode))


async def remove(connection: AsyncConnection, clinic: str, other: str, because: str | None = None) -> None:
    """Ends sharing between two clinics: new clients stay where they are added (RS3)."""
    both = or_(and_(*_one(clinic, other)), and_(*_one(other, clinic)))
    ended = {"state": "removed", "removed_because": because, "since": func.now(), "removed_at": func.now()}
    await connection.execute(update(shares).where(both, shares.c.state == "enabled").values({**_FORGOTTEN, **ended}))


async def unsettled(engine: AsyncEngine, of: str | None = None) -> Sequence[Share]:
    """Returns the pairs that the pharmacy removed and nobody of the team has looked at, each once."""
    query = select(*_COLUMNS).where(shares.c.removed_because.is_not(None), shares.c.settled_by.is_(None))
    query = query.where(shares.c.clinic < shares.c.other) if of is None else query.where(shares.c.clinic == of)
    async with at_once(engine) as connection:
        return [Share(**row) for row in (await connection.execute(query.order_by(shares.c.since))).mappings()]


async def settle(connection: AsyncConnection, clinic: str, other: str, by: str) -> None:
    """Records that a person of the team has looked at a pair that the pharmacy removed."""
    both = or_(and_(*_one(clinic, other)), and_(*_one(other, clinic)))
    await connection.execute(update(shares).where(both).values(settled_by=by))


def _one(clinic: str, other: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return shares.c.clinic == clinic, shares.c.other == other
