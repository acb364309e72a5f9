"""A real HTTP server that receives webhooks as the product does: it verifies the signature, then reads the event."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from standardwebhooks.webhooks import Webhook
from starlette.types import ASGIApp

from partners.datapoint import read_event
from partners.events import Event, FeedEvent
from tests.patience import PATIENCE

SECRET = f"whsec_{base64.b64encode(b'a secret of thirty-two characters').decode()}"


@dataclass
class Receiver:
    """`calls` are all webhooks with their ids, `events` those answered 2xx; `answer` gives the status of each.

    `feed_events` are those of a connected practice; they are in neither list.
    """

    answer: Callable[[Event], int] = lambda _event: 202
    calls: list[tuple[str, Event]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    feed_events: list[FeedEvent] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    port: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/datapoint"

    @property
    def facts(self) -> list[str]:
        return [event.fact for event in self.events]

    def of(self, practice: str) -> list[tuple[str, Event]]:
        """The webhooks of one practice that were answered 2xx, with their ids."""
        return [(name, event) for name, event in zip(self.ids, self.events, strict=True) if event.practice == practice]

    async def take(self, request: Request) -> Response:
        body = await request.body()
        Webhook(SECRET).verify(body, dict(request.headers))
        event = read_event(body)
        if isinstance(event, FeedEvent):
            async with self._news:
                self.feed_events.append(event)
                self._news.notify_all()
            return Response(None, 202)
        assert isinstance(event, Event)
        status = self.answer(event)
        async with self._news:
            self.calls.append((request.headers["webhook-id"], event))
            self.paths.append(request.url.path)
            if status < 300:
                self.events.append(event)
                self.ids.append(request.headers["webhook-id"])
            self._news.notify_all()
        return Response("Not now" if status >= 300 else None, status)

    async def until(self, reached: Callable[[Receiver], Any]) -> None:
        """Wait until what came is as `reached` says."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: bool(reached(self)))

    async def count(self, practice: str, number: int) -> list[str]:
        """The facts of one practice as they came, once there are so many."""
        await self.until(lambda seen: len(seen.of(practice)) >= number)
        return [event.fact for _, event in self.of(practice)]

    async def fact(self, name: str, times: int = 1) -> Event:
        """The event that reports this fact, once it has come (so many times)."""
        await self.until(lambda seen: seen.facts.count(name) >= times)
        return [event for event in self.events if event.fact == name][times - 1]


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def http_server(app: ASGIApp, port: int = 0) -> AsyncIterator[int]:
    """Serves `app` on 127.0.0.1 for as long as the block runs; gives the port."""
    server = _Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", port)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    """The receiver up, on its port if it was up before; left, it is down."""
    app = FastAPI()
    app.add_api_route("/{path:path}", receiver.take, methods=["POST"])
    async with http_server(app, receiver.port) as port:
        receiver.port = port
        yield receiver
