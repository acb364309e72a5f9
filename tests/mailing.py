"""A real SMTP server for tests, and mails looked at as a reader's program shows them."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from partners.message import Mail

Answer = Callable[[str], str]


def ok(_address: str) -> str:
    return "250 OK"


@dataclass
class Mailbox:
    """What the server took, and what it answers to recipients and messages."""

    answer_recipient: Answer = ok
    answer_message: Answer = ok
    messages: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[object] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answer_recipient(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = self.answer_message(envelope.rcpt_tos[0])
        if answer.startswith("2"):
            assert isinstance(envelope.content, bytes)
            self.messages.append(envelope.content)
            self.recipients += envelope.rcpt_tos
            self.encrypted.append(session.ssl is not None)
            self.users.append(session.auth_data)
        return answer

    def last(self) -> EmailMessage:
        """The last message, parsed as a mail client would."""
        message = message_from_bytes(self.messages[-1], policy=default)
        assert isinstance(message, EmailMessage)
        assert not message.defects
        return message


@asynccontextmanager
async def mail_server(
    mailbox: Mailbox, *, tls: ssl.SSLContext | None = None, password: str | None = None
) -> AsyncIterator[Mailbox]:
    """aiosmtpd on a free port; with `password`, only `robot` with it may send, and only encrypted."""

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _method: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"robot", (password or "").encode())
        return AuthResult(success=right, handled=False, auth_data=data)

    options: dict[str, Any] = {"hostname": "mx.test", "enable_SMTPUTF8": True}
    if tls:
        options |= {"tls_context": tls, "require_starttls": True}
    if password:
        options |= {"authenticator": check, "auth_required": True}
    async with smtp_server(mailbox, **options) as mailbox.port:
        yield mailbox


@asynccontextmanager
async def smtp_server(handler: object, port: int = 0, **options: Any) -> AsyncIterator[int]:
    """aiosmtpd with this handler, on `port` or a free one. With it end its connections, which clients keep open."""
    sessions: list[SMTP] = []

    def session() -> SMTP:
        sessions.append(SMTP(handler, **options))
        return sessions[-1]

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            for each in sessions:
                if each.transport is not None:
                    each.transport.close()


def a_mail(**changes: Any) -> Mail:
    fields: dict[str, Any] = {
        "to": "dana@riverside-vet.example",
        "to_name": "Dana Whitfield",
        "subject": "Hello",
        "text": "Hello\n",
        "html": "<p>Hello</p>",
        "message_id": "<key-1@pharmacy.example>",
        "at": datetime(2026, 3, 1, 16, 12, tzinfo=UTC),
    }
    return Mail(**(fields | changes))


class _Shown(HTMLParser):
    """The text that a reader of HTML sees, and where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._hidden += tag in ("style", "title")
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag not in ("a", "strong", "span", "code", "b"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def shown(page: str) -> tuple[str, list[str], list[str]]:
    """What of an HTML part is seen, as one line; its links; and its tags."""
    parser = _Shown()
    parser.feed(page)
    return squashed("".join(parser.parts)), parser.links, parser.tags


def squashed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def bodies(message: EmailMessage) -> tuple[str, str]:
    """The text part and the HTML part."""
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    return text.get_content(), page.get_content()


def assert_mail_contains(message: EmailMessage, *wanted: str) -> None:
    """Each of `wanted` is read in both parts (a web address at least as where a link of the HTML leads)."""
    text, page = bodies(message)
    seen, links, _ = shown(page)
    for words in wanted:
        assert words in squashed(text), f"not in the text part: {words}"
        assert words in seen or (words.startswith("http") and words in links), f"not in the HTML part: {words}"
