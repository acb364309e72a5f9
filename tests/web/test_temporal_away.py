"""A web that starts while Temporal is away: it answers from the journal, says what waits, and recovers by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser as Chromium
from temporalio.client import Client

from configuration.settings import Settings
from desk import feed_watch
from desk.connection import connect
from desk.problem import NoAnswer
from desk.service import Desk
from machine.ports import free_port
from playbooks.engine.onboarding import Command, Report
from playbooks.feed_watch.values import Heartbeat
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, text_of
from tests.web.looking import PHONE, look
from tests.web.serving import serving
from web.app import create_app

SENTENCE = "Temporal does not answer; try again in a moment, and tell an engineer if it stays."


class Way:
    """The way to Temporal: closed at first, like the port of a server that does not run."""

    def __init__(self, to: str) -> None:
        self.host, _, port = to.partition(":")
        self.there = int(port)
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        onward, back = await asyncio.open_connection(self.host, self.there)
        self._open |= {writer, back}
        try:
            await asyncio.gather(_pump(reader, back), _pump(onward, writer))
        finally:
            self._open -= {writer, back}
            self._carrying.discard(task)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


@pytest.fixture
async def way(temporal: Client) -> AsyncIterator[Way]:
    one = Way(temporal.service_client.config.target_host)
    yield one
    await one.close()


@pytest.fixture
async def early(way: Way, desk: Desk, web_settings: Settings) -> Desk:
    """The desk of a process that was started while Temporal was away."""
    client = await connect(f"127.0.0.1:{way.port}", "onboarding", lazy=True)
    return Desk(client, desk.database, web_settings)


@pytest.fixture
async def started_before(early: Desk, web_settings: Settings) -> AsyncIterator[str]:
    """The address of its web."""
    async with serving(create_app(early, web_settings), web_settings) as one:
        yield one


async def written(desk: Desk, practice: Practice, board: Browser) -> None:
    async def there() -> str:
        return (await board.get("/", params={"q": practice.id})).text

    await eventually(there, lambda page: practice.identity in page)


@pytest.mark.usefixtures("patient_probes")
async def test_it_answers_from_the_journal_and_recovers(
    started_before: str, way: Way, desk: Desk, practice: Practice, specialist: Browser, chromium: Chromium
) -> None:
    await practice.start()
    await practice.record("queued")
    await written(desk, practice, specialist)
    home = f"/onboardings/{practice.identity}"
    async with Browser(started_before) as browser:
        browser.client.cookies.update(specialist.client.cookies)
        for path in ("/", "/needs", "/reports", "/mails", "/account", "/start"):
            assert (await browser.get(path)).status_code == 200, path
        assert practice.identity in (await browser.get("/", params={"q": practice.id})).text
        page = await browser.get(home)
        assert (page.status_code, "does not answer" in text_of(page.text)) == (200, True)
        assert "127.0.0.1" not in text_of(page.text) and "TEMPORAL" not in text_of(page.text)
        async with look(chromium, browser, size=PHONE) as seen:
            await seen.go(home)
            await seen.check()
        ready = await browser.get("/readyz")
        assert (ready.status_code, ready.json()["database"], ready.json()["temporal"]) == (503, "ok", "no answer")

        noted = {"csrf": await browser.token(), "why": "Back again", "key": f"{practice.id}-note"}
        refused = await browser.client.post(f"{home}/commands/note", data=noted)
        assert (refused.status_code, SENTENCE in text_of(refused.text)) == (503, True), text_of(refused.text)

        for _ in range(2):
            await way.open()
            await eventually(lambda: browser.get("/readyz"), lambda answer: answer.status_code == 200)
            told = await browser.client.post(f"{home}/commands/note", data=noted)
            assert (told.status_code, "does not answer" in text_of(told.text)) == (200, False)
            await way.close()
            assert (await browser.get("/readyz")).status_code == 503
            assert (await browser.get(home)).status_code == 200


async def test_what_is_repeated_until_it_is_taken_is_told_to_wait(early: Desk, practice: Practice) -> None:
    """Events and rows of a table are repeated after `NoAnswer`; after anything else they would be given up."""
    calls = (
        early.start("datapoint", practice.request(), "sam"),
        early.record(practice.identity, "queued", Report(by="DataPoint")),
        early.command(practice.identity, "note", Command(by="sam", why="Because")),
        early.state(practice.identity),
        feed_watch.report_sign(early, practice.id, Heartbeat(at=datetime.now(UTC))),
    )
    for call in calls:
        with pytest.raises(NoAnswer, match="Temporal does not answer"):
            await call
