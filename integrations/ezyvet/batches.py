"""Has what comes in while a batch is under way done as the next batch: under load, one transaction serves many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")

LARGEST = 100


class Batches(Generic[A, R]):
    """Batches of one kind of work, one at a time. A single item does not wait for others.

    `work` gives a result for each item, in their order. `unused` gets the results that nobody waits for any more.
    """

    def __init__(
        self,
        work: Callable[[Sequence[A]], Awaitable[Sequence[R]]],
        unused: Callable[[Sequence[R]], Awaitable[None]] | None = None,
    ) -> None:
        self._work = work
        self._unused = unused
        self._waiting: list[tuple[A, asyncio.Future[R]]] = []
        self._working: asyncio.Task[None] | None = None

    async def add(self, item: A) -> R:
        """Returns the item's result, or raises what its batch raised."""
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work_off())
        return await result

    async def _work_off(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
            batch = [(item, result) for item, result in batch if not result.done()]
            if batch:
                await self._do(batch)

    async def _do(self, batch: Sequence[tuple[A, asyncio.Future[R]]]) -> None:
        try:
            found = await self._work([item for item, _ in batch])
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
