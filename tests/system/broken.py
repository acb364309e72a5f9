"""Ways to break the world around an onboarding: a worker apart from the others, and a line that can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr
from sqlalchemy import make_url

from desk.service import Desk
from store.database import connect
from tests.system.conftest import next_number
from tests.system.harness import Mailbox, Practice
from worker import build, mail_server


@dataclass
class Line:
    """A TCP line to a server. While it is cut nobody gets through, and whoever was connected is cut off."""

    target: int
    port: int = 0
    _server: asyncio.Server | None = None
    _through: set[asyncio.StreamWriter] = field(default_factory=set)
    _pumps: set[asyncio.Task[None]] = field(default_factory=set)

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for end in self._through:
            end.close()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond, out = await asyncio.open_connection("127.0.0.1", self.target)
        self._through |= {writer, out}
        for source, sink in ((reader, out), (beyond, writer)):
            pump = asyncio.create_task(_pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


@asynccontextmanager
async def line_to_database(url: str) -> AsyncIterator[tuple[str, Line]]:
    """An address by which the database is reached over a line of its own, and that line."""
    address = make_url(url)
    line = Line(address.port or 5432)
    await line.mend()
    try:
        yield address.set(port=line.port).render_as_string(hide_password=False), line
    finally:
        await line.cut()


@asynccontextmanager
async def apart(desk: Desk, box: Mailbox, **settings: Any) -> AsyncIterator[Practice]:
    """A practice served by a worker of its own, with other settings, such as another `database_url` or `smtp_url`."""
    number = next_number()
    secret = {name: SecretStr(value) for name, value in settings.items() if name.endswith("_url")}
    own = desk.settings.model_copy(update={"task_queue": f"queue-{number}", **settings, **secret})
    database = connect(own.required("database_url"))
    try:
        async with build(desk.client, database, own, mail_server(own)):
            yield Practice(Desk(desk.client, database, own), box, f"practice-{number}")
    finally:
        await database.dispose()
