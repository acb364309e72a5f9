"""Has what comes in while a batch is under way done as the next batch: under load, one transaction serves many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
A = TypeVar("A")
R = TypeVar("R")

LARGEST = 100


class Batches(Generic[K, A, R]):
    """Batches of one kind of work; of each key one at a time. A single item does not wait for others.

    `work` gives a result for each item, in their order. `unused` gets the results that nobody waits for any more.
    """

    def __init__(
        self,
        work: Callable[[K, Sequence[A]], Awaitable[Sequence[R]]],
        unused: Callable[[Sequence[R]], Awaitable[None]] | None = None,
    ) -> None:
        self._work = work
        self._unused = unused
        # Of the keys that are being worked on.
        self._waiting: dict[K, list[tuple[A, asyncio.Future[R]]]] = {}
        self._working: set[asyncio.Task[None]] = set()

    async def add(self, key: K, item: A) -> R:
        """Returns the item's result, or raises what its batch raised."""
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        if key not in self._waiting:
            self._waiting[key] = []
            working = asyncio.create_task(self._work_off(key))
            self._working.add(working)
            working.add_done_callback(self._working.discard)
        self._waiting[key].append((item, result))
        return await result

    async def _work_off(self, key: K) -> None:
        waiting = self._waiting[key]
        try:
            while batch := waiting[:LARGEST]:
                del waiting[:LARGEST]
                await self._do(key, [(item, result) for item, result in batch if not result.done()])
        finally:
            del self._waiting[key]

    async def _do(self, key: K, batch: Sequence[tuple[A, asyncio.Future[R]]]) -> None:
        if not batch:
            return
        try:
            found = await self._work(key, [item for item, _ in batch])
        except Exception as error:
            for _, result in batch:
                if not result.done():
                    result.set_exception(error)
            return
        unused = []
        for (_, result), one in zip(batch, found, strict=True):
            if result.done():
                unused.append(one)
            else:
                result.set_result(one)
        if unused and self._unused:
            await self._unused(unused)
