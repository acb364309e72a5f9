"""Storing events that come in at the same time with one statement, and so with one wait for the disk."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import DatabaseProblem
from store.inbox import inbox
from store.inbox.inbox import Arrival

AT_ONCE = 100
BURST, GATHERED = 0.05, 0.01
"""Seconds after the last statement in which another event means a burst; then those of so many seconds go together."""

Batch = list[tuple[Arrival, asyncio.Future[bool]]]


class Intake:
    """Whatever comes in while others are being stored is stored together, next. One for a server process."""

    def __init__(self) -> None:
        self._waiting: Batch = []
        self._storing: asyncio.Task[None] | None = None
        self._stored_at = -BURST

    async def store(self, engine: AsyncEngine, arrival: Arrival) -> bool:
        """Stores an event durably; whether it was not there before. Raises what the database raises."""
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_all(engine))
        return await stored

    async def _store_all(self, engine: AsyncEngine) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            # One that comes alone is not kept waiting. In a burst the statements cost more than what they store.
            if clock() - self._stored_at < BURST and len(self._waiting) < AT_ONCE:
                await asyncio.sleep(GATHERED)
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                await _store(engine, batch)
            except DatabaseProblem as problem:
                _fail(batch, problem)
            except Exception:
                # What is wrong with one of them is no reason to refuse the others.
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
        # The same event may have come twice at the same time.
        new.discard(key)


def _fail(batch: Batch, error: Exception) -> None:
    for _, stored in batch:
        if not stored.done():
            stored.set_exception(error)
