"""Connections over which changes are told: they end by themselves, and nobody has many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest

from tests.web.browser import Browser
from web.change_feed import MOST_EACH
from web.console import live

SOON = 10


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
    async with httpx2.AsyncClient(base_url=browser.address, cookies=cookies, timeout=60) as client:
        task = asyncio.create_task(listen(client))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, timeout=SOON, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set()
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_of_many_windows_the_oldest_are_let_go(
    specialist: Browser, signed_in: Callable[..., Awaitable[Browser]]
) -> None:
    colleague = await signed_in("viewer")
    async with listening(colleague) as other, listening(specialist) as first, listening(specialist) as second:
        more = [listening(specialist) for _ in range(MOST_EACH - 1)]
        later = [await each.__aenter__() for each in more]
        try:
            async with asyncio.timeout(SOON):
                await first
            assert not any(each.done() for each in (other, second, *later))
        finally:
            for each in reversed(more):
                await each.__aexit__(None, None, None)


async def test_none_is_for_ever(specialist: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not signed in any more is not told for longer than that."""
    assert live.LONGEST <= 600
    monkeypatch.setattr(live, "LONGEST", 0.5)
    monkeypatch.setattr(live, "BEAT", 0.1)
    async with listening(specialist) as window, asyncio.timeout(SOON):
        await window
