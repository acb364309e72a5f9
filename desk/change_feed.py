"""What changes in the journal, noticed once for all browsers that look at it: one question a second a process.

The board's counts are kept, and only what has changed is read anew, however many people look at them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import DatabaseProblem
from store.journal.board import Census, Group, Mark, changes

T = TypeVar("T")
log = logging.getLogger("web")

EVERY = 1.0
"""Seconds between two questions to the database, while somebody listens."""
MOST_NAMED = 200
"""If more have changed at once, listeners are told only that."""
MOST_EACH = 8
"""Listeners a person may have; of more the oldest are ended."""


@dataclass(eq=False)
class Listener:
    """One browser window. What it has not been told yet is kept together, so that a slow one costs nothing."""

    handle: str
    _changed: set[str] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def tell(self, identities: frozenset[str]) -> None:
        self._changed |= identities
        self._news.set()

    def end(self) -> None:
        self.ended = True
        self._news.set()

    async def news(self, patience: float) -> frozenset[str]:
        """What has changed since the last time, once something has; nothing after `patience` seconds, or if ended."""
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
        except TimeoutError:
            return frozenset()
        changed, self._changed = frozenset(self._changed), set()
        self._news.clear()
        return changed


@dataclass(eq=False)
class Kept(Generic[T]):
    """What was read of the onboardings as they were at the mark."""

    value: T | None = None
    mark: Mark | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(eq=False)
class Recent(Generic[T]):
    """What was read, and when; by a clock that never runs backwards."""

    value: T | None = None
    at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pulse:
    """Shared by all requests of one process."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database
        self._listeners: list[Listener] = []
        self._watching: asyncio.Task[None] | None = None
        self._mark: Mark | None = None
        self._census = Census()
        self._kept: dict[str, Kept[Any]] = {}
        self._recent: dict[str, Recent[Any]] = {}

    async def groups(self) -> list[Group]:
        """The open onboardings, counted."""
        return await self._census.groups(self._database)

    async def kept(self, name: str, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` says of the onboardings; as of now, and read again only if one has changed."""
        kept: Kept[T] = self._kept.setdefault(name, Kept())
        async with kept.lock:
            mark, changed = await changes(self._database, kept.mark)
            if kept.value is None or changed:
                kept.value = await read()
            kept.mark = mark
            return kept.value

    async def lately(self, name: str, read: Callable[[], Awaitable[T]], within: float) -> T:
        """What `read` said within the last seconds: for what changes without any onboarding's change."""
        recent: Recent[T] = self._recent.setdefault(name, Recent())
        async with recent.lock:
            if recent.value is None or time.monotonic() - recent.at >= within:
                recent.value, recent.at = await read(), time.monotonic()
            return recent.value

    @asynccontextmanager
    async def listening(self, handle: str) -> AsyncIterator[Listener]:
        """A listener for as long as the block runs. Changes are looked for only while there are any."""
        listener = Listener(handle)
        for surplus in [each for each in self._listeners if each.handle == handle][: -MOST_EACH + 1 or None]:
            surplus.end()
        self._listeners.append(listener)
        if self._watching is None:
            self._mark = None
            self._watching = asyncio.create_task(self._watch())
        try:
            yield listener
        finally:
            self._listeners.remove(listener)
            if not self._listeners:
                self._watching.cancel()
                self._watching = None

    def end(self) -> None:
        """Lets go of all listeners, because the server is told to end."""
        for listener in self._listeners:
            listener.end()

    async def _watch(self) -> None:
        while True:
            try:
                self._mark, changed = await changes(self._database, self._mark)
            except DatabaseProblem as problem:
                log.warning("changes cannot be seen: %s", problem)
                changed = frozenset()
            for listener in self._listeners if changed else ():
                listener.tell(changed)
            await asyncio.sleep(EVERY)
