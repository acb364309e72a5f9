"""Feeds as they arrive and end: numbered, kept until they are in, and never taken twice."""

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
from pharmacy.records import staged
from pharmacy.records.clinic import alone, clinic
from pharmacy.records.feed_tables import feed_parts, feeds
from pharmacy.records.tables import practices

PART = 1 << 20
SIZE_LIMIT = 500_000_000
"""Bytes that a feed may have as it is sent."""


class NoPractice(InvalidFeed):
    """Nobody knows this practice."""


class Overtaken(Exception):
    """Another worker has gone on with this feed in the meantime; what was not written yet is not needed."""


@dataclass(frozen=True)
class Arrival:
    """A feed by its number. `known`: the very same file had arrived before, and nothing was added."""

    practice: str
    number: int
    state: str
    known: bool


async def receive(
    engine: AsyncEngine, practice: str, path: Path, name: str, by: str, made_at: datetime | None = None
) -> Arrival:
    """Takes in the file at `path`, to be imported. The same file again is the same feed, unless it was refused.

    `made_at` is when the file was made, as far as its sender knows; what the feed itself says counts more. Raises
    `FeedProblem`.
    """
    size = (await asyncio.to_thread(path.stat)).st_size
    if size > SIZE_LIMIT:
        raise InvalidFeed(f"{name} is larger than {SIZE_LIMIT // 1_000_000} MB: send it packed as zip or gzip.")
    if not size:
        raise InvalidFeed(f"{name} is empty: look whether the export ran to its end.")
    if made_at is not None:
        made_at = made_at.astimezone(UTC)
    sha256 = await asyncio.to_thread(_hash, path)
    await know(engine, practice)
    async with clinic(engine, practice) as connection:
        # Two feeds that arrive at the same moment get two numbers, and the same one twice gets one.
        await alone(connection, f"feeds {practice}")
        same = select(feeds.c.number, feeds.c.state).where(
            feeds.c.practice == practice, feeds.c.sha256 == sha256, feeds.c.state != "refused"
        )
        if known := (await connection.execute(same)).first():
            return Arrival(practice, known.number, known.state, known=True)
        last = select(func.coalesce(func.max(feeds.c.number), 0)).where(feeds.c.practice == practice)
        number: int = (await connection.scalar(last) or 0) + 1
        await connection.execute(
            insert(feeds).values(
                practice=practice,
                number=number,
                # A name in a folder may be of bytes that are no letters.
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
            while content := await asyncio.to_thread(file.read, PART):
                await connection.execute(
                    insert(feed_parts).values(practice=practice, feed=number, part=part, content=content)
                )
                part += 1
    return Arrival(practice, number, "received", known=False)


async def enter_practice(engine: AsyncEngine, practice: str, name: str) -> None:
    """Enters a practice; one that is there stays as it is."""
    async with engine.begin() as connection:
        await connection.execute(upsert(practices).values(id=practice, name=name).on_conflict_do_nothing())


async def know(engine: AsyncEngine, practice: str) -> None:
    """Enters the practice if one of its onboardings is known. Raises `NoPractice` if there is no such practice."""
    entered = text(
        "INSERT INTO practices (id, name) SELECT practice, practice_name FROM onboardings WHERE practice = :practice "
        "ORDER BY started_at DESC LIMIT 1 ON CONFLICT (id) DO NOTHING"
    )
    async with engine.begin() as connection:
        if await connection.scalar(select(practices.c.id).where(practices.c.id == practice)) is None:
            done = await connection.execute(entered, {"practice": practice})
            if done.rowcount == 0 and not await connection.scalar(
                select(practices.c.id).where(practices.c.id == practice)
            ):
                raise NoPractice(f"There is no practice {practice[:80]}: start its onboarding, or correct the ID.")


@asynccontextmanager
async def on_disk(engine: AsyncEngine, practice: str, number: int) -> AsyncIterator[Path]:
    """The feed's file, for as long as the block runs."""
    with TemporaryDirectory(prefix="feed-") as folder:
        path = Path(folder) / "feed"
        await asyncio.to_thread(path.touch, 0o600)
        with path.open("wb") as file:
            async with clinic(engine, practice) as connection:
                query = (
                    select(feed_parts.c.content)
                    .where(feed_parts.c.practice == practice, feed_parts.c.feed == number)
                    .order_by(feed_parts.c.part)
                )
                async with connection.stream(query.execution_options(yield_per=4)) as parts:
                    async for content in parts.scalars():
                        await asyncio.to_thread(file.write, content)
        yield path


async def locked(connection: AsyncConnection, practice: str, number: int) -> Any:
    """The feed's row, held until the transaction ends: whoever works on the feed does so alone.

    Statements about all of a large feed may take longer than others.
    """
    await connection.execute(_PATIENTLY)
    query = select(feeds).where(feeds.c.practice == practice, feeds.c.number == number).with_for_update()
    return (await connection.execute(query)).one()


async def change(connection: AsyncConnection, practice: str, number: int, **values: Any) -> None:
    """Sets columns of the feed's row."""
    await connection.execute(
        update(feeds).where(feeds.c.practice == practice, feeds.c.number == number).values(**values)
    )


async def refuse(engine: AsyncEngine, practice: str, number: int, why: str, by: str | None = None) -> None:
    """Ends a feed of which nothing was applied, with the reason in a sentence."""
    async with clinic(engine, practice) as connection:
        if (await locked(connection, practice, number)).state in ("received", "reading", "asking"):
            told = {"decided_by": by, "decided_at": func.now(), "decided_why": why} if by else {"why": why}
            await change(connection, practice, number, state="refused", finished_at=func.now(), **told)
            await forget(connection, practice, number)


async def first_open(engine: AsyncEngine, practice: str) -> int | None:
    """The number of the practice's first feed that is not over."""
    query = select(func.min(feeds.c.number)).where(
        feeds.c.practice == practice, feeds.c.state.not_in(("done", "refused"))
    )
    async with clinic(engine, practice) as connection:
        number: int | None = await connection.scalar(query)
    return number


async def let_in(engine: AsyncEngine, practice: str, number: int, by: str, why: str) -> None:
    """A person lets in a feed that stopped and asked."""
    async with clinic(engine, practice) as connection:
        if (await locked(connection, practice, number)).state == "asking":
            decided = {"decided_by": by, "decided_at": func.now(), "decided_why": why}
            await change(connection, practice, number, state="applying", **decided)


async def forget(connection: AsyncConnection, practice: str, number: int) -> None:
    """Drops the file of a feed that is over, and what was staged of it."""
    await staged.drop(connection, practice, number)
    this = feed_parts.c.practice == practice, feed_parts.c.feed == number
    await connection.execute(delete(feed_parts).where(*this))


async def erase(connection: AsyncConnection, practice: str) -> None:
    """Deletes all of a practice's feeds."""
    for number in await connection.scalars(select(feeds.c.number).where(feeds.c.practice == practice)):
        await staged.drop(connection, practice, number)
    await connection.execute(delete(feeds).where(feeds.c.practice == practice))


_PATIENTLY = text("SET LOCAL statement_timeout = '10min'")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
