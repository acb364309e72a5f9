"""How far the mailbox for returned mail has been read, and which worker reads it now.

A reader claims the mailbox for a while and renews that with everything it notes. All times are the database's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from store.columns import storable
from store.database import at_once
from store.mail.tables import bounce_mailboxes as mailboxes


@dataclass(frozen=True)
class Progress:
    """The messages from `next_uid` on have not been read, nor those `waiting` to be taken in again.

    `taken` counts the reports that were taken in. UIDs mean nothing once `uid_validity` changes.
    """

    uid_validity: int | None = None
    next_uid: int = 1
    waiting: tuple[int, ...] = ()
    taken: int = 0


@dataclass(frozen=True)
class Reading:
    """When the mailbox was last read to its end (None: never), and what was wrong at the last try."""

    read_at: datetime | None
    age: timedelta | None
    problem: str | None
    taken: int


async def claim(engine: AsyncEngine, name: str, duration: timedelta, *, after_problem: bool = False) -> Progress | None:
    """Claims a mailbox; returns None while it is another reader's, or was just read.

    `after_problem`: also during the pause after a problem, which somebody may have put right.
    """
    free_at = func.now() + duration
    free = mailboxes.c.free_at <= func.now()
    statement = insert(mailboxes).values(name=name, free_at=free_at)
    taken_over = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"free_at": free_at},
        where=or_(free, mailboxes.c.problem.is_not(None)) if after_problem else free,
    )
    columns = (mailboxes.c.uid_validity, mailboxes.c.next_uid, mailboxes.c.waiting, mailboxes.c.taken)
    async with at_once(engine) as connection:
        found = (await connection.execute(taken_over.returning(*columns))).first()
    return Progress(found[0], found[1], tuple(found[2]), found[3]) if found else None


async def save(engine: AsyncEngine, name: str, progress: Progress, duration: timedelta) -> None:
    """Notes how far the holder of the claim has come, and renews the claim."""
    await _change(engine, name, **asdict(progress), free_at=func.now() + duration)


async def finish(engine: AsyncEngine, name: str, pause: timedelta, problem: str | None = None) -> None:
    """Ends a reading. The next may begin after the pause; without a problem, the mailbox was read to its end."""
    result = {"problem": storable(problem)} if problem else {"problem": None, "read_at": func.now()}
    await _change(engine, name, **result, free_at=func.now() + pause)


async def last_reading(engine: AsyncEngine, name: str) -> Reading | None:
    """Returns what is known of the last reading; None if there was none."""
    columns = (mailboxes.c.read_at, func.now() - mailboxes.c.read_at, mailboxes.c.problem, mailboxes.c.taken)
    async with at_once(engine) as connection:
        found = (await connection.execute(select(*columns).where(mailboxes.c.name == name))).first()
    return Reading(*found) if found else None


async def _change(engine: AsyncEngine, name: str, **values: Any) -> None:
    async with at_once(engine) as connection:
        await connection.execute(update(mailboxes).where(mailboxes.c.name == name).values(values))
