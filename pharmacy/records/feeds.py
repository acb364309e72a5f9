"""Receives and ends feeds: each has a number, is stored until it is imported, and is never imported twice."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.reader import refuse_no_table
from pharmacy.records import staged
from pharmacy.records.clinic import clinic_transaction, lock
from pharmacy.records.feed_tables import feed_parts, feeds
from pharmacy.records.tables import practices

PART_BYTES = 1 << 20
SIZE_LIMIT = 500_000_000
"""Bytes that a feed may have as it is sent."""


class UnknownPractice(InvalidFeed):
    """There is no practice of this ID."""


class ImportTakenOver(Exception):
    """Another worker has continued this feed in the meantime; stop, without writing anything more."""


@dataclass(frozen=True)
class ReceivedFeed:
    """A received feed. `is_duplicate`: the same file was received before, and nothing was added.

    `waits_for` is an earlier feed that waits for a person, and this one behind it.
    """

    practice: str
    number: int
    state: str
    is_duplicate: bool
    waits_for: int | None = None


async def receive_feed(
    engine: AsyncEngine, practice: str, path: Path, name: str, by: str, made_at: datetime | None = None
) -> ReceivedFeed:
    """Stores the file at `path` for import. The same file again is the same feed, unless it was refused.

    `made_at` is when the file was made, as far as its sender knows; what the feed itself says takes precedence. Raises
    `InvalidFeed`.
    """
    size = (await asyncio.to_thread(path.stat)).st_size
    if size > SIZE_LIMIT:
        raise InvalidFeed(f"{name} is larger than {SIZE_LIMIT // 1_000_000} MB: send it packed as zip or gzip.")
    if not size:
        raise InvalidFeed(f"{name} is empty: look whether the export ran to its end.")
    await asyncio.to_thread(refuse_no_table, path, name)
    if made_at is not None:
        made_at = made_at.astimezone(UTC)
    sha256 = await asyncio.to_thread(_hash, path)
    await ensure_practice(engine, practice)
    async with clinic_transaction(engine, practice) as connection:
        # Two feeds at the same time get two numbers, and the same one twice gets one.
        await lock(connection, f"feeds {practice}")
        same = select(feeds.c.number, feeds.c.state).where(
            feeds.c.practice == practice, feeds.c.sha256 == sha256, feeds.c.state != "refused"
        )
        if existing := (await connection.execute(same)).first():
            asking = await _first_asking(connection, practice, existing.number)
            return ReceivedFeed(practice, existing.number, existing.state, is_duplicate=True, waits_for=asking)
        last = select(func.coalesce(func.max(feeds.c.number), 0)).where(feeds.c.practice == practice)
        number: int = (await connection.scalar(last) or 0) + 1
        await connection.execute(
            insert(feeds).values(
                practice=practice,
                number=number,
                # A file name may have bytes that are no text.
                name=name[-200:].encode(errors="replace").decode(),
                made_at=made_at,
                sha256=sha256,
                size=size,
                state="received",
                by=by,
            )
        )
        with path.open("rb") as file:
            part = 0
            while content := await asyncio.to_thread(file.read, PART_BYTES):
                await connection.execute(
                    insert(feed_parts).values(practice=practice, feed=number, part=part, content=content)
                )
                part += 1
        asking = await _first_asking(connection, practice, number)
    return ReceivedFeed(practice, number, "received", is_duplicate=False, waits_for=asking)


async def _first_asking(connection: AsyncConnection, practice: str, before: int) -> int | None:
    query = select(func.min(feeds.c.number)).where(
        feeds.c.practice == practice, feeds.c.state == "asking", feeds.c.number < before
    )
    number: int | None = await connection.scalar(query)
    return number


async def add_practice(engine: AsyncEngine, practice: str, name: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(upsert(practices).values(id=practice, name=name).on_conflict_do_nothing())


async def rename_practice(engine: AsyncEngine, practice: str, name: str) -> None:
    """Corrects the practice's name, if it is there."""
    async with engine.begin() as connection:
        await connection.execute(update(practices).where(practices.c.id == practice).values(name=name))


