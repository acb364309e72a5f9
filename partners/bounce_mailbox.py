"""Reads the mailbox that returned mail comes to, by IMAP (RFC 3501), with the standard library's client in a thread.

It changes nothing there but the flag of what was understood: messages are peeked at, so that the others stay unread.
"""

from __future__ import annotations

import asyncio
import imaplib
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from partners.mail_failure_reasons import printable
from partners.server_url import ImapUrl, ServerUrlProblem, connection_problem

T = TypeVar("T")
TIMEOUT = 30.0
"""Seconds for each answer of the server."""
MESSAGE_BYTES = 256 * 1024
"""How much of a message is read: a report says what it has to say at its beginning."""
BATCH = 20
"""Messages asked for at once."""
ANSWER_BYTES = 4 * MESSAGE_BYTES
"""The longest literal that is taken from the server."""
UID = re.compile(rb"\bUID (\d+)")
BUSY = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]", re.IGNORECASE)
"""The response codes of RFC 5530 that are not about the password."""
NOT_PRINTABLE_ASCII = re.compile(r"[^ -~]+")


class MailboxProblem(Exception):
    """The mailbox cannot be read; the message is a sentence without the password. `refused`: it let nobody in."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class BounceMailbox:
    """An open mailbox. UIDs hold as long as `uid_validity` stays the same. Everything raises `MailboxProblem`."""

    def __init__(self, imap: _Imap, executor: ThreadPoolExecutor) -> None:
        self._imap = imap
        self._executor = executor
        self.uid_validity = imap.uid_validity

    async def uids_from(self, first: int) -> list[int]:
        """Returns the UIDs of all messages from this one on, in their order, which is that of their arrival."""
        return await self._call(self._imap.uids_from, first)

    async def fetch(self, uids: Sequence[int]) -> list[tuple[int, bytes]]:
        """Returns the beginnings of at most BATCH messages, without those that are gone. None becomes read."""
        return await self._call(self._imap.fetch, uids)

    async def mark_read(self, uid: int) -> None:
        """Flags a message as read, if the server lets us."""
        await self._call(self._imap.mark_read, uid)

    async def _call(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, self._imap.guarded, function, *arguments
        )


@asynccontextmanager
async def opened(url: ImapUrl) -> AsyncIterator[BounceMailbox]:
    """Opens the mailbox for as long as the block lasts. Raises `MailboxProblem`."""
    # Not the loop's own executor, which a process would wait for when it ends.
    executor = ThreadPoolExecutor(1, "imap")
    imap = _Imap(url)
    try:
        await asyncio.get_running_loop().run_in_executor(executor, imap.guarded, imap.open)
        yield BounceMailbox(imap, executor)
    finally:
        executor.submit(imap.close)
        executor.shutdown(wait=False)


class _Client(imaplib.IMAP4):
    """A client that takes no endless answer."""

    def read(self, size: int) -> bytes:
        if size > ANSWER_BYTES:
            raise self.abort(f"it announced an answer of {size} bytes")
        return super().read(size)


class _ClientTls(_Client, imaplib.IMAP4_SSL):
    """The same, encrypted from the start."""


class _Imap:
    """The blocking part. Its methods raise what `imaplib` raises, and `guarded` turns that into sentences."""

    def __init__(self, url: ImapUrl) -> None:
        self.url = url
        self.uid_validity = 0
        self._client: imaplib.IMAP4 | None = None

    @property
    def client(self) -> imaplib.IMAP4:
        if self._client is None:
            raise imaplib.IMAP4.abort("it is not connected")
        return self._client

    def guarded(self, function: Callable[..., T], *arguments: Any) -> T:
        """Calls a function. Raises `MailboxProblem` instead of everything else that can go wrong with a server."""
        try:
            return function(*arguments)
        except ServerUrlProblem as problem:
            raise MailboxProblem(str(problem)) from None
        except imaplib.IMAP4.abort as error:
            raise self._problem(f"broke off: {self._said(error)}; we try again") from None
        except imaplib.IMAP4.error as error:
            raise self._problem(f"cannot be read: {self._said(error)}; we try again") from None
        except OSError as error:
            raise self._problem(f"cannot be used: {connection_problem(error)}; we try again") from None

    def open(self) -> None:
        self._client = self._connected()
        self._sign_in()
        name = _quoted(self.url.mailbox)
        try:
            answer, data = self._client.select(name)
        except imaplib.IMAP4.readonly:
            # Reports are taken in all the same, and stay unread.
            answer, data = self._client.select(name, readonly=True)
        if answer != "OK":
            raise self._problem(f"opens no '{self.url.mailbox}': correct its name in BOUNCE_MAILBOX", data)
        self.uid_validity = self._number("UIDVALIDITY") or 0

    def uids_from(self, first: int) -> list[int]:
        following = self._number("UIDNEXT")
        if following is not None and following <= first:
            return []
        # In the range, `*` is the last message, even if that comes before the first.
        lines = self._uid("FETCH", f"{first}:*", "(UID)")
        found = (UID.search(line) for line in lines if isinstance(line, bytes))
        return sorted(number for each in found if each and (number := int(each[1])) >= first)

    def fetch(self, uids: Sequence[int]) -> list[tuple[int, bytes]]:
        lines = self._uid("FETCH", ",".join(map(str, uids)), f"(UID BODY.PEEK[]<0.{MESSAGE_BYTES}>)")
        found = {}
        for line, rest in zip(lines, [*lines[1:], b""], strict=True):
            if isinstance(line, tuple):
                # Some servers name the UID after the message.
                number = UID.search(line[0]) or (UID.search(rest) if isinstance(rest, bytes) else None)
                if number:
                    found[int(number[1])] = line[1]
        return [(uid, found[uid]) for uid in uids if uid in found]

    def mark_read(self, uid: int) -> None:
        if not self.client.is_readonly:
            with suppress(imaplib.IMAP4.readonly):
                self.client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def close(self) -> None:
        if self._client is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                self._client.logout()
            # After a failure, signing out has left the connection open.
            with suppress(OSError):
                self._client.shutdown()

    def _connected(self) -> imaplib.IMAP4:
        url, context = self.url, self.url.context()
        if url.tls_from_start:
            return _ClientTls(url.host, url.port, ssl_context=context, timeout=TIMEOUT)
        client = _Client(url.host, url.port, timeout=TIMEOUT)
        offered = "STARTTLS" in client.capabilities
        if url.starttls == "required" and not offered:
            client.shutdown()
            raise self._problem("offers no encryption: use imaps:// in BOUNCE_MAILBOX")
        if offered and url.starttls != "off":
            client.starttls(context)
        return client

    def _sign_in(self) -> None:
        user, password = self.url.user or "", self.url.password or ""
        try:
            if "AUTH=PLAIN" in self.client.capabilities:
                self.client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            else:
                self.client.login(user, password)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeEncodeError) as error:
            said = [str(error).encode()]
            if BUSY.search(str(error)):
                raise self._problem("accepts no sign-ins at the moment; we try again", said) from None
            problem = self._problem("refuses our sign-in: check the user and password in BOUNCE_MAILBOX", said)
            problem.refused = True
            raise problem from None

    def _uid(self, command: str, *arguments: str) -> list[Any]:
        answer, data = self.client.uid(command, *arguments)
        if answer != "OK":
            raise imaplib.IMAP4.error(data[0] if data else b"no reason given")
        return data

    def _number(self, name: str) -> int | None:
        """Returns a number that the server named when the mailbox was opened."""
        _, data = self.client.response(name)
        return int(data[0]) if data and data[0] else None

    def _problem(self, what: str, answer: Sequence[Any] = ()) -> MailboxProblem:
        said = self._said(answer[0]) if answer and answer[0] else ""
        return MailboxProblem(
            f"The mailbox for returned mail, {self.url.host}:{self.url.port}, {what}"
            + (f" (it said: {said})." if said else ".")
        )

    def _said(self, answer: object) -> str:
        """Returns the server's text without the password, which some repeat."""
        if isinstance(answer, Exception):
            answer = answer.args[0] if answer.args else ""
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
        if text.endswith("EOF"):
            return "the connection was lost"
        return printable(text.replace(self.url.password or "\0", "...")).rstrip(".")


def _quoted(folder: str) -> str:
    """Returns a folder's name as the protocol writes it (modified UTF-7, quoted)."""
    encoded = NOT_PRINTABLE_ASCII.sub(
        lambda found: f"&{b64encode(found[0].encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-",
        folder.replace("&", "&-"),
    )
    escaped = encoded.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
