"""The connection to a mailbox: encrypted or not, and with servers that misbehave."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from machine.ports import free_port
from partners import bounce_mailbox
from partners.bounce_mailbox import MailboxProblem, opened
from partners.server_url import ImapUrl
from tests.certificates import certificate, tls
from tests.imap_server import ESCAPED, Folder, imap_server, proxy

__all__ = ["certificate", "tls"]


@pytest.fixture(scope="module")
def server(certificate: Path) -> Iterator[int]:
    with imap_server(certificate) as port:
        folder = Folder(port, "Returned mail")
        folder.create()
        folder.deliver(b"Subject: one\n\n1\n", b"Subject: two\n\n2\n")
        yield port


def address(port: int, scheme: str = "imap", query: str = "") -> ImapUrl:
    return ImapUrl.parse(f"{scheme}://{ESCAPED}@127.0.0.1:{port}/Returned%20mail{query}")


async def read(url: ImapUrl) -> list[bytes]:
    async with opened(url) as mailbox:
        return [content for _, content in await mailbox.fetch(await mailbox.uids_from(1))]


async def problem(url: ImapUrl) -> str:
    with pytest.raises(MailboxProblem) as caught:
        await read(url)
    assert "se%cret" not in str(caught.value)
    assert str(caught.value).endswith(".")
    return str(caught.value)


@asynccontextmanager
async def answering(*lines: str) -> AsyncIterator[int]:
    """A server that greets with the first line and answers each command with one more, then keeps silent."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tag = ""
        for line in lines:
            writer.write(f"{line.format(tag=tag)}\r\n".encode())
            tag = (await reader.readline()).decode().partition(" ")[0]
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


async def test_encrypted_by_starttls(server: int, certificate: Path) -> None:
    found = await read(address(server, query=f"?starttls=required&ca={certificate}"))
    assert [content.split()[1] for content in found] == [b"one", b"two"]


async def test_encrypted_from_the_start(server: int, certificate: Path, tls: ssl.SSLContext) -> None:
    async with proxy(server, tls=tls) as between:
        assert len(await read(address(between.port, "imaps", f"?ca={certificate}"))) == 2
        assert "its encryption cannot be trusted" in await problem(address(between.port, "imaps"))
    assert sum(b"AUTHENTICATE" in line for line in between.commands) == 1


async def test_a_certificate_that_is_not_trusted(server: int) -> None:
    assert "its encryption cannot be trusted" in await problem(address(server, query="?starttls=required"))
    assert "cannot be read" in await problem(address(server, query="?starttls=required&ca=/nowhere/ca.pem"))


async def test_nobody_listens() -> None:
    assert "it refuses the connection; we try again" in await problem(address(free_port()))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["* OK hi", "* CAPABILITY IMAP4rev1\r\n{tag} OK done"], "does not answer in time"),
        (["* BYE too busy"], "too busy"),
        (["HTTP/1.1 400 Bad Request"], "broke off"),
        (["* OK hi", "{tag} BAD what?"], "cannot be read"),
        (
            [
                "* OK hi",
                "* CAPABILITY IMAP4rev1\r\n{tag} OK done",
                "{tag} NO [AUTHENTICATIONFAILED] LOGIN se%cret/1 is wrong",
            ],
            "check the user and password in BOUNCE_MAILBOX",
        ),
        (
            ["* OK hi", "* CAPABILITY IMAP4rev1\r\n{tag} OK done", "{tag} NO [UNAVAILABLE] later"],
            "accepts no sign-ins at the moment; we try again",
        ),
        (
            [
                "* OK hi",
                "* CAPABILITY IMAP4rev1\r\n{tag} OK done",
                "{tag} OK done",
                "* 9 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{tag} OK done",
                "* 1 FETCH (UID 1)\r\n{tag} OK done",
                "* 1 FETCH (UID 1 BODY[]<0> {{99999999999}}",
            ],
            "it announced an answer of 99999999999 bytes",
        ),
    ],
)
async def test_servers_that_misbehave(monkeypatch: pytest.MonkeyPatch, lines: list[str], said: str) -> None:
    monkeypatch.setattr(bounce_mailbox, "TIMEOUT", 2.0)
    async with answering(*lines) as port:
        assert said in await problem(address(port))


async def test_encryption_that_is_required_is_not_left_out() -> None:
    async with answering("* OK hi", "* CAPABILITY IMAP4rev1\r\n{tag} OK done") as port:
        assert "offers no encryption: use imaps://" in await problem(address(port, query="?starttls=required"))
