"""Connections of clients that are slow on purpose, or gone: they are closed instead of kept for ever.

uvicorn itself waits without end for a request that has begun, and for a reader that does not read.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0
"""From the first byte (or the connection) to the end of a request's headers."""
READ_SECONDS = 60.0
"""In which a client must take at least some of an answer that waits for it."""


class PatientButNotForever(H11Protocol):
    """uvicorn's HTTP/1.1, with an end to waiting. A body's time is limited by `web.security.Bodies`."""

    request_seconds = REQUEST_SECONDS
    read_seconds = READ_SECONDS

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._request_timer: asyncio.TimerHandle | None = None
        self._read_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio does this only for sockets that were made with their protocol named. Without it, each answer waits
        # 40 ms for the client to acknowledge its headers.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_request()

    def send_400_response(self, msg: str) -> None:
        """Refuses what is no HTTP, once: uvicorn would answer beside the application, with a traceback for each."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # What follows is limited by the time for which a connection is kept alive.
        self._request_timer = _ended(self._request_timer)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_timer = _ended(self._read_timer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._request_timer = _ended(self._request_timer)
        self._read_timer = _ended(self._read_timer)
        super().connection_lost(exc)

    def _await_request(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._request_timer = _ended(self._request_timer)
        elif self._request_timer is None:
            self._request_timer = self.loop.call_later(self.request_seconds, self.transport.abort)

    def _await_reader(self, before: int | None = None) -> None:
        """Looks again and again how much still waits, and gives up once none of it was taken."""
        left = self.transport.get_write_buffer_size()
        if before is not None and left >= before:
            self.transport.abort()
        else:
            self._read_timer = self.loop.call_later(self.read_seconds, self._await_reader, left)


def _ended(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """What is left of a timer that is ended: nothing."""
    if timer is not None:
        timer.cancel()
    return None
