"""A client that sends requests at a fixed rate, whatever the answers do, and tells how long each took.

The time runs from when a request was to be sent: where answers are slow, those behind them do not look fast.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult

CONNECTIONS = 64


@dataclass(frozen=True)
class Answered:
    """How a request was answered, after how long, and by how much it was sent too late."""

    status: int
    seconds: float
    late: float


class Connection(asyncio.Protocol):
    """One kept-alive connection; one request at a time."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[int] | None = None
        self.taken = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.taken += data
        head, end, body = self.taken.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        if end and len(body) >= length and self.answer is not None:
            self.taken = b""
            self.answer.set_result(int(head.split(b" ", 2)[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(exc or ConnectionError("closed"))

    async def send(self, request: bytes) -> int:
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answer


async def offer(where: SplitResult, requests: Sequence[bytes], rate: float) -> list[Answered]:
    """Sends all of them, `rate` a second."""
    loop = asyncio.get_running_loop()
    free: asyncio.Queue[Connection] = asyncio.Queue()
    host, port = where.hostname or "127.0.0.1", where.port or 80
    for _ in range(CONNECTIONS):
        free.put_nowait((await loop.create_connection(Connection, host, port))[1])
    begun = time.perf_counter()

    async def one(number: int, request: bytes) -> Answered:
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        woken = time.perf_counter()
        connection = await free.get()
        status = await connection.send(request)
        free.put_nowait(connection)
        return Answered(status, time.perf_counter() - due, woken - due)

    tasks = []
    for number, request in enumerate(requests):
        # A few ahead of their time, instead of thousands of timers at once.
        await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter() - 0.5))
        tasks.append(asyncio.create_task(one(number, request)))
    answered = await asyncio.gather(*tasks)
    while not free.empty():
        if (transport := free.get_nowait().transport) is not None:
            transport.close()
    return answered