async def ensure_practice(engine: AsyncEngine, practice: str) -> None:
    """Adds the practice if it has an onboarding. Raises `UnknownPractice` if there is no such practice."""
    add = text(
        "INSERT INTO practices (id, name) SELECT practice, practice_name FROM onboardings WHERE practice = :practice "
        "ORDER BY started_at DESC LIMIT 1 ON CONFLICT (id) DO NOTHING"
    )
    async with engine.begin() as connection:
        if await connection.scalar(select(practices.c.id).where(practices.c.id == practice)) is None:
            added = await connection.execute(add, {"practice": practice})
            if added.rowcount == 0 and not await connection.scalar(
                select(practices.c.id).where(practices.c.id == practice)
            ):
                raise UnknownPractice(f"There is no practice {practice[:80]}: start its onboarding, or correct the ID.")


@asynccontextmanager
async def feed_file(engine: AsyncEngine, practice: str, number: int) -> AsyncIterator[Path]:
    """Writes the feed's file to disk for the duration of the block."""
    with TemporaryDirectory(prefix="feed-") as folder:
        path = Path(folder) / "feed"
        await asyncio.to_thread(path.touch, 0o600)
        with path.open("wb") as file:
            async with clinic_transaction(engine, practice) as connection:
                query = (
                    select(feed_parts.c.content)
                    .where(feed_parts.c.practice == practice, feed_parts.c.feed == number)
                    .order_by(feed_parts.c.part)
                )
                async with connection.stream(query.execution_options(yield_per=4)) as parts:
                    async for content in parts.scalars():
                        await asyncio.to_thread(file.write, content)
        yield path


async def lock_feed(connection: AsyncConnection, practice: str, number: int) -> Any:
    """Locks the feed's row until the transaction ends, so that only one worker changes the feed; returns the row.

    Sets the longer timeout as well.
    """
    await allow_long_statements(connection)
    query = select(feeds).where(feeds.c.practice == practice, feeds.c.number == number).with_for_update()
    return (await connection.execute(query)).one()


async def allow_long_statements(connection: AsyncConnection) -> None:
    """Sets a longer timeout until the transaction ends, since statements may cover all of a large feed."""
    await connection.execute(_LONG_TIMEOUT)


async def update_feed(connection: AsyncConnection, practice: str, number: int, **values: Any) -> None:
    await connection.execute(
        update(feeds).where(feeds.c.practice == practice, feeds.c.number == number).values(**values)
    )


async def refuse_feed(engine: AsyncEngine, practice: str, number: int, why: str, by: str | None = None) -> None:
    """Refuses a feed of which nothing was applied; `why` is a sentence. `by` is the person who decided, if any."""
    async with clinic_transaction(engine, practice) as connection:
        if (await lock_feed(connection, practice, number)).state in ("received", "reading", "asking"):
            values = {"decided_by": by, "decided_at": func.now(), "decided_why": why} if by else {"why": why}
            await update_feed(connection, practice, number, state="refused", finished_at=func.now(), **values)
            await delete_content(connection, practice, number)


async def first_unfinished(engine: AsyncEngine, practice: str) -> int | None:
    """Returns the number of the practice's first feed that is neither done nor refused."""
    query = select(func.min(feeds.c.number)).where(
        feeds.c.practice == practice, feeds.c.state.not_in(("done", "refused"))
    )
    async with clinic_transaction(engine, practice) as connection:
        number: int | None = await connection.scalar(query)
    return number


async def approve_feed(engine: AsyncEngine, practice: str, number: int, by: str, why: str) -> None:
    """Approves a feed that stopped and asked a person."""
    async with clinic_transaction(engine, practice) as connection:
        if (await lock_feed(connection, practice, number)).state == "asking":
            values = {"decided_by": by, "decided_at": func.now(), "decided_why": why}
            await update_feed(connection, practice, number, state="applying", **values)


async def delete_content(connection: AsyncConnection, practice: str, number: int) -> None:
    """Deletes the file of a finished feed, and its staged rows."""
    await staged.delete_staged(connection, practice, number)
    this = feed_parts.c.practice == practice, feed_parts.c.feed == number
    await connection.execute(delete(feed_parts).where(*this))


async def erase(connection: AsyncConnection, practice: str) -> None:
    for number in await connection.scalars(select(feeds.c.number).where(feeds.c.practice == practice)):
        await staged.delete_staged(connection, practice, number)
    await connection.execute(delete(feeds).where(feeds.c.practice == practice))


_LONG_TIMEOUT = text("SET LOCAL statement_timeout = '10min'")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
