"""Closes connections of clients that are slow on purpose, or gone, and those that ask nothing where others need room.

uvicorn itself waits without limit for the rest of a request, and for a client that does not read its response; and it
refuses everybody, health checks too, once there are many connections, also silent ones.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0
"""From the first byte (or the connection) to the end of the request headers."""
READ_SECONDS = 60.0
"""Within which a client must read at least part of a response that waits for it."""


class TimeLimitedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with time limits. The time for a body is limited by `web.security.Bodies`."""

    request_seconds = REQUEST_SECONDS
    read_seconds = READ_SECONDS

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._request_timer: asyncio.TimerHandle | None = None
        self._read_timer: asyncio.TimerHandle | None = None
        self.idle_since: float | None = None
        """When it began to wait for a request, by the loop's clock; None during a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio does this only for sockets whose protocol is named. Without it, each response waits 40 ms for the
        # client to acknowledge the headers.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._await_request()
        self._make_room()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_request()

    def send_400_response(self, msg: str) -> None:
        """Refuses what is not HTTP, once: uvicorn would answer again and log a traceback each time."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # From here on the keep-alive timeout applies.
        self.idle_since = self.loop.time()
        self._request_timer = _cancelled(self._request_timer)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_timer = _cancelled(self._read_timer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._request_timer = _cancelled(self._request_timer)
        self._read_timer = _cancelled(self._read_timer)
        super().connection_lost(exc)

    def _await_request(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._request_timer = _cancelled(self._request_timer)
            self.idle_since = None
        elif self._request_timer is None:
            self.idle_since = self.loop.time()
            self._request_timer = self.loop.call_later(self.request_seconds, self.transport.abort)

    def _make_room(self) -> None:
        """At the limit, closes the connection that has been idle for longest, so that requests get through."""
        if self.limit_concurrency is None or len(self.connections) < self.limit_concurrency:
            return
        idle = [each for each in self.connections if isinstance(each, TimeLimitedProtocol) and each.is_idle]
        if idle:
            min(idle, key=lambda each: each.idle_since or 0).transport.abort()

    @property
    def is_idle(self) -> bool:
        return self.idle_since is not None and not self.transport.is_closing()

    def _await_reader(self, before: int | None = None) -> None:
        """Checks regularly that the client has read something, and closes the connection if it has not."""
        left = self.transport.get_write_buffer_size()
        if before is not None and left >= before:
            self.transport.abort()
        else:
            self._read_timer = self.loop.call_later(self.read_seconds, self._await_reader, left)


def _cancelled(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
