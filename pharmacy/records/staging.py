"""What a feed gives that is new or was changed, laid ready beside the clients and patients.

Read in portions, each in one transaction with how far the reading is. Whoever goes on after an interruption reads from
the start and passes over what is laid ready. Rows that the practice gave just so before are only counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.reader import Feed, open_feed
from pharmacy.feeds.rows import Rejection, Row
from pharmacy.records import staged
from pharmacy.records.clinic import clinic
from pharmacy.records.feed_tables import feeds
from pharmacy.records.feeds import Overtaken, change, locked, on_disk

PORTION = 10_000

Beat = Callable[..., None]
"""Tells that the work goes on: what is done, how far, of how much."""

AHEAD = timedelta(days=1)
"""Another's clock may be wrong by so much."""


async def read(engine: AsyncEngine, practice: str, number: int, beat: Beat, portion: int = PORTION) -> None:
    """Reads the feed to its end. Raises `FeedProblem` if it cannot be taken as a whole."""
    async with clinic(engine, practice) as connection:
        row = await locked(connection, practice, number)
    if row.state not in ("received", "reading"):
        return
    beat("reading", row.rows_read, row.rows_total)
    async with on_disk(engine, practice, number) as path:
        feed = await asyncio.to_thread(open_feed, path, row.name)
        made_at = feed.made_at or row.made_at or row.received_at
        if made_at > row.received_at + AHEAD:
            # Believed, it would have all that come after it refused as older.
            feed.notes.append(
                f"It says that it was made at {made_at:%Y-%m-%d %H:%M} UTC, which is still to come: look at its clock."
            )
            made_at = row.received_at
        await _begin(engine, practice, number, feed, made_at)
        rows = feed.rows(made_at.date())
        done = 0
        while done < row.rows_read:
            done += len(await asyncio.to_thread(_next, rows, min(portion, row.rows_read - done)))
            beat("reading", done, feed.estimated_rows)
        part = await asyncio.to_thread(_next, rows, portion)
        while part:
            # While the database takes one portion, the next is read.
            coming = asyncio.create_task(asyncio.to_thread(_next, rows, portion))
            try:
                await _stage(engine, practice, number, part, done)
            finally:
                following = await coming
            done += len(part)
            beat("reading", done, feed.estimated_rows)
            part = following
    async with engine.begin() as connection:
        # What was just filled is planned for as if it were empty, until this.
        await connection.execute(text("ANALYZE staged_clients, staged_patients"))


async def _begin(engine: AsyncEngine, practice: str, number: int, feed: Feed, made_at: Any) -> None:
    if feed.practice not in (None, practice):
        raise InvalidFeed(f"The feed says that it is of the practice {feed.practice}, not of {practice}.")
    async with clinic(engine, practice) as connection:
        if (await locked(connection, practice, number)).state not in ("received", "reading"):
            raise Overtaken
        last = await connection.scalar(
            select(func.max(feeds.c.made_at)).where(feeds.c.practice == practice, feeds.c.state == "done")
        )
        if last is not None and made_at < last:
            raise InvalidFeed(
                f"The feed was made at {made_at:%Y-%m-%d %H:%M} UTC, and one made at {last:%Y-%m-%d %H:%M} UTC is in: "
                "an older one would undo what is newer."
            )
        await change(
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


async def _stage(engine: AsyncEngine, practice: str, number: int, part: list[Row | Rejection], done: int) -> None:
    async with clinic(engine, practice) as connection:
        row = await locked(connection, practice, number)
        if row.rows_read != done or row.state != "reading":
            raise Overtaken
        counts: dict[str, int] = {}
        for kind in ("client", "patient"):
            ready = await asyncio.to_thread(_copied, part, kind)
            if ready:
                taken = await staged.lay_ready(connection, practice, number, kind, ready)
                counts[f"staged_{kind}s"] = getattr(row, f"staged_{kind}s") + taken
                counts[f"unchanged_{kind}s"] = getattr(row, f"unchanged_{kind}s") + len(ready) - taken
        aside = [each for each in part if isinstance(each, Rejection)]
        if aside:
            room = staged.SHOWN - row.set_aside - row.values_set_aside
            await staged.keep_aside(connection, practice, number, aside[: max(0, room)])
            rows = sum(not each.field for each in aside)
            counts |= {"set_aside": row.set_aside + rows}
            counts |= {"values_set_aside": row.values_set_aside + len(aside) - rows}
        await change(connection, practice, number, rows_read=done + len(part), **counts)


def _next(rows: Iterator[Row | Rejection], size: int) -> list[Row | Rejection]:
    return list(islice(rows, size))


def _copied(part: list[Row | Rejection], kind: str) -> list[str]:
    """The rows of one kind as COPY takes them: the line, the id, the values, the digest."""
    return [
        "\t".join([str(row.line), _cell(row.id), *map(_cell, row.values), str(row.digest)]) + "\n"
        for row in part
        if isinstance(row, Row) and row.kind == kind
    ]


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    # Nothing else that COPY reads in its own way is left in what the reader gives: neither tabs nor ends of lines.
    return value.replace("\\", "\\\\") if type(value) is str else str(value)
