"""The change feed: polls for changes once a second for all browsers that listen, and caches what they share.

The board's counts are kept up to date from the changes alone, however many people look at them.
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

from store.changes import Mark
from store.database import DatabaseProblem
from store.journal.board import Census, Group, changes

T = TypeVar("T")
log = logging.getLogger("web")

Changes = Callable[[AsyncEngine, Mark | None], Awaitable[tuple[Mark, frozenset[str]]]]
"""Reads the IDs of what has changed since a mark, and the mark to ask with next time."""

POLL_SECONDS = 1.0
"""Between two queries for changes, while anybody listens."""
MAX_NAMED = 200
"""If more onboardings have changed at once, listeners hear only that something has."""
MAX_LISTENERS = 8
"""For each person; the oldest are ended to make room."""


@dataclass(eq=False)
class Listener:
    """One browser window. Changes it has not read yet are merged, so a slow window costs nothing."""

    handle: str
    _changed: set[str] = field(default_factory=set)
    _notified: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def notify(self, identities: frozenset[str]) -> None:
        self._changed |= identities
        self._notified.set()

    def end(self) -> None:
        self.ended = True
        self._notified.set()

    async def wait(self, seconds: float) -> frozenset[str]:
        """Waits for changes and returns them; empty once `seconds` have passed or the listener was ended."""
        try:
            async with asyncio.timeout(seconds):
                await self._notified.wait()
        except TimeoutError:
            return frozenset()
        changed, self._changed = frozenset(self._changed), set()
        self._notified.clear()
        return changed


@dataclass(eq=False)
class Cached(Generic[T]):
    """A value: where the journal stood when it was read, or when that was by the monotonic clock."""

    value: T | None = None
    mark: Mark | None = None
    at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class ChangeFeed:
    """Shared by all requests of one process."""

    def __init__(self, database: AsyncEngine, changes: Changes = changes) -> None:
        self._database = database
        self._changes = changes
        self._listeners: list[Listener] = []
        self._polling: asyncio.Task[None] | None = None
        self._mark: Mark | None = None
        self._census = Census()
        self._cache: dict[str, Cached[Any]] = {}

    async def groups(self) -> list[Group]:
        return await self._census.groups(self._database)

    async def cached(self, name: str, read: Callable[[], Awaitable[T]]) -> T:
        """Returns what `read` returns, calling it again only if an onboarding has changed since."""
        entry: Cached[T] = self._cache.setdefault(name, Cached())
        async with entry.lock:
            mark, changed = await self._changes(self._database, entry.mark)
            if entry.value is None or changed:
                entry.value = await read()
            entry.mark = mark
            return entry.value

    async def cached_for(self, seconds: float, name: str, read: Callable[[], Awaitable[T]]) -> T:
        """Returns what `read` returned within the last `seconds`, for values that change without any onboarding."""
        entry: Cached[T] = self._cache.setdefault(name, Cached())
        async with entry.lock:
            if entry.value is None or time.monotonic() - entry.at >= seconds:
                entry.value, entry.at = await read(), time.monotonic()
            return entry.value

    @asynccontextmanager
    async def listening(self, handle: str) -> AsyncIterator[Listener]:
        """A listener for as long as the block runs. The journal is polled only while there are any."""
        listener = Listener(handle)
        for surplus in [each for each in self._listeners if each.handle == handle][: -MAX_LISTENERS + 1 or None]:
            surplus.end()
        self._listeners.append(listener)
        if self._polling is None:
            self._mark = None
            self._polling = asyncio.create_task(self._poll())
        try:
            yield listener
        finally:
            self._listeners.remove(listener)
            if not self._listeners:
                self._polling.cancel()
                self._polling = None

    def end(self) -> None:
        """Ends all listeners, because the server is shutting down."""
        for listener in self._listeners:
            listener.end()

    async def _poll(self) -> None:
        while True:
            try:
                self._mark, changed = await self._changes(self._database, self._mark)
            except DatabaseProblem as problem:
                log.warning("changes cannot be seen: %s", problem)
                changed = frozenset()
            for listener in self._listeners if changed else ():
                listener.notify(changed)
            await asyncio.sleep(POLL_SECONDS)
