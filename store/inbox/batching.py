"""Stores events that arrive together with one statement, and so with one wait for the disk."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import DatabaseProblem
from store.inbox import inbox
from store.inbox.inbox import Arrival

BATCH_SIZE = 100
BURST_SECONDS = 0.05
"""An event within so many seconds of the last statement is part of a burst."""
GATHER_SECONDS = 0.01
"""In a burst events are collected for so long."""

Batch = list[tuple[Arrival, asyncio.Future[bool]]]


class EventBatcher:
    """Collects the events that arrive while others are being stored. One for a server process."""

    def __init__(self) -> None:
        self._waiting: Batch = []
        self._storing: asyncio.Task[None] | None = None
        self._stored_at = -BURST_SECONDS

    async def store(self, engine: AsyncEngine, arrival: Arrival) -> bool:
        """Stores an event durably; returns whether it is new. Raises what the database raises."""
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_all(engine))
        return await stored

    async def _store_all(self, engine: AsyncEngine) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            # A single event does not wait. In a burst the statements cost more than what they store.
            if clock() - self._stored_at < BURST_SECONDS and len(self._waiting) < BATCH_SIZE:
                await asyncio.sleep(GATHER_SECONDS)
            batch, self._waiting = self._waiting[:BATCH_SIZE], self._waiting[BATCH_SIZE:]
            try:
                await _store(engine, batch)
            except DatabaseProblem as problem:
                _fail(batch, problem)
            except Exception:
                # One faulty event must not fail the others.
                for each in batch:
                    try:
                        await _store(engine, [each])
                    except Exception as error:
                        _fail([each], error)
            self._stored_at = clock()


async def _store(engine: AsyncEngine, batch: Batch) -> None:
    new = await inbox.store(engine, [arrival for arrival, _ in batch])
    for arrival, stored in batch:
        key = (arrival.source, arrival.event)
        if not stored.done():
            stored.set_result(key in new)
        # The same event may be in the batch twice.
        new.discard(key)


def _fail(batch: Batch, error: Exception) -> None:
    for _, stored in batch:
        if not stored.done():
            stored.set_exception(error)
