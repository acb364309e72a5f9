"""Connections of the driver itself, for statements on which SQLAlchemy spends more processor time than they take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import psycopg

TRUSTED_SECONDS = 1.0
"""How long a connection may have been idle to be used without a look whether it still works."""
RECYCLED_SECONDS = 1800
"""How old a connection may become."""

Connection = psycopg.AsyncConnection[dict[str, Any]]


class ConnectionLost(Exception):
    """The database cannot be reached, or was lost; the cause is the driver's error."""


class _Idle(NamedTuple):
    connection: Connection
    made_at: float
    used_at: float


class DriverPool:
    """Connections made by `connect`, at most `size` at a time."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect = connect
        self._room = asyncio.Semaphore(size)
        self._idle: list[_Idle] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for one user. Raises `ConnectionLost`, also for what fails within the block because of that."""
        async with self._room:
            connection, made_at, _ = await self._taken()
            try:
                yield connection
            except BaseException as error:
                broken = connection.broken
                # Whatever it was, nobody else shall find the rest of it.
                await connection.close()
                if broken and isinstance(error, psycopg.Error):
                    raise ConnectionLost from error
                raise
            self._idle.append(_Idle(connection, made_at, time.monotonic()))

    async def close(self) -> None:
        """Closes the connections that nobody uses."""
        while self._idle:
            await self._idle.pop().connection.close()

    async def _taken(self) -> _Idle:
        """The connection that was used last, if it works, or a new one."""
        now = time.monotonic()
        while self._idle:
            idle = self._idle.pop()
            try:
                if now < idle.made_at + RECYCLED_SECONDS:
                    if now > idle.used_at + TRUSTED_SECONDS:
                        await idle.connection.execute("")
                    return idle
            except psycopg.Error:
                # A server that was started again has ended them all.
                await self.close()
            await idle.connection.close()
        try:
            return _Idle(await self._connect(), now, now)
        except psycopg.Error as error:
            raise ConnectionLost from error
