"""Clients that are slow on purpose: their connections are closed, and others are answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response

from configuration.settings import Settings
from desk.service import Desk
from tests.patience import PATIENCE
from tests.web.serving import serving
from web.app import create_app
from web.connections import TimeLimitedProtocol

LARGE = 30_000_000


class Hurried(TimeLimitedProtocol):
    request_seconds = 0.3
    read_seconds = 0.3


@pytest.fixture(scope="module")
async def hurried(desk: Desk, web_settings: Settings) -> AsyncIterator[tuple[str, int]]:
    app = create_app(desk, web_settings)

    @app.get("/large")
    async def large() -> Response:
        return Response(b"x" * LARGE)

    async with serving(app, web_settings, Hurried) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        yield host, int(port)


async def closed(reader: asyncio.StreamReader) -> bytes:
    """What still came before the connection was closed."""
    async with asyncio.timeout(PATIENCE):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize(
    "begun", [b"", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "]
)
async def test_a_request_that_never_comes_to_its_end(hurried: tuple[str, int], begun: bytes) -> None:
    reader, writer = await asyncio.open_connection(*hurried)
    writer.write(begun)
    assert await closed(reader) == b""
    writer.close()


class Small(TimeLimitedProtocol):
    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.limit_concurrency = 10


async def test_silent_connections_make_room_for_requests(desk: Desk, web_settings: Settings) -> None:
    async with serving(create_app(desk, web_settings), web_settings, Small) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as regular:
            silent = []
            for number in range(40):
                silent.append(await asyncio.open_connection(host, int(port)))
                if number % 4 == 0:
                    assert (await regular.get("/healthz")).status_code == 200
            async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as late:
                assert (await late.get("/healthz")).status_code == 200
        for _, writer in silent:
            writer.close()


async def test_headers_a_byte_at_a_time(hurried: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*hurried)
    writer.write(b"GET /healthz HTTP/1.1\r\n")
    ended = asyncio.create_task(closed(reader))
    for _ in range(int(PATIENCE) * 20):
        writer.write(b"X")
        await asyncio.wait({ended}, timeout=0.05)
        if ended.done():
            break
    assert ended.done()
    assert await ended == b""
    writer.close()


async def test_the_second_request_of_a_connection_has_no_more_time(hurried: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*hurried)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"200 OK" in await reader.readuntil(b"}")
    writer.write(b"GET /healthz HTTP/1.1\r\n")
    assert await closed(reader) == b""
    writer.close()


@pytest.mark.parametrize(
    ("trusted", "told"), [((), "127.0.0.1"), (("127.0.0.1",), "192.0.2.7"), (("10.0.0.1",), "127.0.0.1")]
)
async def test_only_a_proxy_of_ours_says_who_asks(
    desk: Desk, web_settings: Settings, trusted: tuple[str, ...], told: str
) -> None:
    """Or whoever guesses would come from another address each time."""
    settings = web_settings.model_copy(update={"trusted_proxies": trusted})
    app = create_app(desk, settings)

    @app.get("/who")
    async def who(request: Request) -> Response:
        return Response(request.client.host if request.client else "")

    async with serving(app, settings) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        assert (await client.get("/who", headers={"X-Forwarded-For": "192.0.2.7"})).text == told


@pytest.mark.parametrize("pause", [0.0, 0.2], ids=["before the answer", "after the answer"])
@pytest.mark.parametrize("path", [b"/sign-in", b"/hooks/datapoint"])
async def test_rubbish_in_a_body_fills_no_log(
    hurried: tuple[str, int], caplog: pytest.LogCaptureFixture, path: bytes, pause: float
) -> None:
    """What breaks off in the middle is refused once, and is no defect."""
    reader, writer = await asyncio.open_connection(*hurried)
    writer.write(b"POST " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
    if pause:
        await asyncio.wait({asyncio.create_task(asyncio.Event().wait())}, timeout=pause)
    writer.write(b"ZZ\r\nabc\r\n")
    assert b"HTTP/1.1 4" in await closed(reader)
    writer.close()
    async with httpx2.AsyncClient(timeout=PATIENCE) as client:
        assert (await client.get(f"http://{hurried[0]}:{hurried[1]}/healthz")).status_code == 200
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_a_reader_that_does_not_read(hurried: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*hurried)
    writer.write(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"200 OK" in await reader.readline()
    transport = writer.transport
    assert isinstance(transport, asyncio.Transport)
    transport.pause_reading()
    # Longer than it is waited for, while another is answered.
    async with httpx2.AsyncClient(timeout=PATIENCE) as client:
        for _ in range(4):
            assert (await client.get(f"http://{hurried[0]}:{hurried[1]}/healthz")).status_code == 200
            await asyncio.wait({asyncio.create_task(asyncio.Event().wait())}, timeout=0.2)
    transport.resume_reading()
    got = 0
    async with asyncio.timeout(PATIENCE):
        try:
            while part := await reader.read(1_000_000):
                got += len(part)
        except ConnectionResetError:
            pass
    assert got < LARGE
    writer.close()


async def test_who_is_quick_is_served_whole(hurried: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    # How quick that is depends on what this machine does besides.
    monkeypatch.setattr(Hurried, "read_seconds", PATIENCE)
    async with httpx2.AsyncClient(timeout=PATIENCE) as client:
        for _ in range(3):
            answer = await client.get(f"http://{hurried[0]}:{hurried[1]}/large")
            assert len(answer.content) == LARGE


async def test_answers_are_not_held_back(hurried: tuple[str, int]) -> None:
    """The headers leave at once, and the body does not wait for them to be acknowledged (40 ms each time)."""
    loop = asyncio.get_running_loop()
    took = PATIENCE
    async with httpx2.AsyncClient(base_url=f"http://{hurried[0]}:{hurried[1]}", timeout=PATIENCE) as client:
        # Held back, every one of them takes longer than that; on a machine that is busy, some do.
        async with asyncio.timeout(PATIENCE):
            while took >= 0.03:
                began = loop.time()
                await client.get("/healthz")
                took = min(took, loop.time() - began)
