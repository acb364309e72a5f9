"""Serving an application on a free port, with all that the real server adds."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from configuration.settings import Settings
from web.connections import TimeLimitedProtocol
from web.server import Server, configuration


@asynccontextmanager
async def serving(
    app: FastAPI, settings: Settings, protocol: type[TimeLimitedProtocol] | None = None
) -> AsyncIterator[str]:
    """The address at which the application is served until the block is left."""
    ready = asyncio.Event()
    config = configuration(app, settings)
    if protocol is not None:
        config.http = protocol

    class Announcing(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

    server = Announcing(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Not `serve`, which takes the signals that are for the test run.
        running = asyncio.create_task(server._serve([listener]))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            # Otherwise the event loop goes on watching a closed socket, and refuses the next one with its number.
            server.should_exit = True
            await running
