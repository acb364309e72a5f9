"""A real IMAP server for tests, and a proxy before it that can break in at any command."""

from __future__ import annotations

import asyncio
import imaplib
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from machine.ports import free_port
from machine.processes import die_with_parent
from partners.server_url import ImapUrl
from tests.patience import PATIENCE

USER, PASSWORD = "returns@pharmacy.example", "se%cret/1"
ESCAPED = "returns%40pharmacy.example:se%25cret%2F1"


@dataclass(frozen=True)
class Folder:
    """One folder of the server, as a person's mail program uses it."""

    port: int
    name: str

    @property
    def quoted(self) -> str:
        return f'"{self.name}"'

    def url(self, port: int | None = None, login: str = ESCAPED) -> ImapUrl:
        return ImapUrl.parse(f"imap://{login}@127.0.0.1:{port or self.port}/{self.name}")

    def create(self) -> None:
        with signed_in(self.port) as client:
            assert client.create(self.quoted)[0] == "OK"

    def delete(self) -> None:
        with signed_in(self.port) as client:
            assert client.delete(self.quoted)[0] == "OK"

    def deliver(self, *messages: bytes) -> None:
        with signed_in(self.port) as client:
            for each in messages:
                assert client.append(self.quoted, "", "", each.replace(b"\n", b"\r\n"))[0] == "OK"

    def unread(self) -> int:
        with signed_in(self.port) as client:
            client.select(self.quoted, readonly=True)
            return len(client.search(None, "UNSEEN")[1][0].split())


@contextmanager
def signed_in(port: int) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4("127.0.0.1", port, timeout=PATIENCE) as client:
        client.login(USER, PASSWORD)
        yield client


@contextmanager
def imap_server(certificate: Path | None = None) -> Iterator[int]:
    """A pymap in a process of its own that keeps its messages in memory; yields its port.

    With a certificate, whose key is beside it, it offers STARTTLS.
    """
    port = free_port()
    tls = ("--cert", str(certificate), "--key", str(certificate.with_suffix(".key"))) if certificate else ()
    options = ("dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD)
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("pymap")), "--host", "127.0.0.1", "--port", str(port), *tls, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        asyncio.run(_listens(port))
        yield port
    finally:
        process.kill()
        process.wait(timeout=PATIENCE)


async def _listens(port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                with closing(writer):
                    return
            await asyncio.sleep(0.05)


@dataclass
class Proxy:
    """Passes everything on to a server, until a client's line has `breaks_at` in it: then it cuts the connection, or
    with `stalls` lets the client wait."""

    target: int
    breaks_at: bytes | None = None
    stalls: bool = False
    port: int = 0
    broke: asyncio.Event = field(default_factory=asyncio.Event)
    commands: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        with closing(writer), closing(to_server), suppress(OSError):
            answers = asyncio.create_task(_pass_on(from_server, writer))
            while line := await reader.readline():
                self.commands.append(line)
                if self.breaks_at and self.breaks_at in line:
                    self.broke.set()
                    if self.stalls:
                        await reader.read()
                    break
                to_server.write(line)
            answers.cancel()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while content := await reader.read(65536):
            writer.write(content)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxy(
    target: int, breaks_at: bytes | None = None, *, stalls: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Proxy]:
    """With `tls`, clients have to encrypt from the start."""
    between = Proxy(target, breaks_at, stalls)
    server = await asyncio.start_server(between.serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        between.port = server.sockets[0].getsockname()[1]
        yield between
