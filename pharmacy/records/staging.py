"""Stages the new and changed rows of a feed.

The feed is read in chunks, each stored in one transaction with the number of rows read. After an interruption the feed
is read from the start again, and the rows already staged are skipped. Unchanged rows are only counted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.reader import Feed, open_feed
from pharmacy.feeds.rows import Rejection, Row
from pharmacy.records import staged
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.feed_tables import feeds
from pharmacy.records.feeds import ImportTakenOver, feed_file, lock_feed, update_feed

CHUNK_ROWS = 10_000
CHUNK_SECONDS = 2.0
"""After which a chunk ends, so that feeds of others get their turn."""
READING_SECONDS = 1800.0
"""Processor time that a feed may take to read; one of two million rows takes a minute."""

_reader = ThreadPoolExecutor(1, "feed-reader")
"""Feeds are read by one thread, in turns: together they take no more than one processor from all other work."""
T = TypeVar("T")

Heartbeat = Callable[..., None]
"""Reports progress: the step, the rows done, and the rows in all."""

MAX_CLOCK_SKEW = timedelta(days=1)
"""By how much a sender's clock may be ahead."""


async def stage_feed(
    engine: AsyncEngine, practice: str, number: int, heartbeat: Heartbeat, chunk_rows: int = CHUNK_ROWS
) -> None:
    """Reads and stages the feed to its end. Raises `InvalidFeed` if it cannot be imported as a whole."""
    async with clinic_transaction(engine, practice) as connection:
        row = await lock_feed(connection, practice, number)
    if row.state not in ("received", "reading"):
        return
    heartbeat("reading", row.rows_read, row.rows_total)
    async with feed_file(engine, practice, number) as path:
        feed = await _in_turn(open_feed, path, row.name)
        made_at = feed.made_at or row.made_at or row.received_at
        if made_at > row.received_at + MAX_CLOCK_SKEW:
            # With this date, all later feeds would be refused as older.
            feed.notes.append(
                f"It says that it was made at {made_at:%Y-%m-%d %H:%M} UTC, which is still to come: look at its clock."
            )
            made_at = row.received_at
        await _start(engine, practice, number, feed, made_at)
        rows = _Rows(feed.rows(made_at.date()))
        done = 0
        while done < row.rows_read:
            done += len(await _in_turn(rows.next, min(chunk_rows, row.rows_read - done)))
            heartbeat("reading", done, feed.estimated_rows)
        chunk = await _in_turn(rows.next, chunk_rows)
        while chunk:
            # The next chunk is read while PostgreSQL stores this one.
            reading = asyncio.create_task(_in_turn(rows.next, chunk_rows))
            try:
                await _stage_chunk(engine, practice, number, chunk, done)
            finally:
                next_chunk = await reading
            done += len(chunk)
            heartbeat("reading", done, feed.estimated_rows)
            chunk = next_chunk
    async with clinic_transaction(engine, practice) as connection:
        # What a person must be asked is asked once the whole feed was looked at.
        why = " ".join(feed.damage.questions()) or None
        if (await lock_feed(connection, practice, number)).state == "reading":
            await update_feed(connection, practice, number, notes=feed.report, why=why)
    async with engine.begin() as connection:
        # Otherwise PostgreSQL plans as if these tables were empty.
        await connection.execute(text("ANALYZE staged_clients, staged_patients"))


async def _start(engine: AsyncEngine, practice: str, number: int, feed: Feed, made_at: Any) -> None:
    if feed.practice not in (None, practice):
        raise InvalidFeed(f"The feed says that it is of the practice {feed.practice}, not of {practice}.")
    async with clinic_transaction(engine, practice) as connection:
        if (await lock_feed(connection, practice, number)).state not in ("received", "reading"):
            raise ImportTakenOver
        last = await connection.scalar(
            select(func.max(feeds.c.made_at)).where(feeds.c.practice == practice, feeds.c.state == "done")
        )
        if last is not None and made_at < last:
            raise InvalidFeed(
                f"The feed was made at {made_at:%Y-%m-%d %H:%M} UTC, and one made at {last:%Y-%m-%d %H:%M} UTC is in: "
                "an older one would undo what is newer."
            )
        await update_feed(
            connection,
            practice,
            number,
            state="reading",
            made_at=made_at,
            scope=feed.scope,
            notes=feed.notes,
            rows_total=feed.estimated_rows,
            started_at=func.coalesce(feeds.c.started_at, func.now()),
        )


async def _stage_chunk(
    engine: AsyncEngine, practice: str, number: int, chunk: list[Row | Rejection], done: int
) -> None:
    async with clinic_transaction(engine, practice) as connection:
        row = await lock_feed(connection, practice, number)
        if row.rows_read != done or row.state != "reading":
            raise ImportTakenOver
        counts: dict[str, int] = {}
        for kind in ("client", "patient"):
            lines = await asyncio.to_thread(_copy_lines, chunk, kind)
            if lines:
                new = await staged.stage_rows(connection, practice, number, kind, lines)
                counts[f"staged_{kind}s"] = getattr(row, f"staged_{kind}s") + new
                counts[f"unchanged_{kind}s"] = getattr(row, f"unchanged_{kind}s") + len(lines) - new
        rejections = [row for row in chunk if isinstance(row, Rejection)]
        if rejections:
            room = staged.MAX_KEPT_REJECTIONS - row.set_aside - row.values_set_aside
            await staged.keep_rejections(connection, practice, number, rejections[: max(0, room)])
            rows = sum(not rejection.field for rejection in rejections)
            counts |= {"set_aside": row.set_aside + rows}
            counts |= {"values_set_aside": row.values_set_aside + len(rejections) - rows}
        await update_feed(connection, practice, number, rows_read=done + len(chunk), **counts)


async def _in_turn(read: Callable[..., T], *given: Any) -> T:
    """Calls a function that reads in the thread for that, after what waits there already."""
    return await asyncio.get_running_loop().run_in_executor(_reader, read, *given)


class _Rows:
    """The rows of a feed in chunks that take a limited time, and not too long together."""

    def __init__(self, rows: Iterator[Row | Rejection]) -> None:
        self._rows = rows
        self._seconds = 0.0

    def next(self, size: int) -> list[Row | Rejection]:
        """Returns the next rows, at most `size`; none at the end. Raises `InvalidFeed` if reading takes too long."""
        chunk: list[Row | Rejection] = []
        begin, until = time.thread_time(), time.monotonic() + CHUNK_SECONDS
        for row in self._rows:
            chunk.append(row)
            if len(chunk) == size or time.monotonic() > until:
                break
        self._seconds += time.thread_time() - begin
        if self._seconds > READING_SECONDS:
            raise InvalidFeed(
                f"Reading it took more than {READING_SECONDS / 60:.0f} minutes, and no list of clients does: "
                "send it in its plain form, without what is not needed."
            )
        return chunk


def _copy_lines(chunk: list[Row | Rejection], kind: str) -> list[str]:
    """Returns the rows of one kind as lines for COPY: line number, id, values, digest."""
    return [
        "\t".join([str(row.line), _cell(row.id), *map(_cell, row.values), str(row.digest)]) + "\n"
        for row in chunk
        if isinstance(row, Row) and row.kind == kind
    ]


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    # The reader leaves nothing else in a value that COPY interprets: neither tabs nor ends of lines.
    return value.replace("\\", "\\\\") if type(value) is str else str(value)
