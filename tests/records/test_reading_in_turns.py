"""Reading a feed takes no more than its share: chunks of limited time, feeds in turns, and an end in any case."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from pharmacy.records import staging
from tests.records.clinics import Clinic, client, ndjson


async def test_feeds_are_read_in_turns(riverside: Clinic, hilltop: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small feed that comes while a large one is read is done long before it."""
    read: list[str] = []
    rows_of = staging._Rows.next

    def watched(rows: staging._Rows, size: int) -> list[object]:
        chunk = rows_of(rows, size)
        read.extend(row.id or "" for row in chunk)
        return list(chunk)

    monkeypatch.setattr(staging._Rows, "next", watched)
    large = await riverside.receive(ndjson([client(number) for number in range(1_000)]))
    small = await hilltop.receive(ndjson([client(number + 5_000) for number in range(3)]))
    await asyncio.gather(riverside.import_feed(large, 10), hilltop.import_feed(small, 10))
    assert len(read) == 1_003
    assert read.index("C5002") < 500


async def test_a_chunk_ends_by_time_and_nothing_is_lost(riverside: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "CHUNK_SECONDS", 0.0)
    feed = await riverside.import_rows(*[client(number) for number in range(40)])
    assert (feed.state, feed.new_clients, feed.rows_read) == ("done", 40, 40)


async def test_what_takes_too_long_is_refused(riverside: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "READING_SECONDS", 0.0)
    feed = await riverside.import_rows(*[client(number) for number in range(40)])
    assert feed.state == "refused"
    assert feed.why and "no list of clients does" in feed.why


def test_rows_without_an_end_do_not_hold_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "CHUNK_SECONDS", 0.01)

    def endless() -> Iterator[object]:
        yield from itertools.count()

    chunk = staging._Rows(endless()).next(10**12)  # type: ignore[arg-type]
    assert chunk
