"""Connections over which changes are told: they end by themselves, and nobody has many."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest
from fastapi import sse

from configuration.settings import Settings
from desk.change_feed import MAX_LISTENERS, MAX_NAMED, Listener
from desk.service import Desk
from tests.patience import PATIENCE
from tests.web.browser import Browser, SignedIn, next_number
from tests.web.serving import serving
from web import change_stream
from web.app import create_app


@asynccontextmanager
async def listening(browser: Browser) -> AsyncIterator[asyncio.Task[None]]:
    """A window that listens, once it is listened to; the task is done when the server ends the connection."""
    ready = asyncio.Event()

    async def listen(client: httpx2.AsyncClient) -> None:
        async with client.stream("GET", "/live") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for _ in answer.aiter_lines():
                ready.set()

    cookies = dict(browser.client.cookies)
    async with httpx2.AsyncClient(base_url=browser.address, cookies=cookies, timeout=PATIENCE) as client:
        task = asyncio.create_task(listen(client))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set()
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_of_many_windows_the_oldest_are_ended(specialist: Browser, signed_in: SignedIn) -> None:
    colleague = await signed_in("viewer")
    async with listening(colleague) as other, listening(specialist) as first, listening(specialist) as second:
        more = [listening(specialist) for _ in range(MAX_LISTENERS - 1)]
        later = [await each.__aenter__() for each in more]
        try:
            async with asyncio.timeout(PATIENCE):
                await first
            assert not any(each.done() for each in (other, second, *later))
        finally:
            for each in reversed(more):
                await each.__aexit__(None, None, None)


async def test_none_is_for_ever(specialist: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not signed in any more is not told for longer than that."""
    assert change_stream.MAX_SECONDS <= 600
    monkeypatch.setattr(change_stream, "MAX_SECONDS", 0.5)
    async with listening(specialist) as window, asyncio.timeout(PATIENCE):
        await window


@dataclass
class Window:
    """A browser's window on a server of its own, and the listener that the server has for it."""

    lines: AsyncIterator[str]
    listener: Listener
    let_go: asyncio.Event

    async def until(self, start: str) -> str:
        async with asyncio.timeout(PATIENCE):
            return await anext(line async for line in self.lines if line.startswith(start))


@asynccontextmanager
async def window(desk: Desk, settings: Settings) -> AsyncIterator[Window]:
    app = create_app(Desk(desk.client, desk.database, settings), settings)
    changes = app.state.services.change_feed
    listening, listeners, let_go = changes.listening, list[Listener](), asyncio.Event()

    @asynccontextmanager
    async def observed(handle: str) -> AsyncIterator[Listener]:
        async with listening(handle) as listener:
            listeners.append(listener)
            try:
                yield listener
            finally:
                let_go.set()

    changes.listening = observed
    async with serving(app, settings) as address:
        viewer = await Browser.of_new_person(address, desk.database, "viewer", f"viewer-{next_number()}")
        async with viewer, viewer.client.stream("GET", "/live") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["x-accel-buffering"] == "no"
            lines = aiter(answer.aiter_lines())
            assert await anext(lines) == f"retry: {change_stream.RETRY_MILLISECONDS}"
            yield Window(lines, listeners[0], let_go)
        async with asyncio.timeout(PATIENCE):
            await let_go.wait()


async def test_what_changed_is_named_unless_it_is_too_much(desk: Desk, web_settings: Settings) -> None:
    async with window(desk, web_settings) as one:
        one.listener.notify(frozenset({"datapoint/b", "datapoint/a"}))
        assert await one.until("event:") == "event: change"
        assert json.loads((await one.until("data:")).removeprefix("data: ")) == ["datapoint/a", "datapoint/b"]
        one.listener.notify(frozenset(f"datapoint/{number}" for number in range(MAX_NAMED + 1)))
        assert await one.until("data:") == "data: []"


async def test_a_window_without_news_gets_heartbeats(
    desk: Desk, web_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sse._PING_INTERVAL <= 30
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.01)
    async with window(desk, web_settings) as one:
        assert await one.until(":") == ": ping"
        assert not one.let_go.is_set()
