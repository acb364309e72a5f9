"""Hands mail to an SMTP server, and reports the outcome exactly.

The mail was accepted; or it was not (`TransportError`, permanent or temporary); or it is unknown, because the
connection broke between the message and the answer (`maybe_delivered`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ssl import SSLContext, SSLError

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from partners.mail_failure_reasons import Reason, enhanced_code, failure_reason, printable
from partners.message import Mail, Sender, ascii_domain, compose, needs_utf8
from partners.server_url import SmtpUrl, connection_problem
from playbooks.engine.states import Remedy

TIMEOUT = 20.0
"""Seconds for each answer of the server. The last one, to the message, may take three times as long, because giving up
there causes duplicates."""
IDLE_SECONDS = 5.0
"""How long a connection waits for another mail; busy servers allow more."""
MAILS_PER_CONNECTION = 20
"""The limit of the strictest common servers."""
READY_FOR_DATA = 354
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class TransportError(Exception):
    """A mail that was not accepted, or whose outcome is unknown.

    `permanent`: it would be refused again, so a person has to act. `maybe_delivered`: it may have arrived; a
    repetition must have the same Message-ID. `remedy`: what helps.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, maybe_delivered: bool = False, remedy: Remedy = "again"
    ) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.permanent = permanent
        self.maybe_delivered = maybe_delivered


class Connection(aiosmtplib.SMTP):
    """A connection to the server, with the number of mails sent over it."""

    mails = 0
    expiry: asyncio.TimerHandle

    def quit_and_close(self) -> None:
        """Sends QUIT without waiting for the answer."""
        if self.protocol is not None and self.is_connected:
            self.protocol.write(b"QUIT\r\n")
        self.close()


@dataclass(frozen=True)
class Smtp:
    """Sends mail from one sender over one server. Safe to share between the tasks of one event loop.

    A connection is kept open for the next mail for a few seconds.
    """

    url: SmtpUrl
    sender: Sender
    timeout: float = TIMEOUT
    _context: SSLContext = field(init=False, repr=False, compare=False)
    _idle: list[Connection] = field(init=False, repr=False, compare=False, default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_context", self.url.context())

    @classmethod
    def from_url(cls, url: str, sender: Sender) -> Smtp:
        """Raises `ServerUrlProblem` if the address or its file of certificates cannot be used."""
        return cls(SmtpUrl.parse(url), sender)

    async def send(self, mail: Mail) -> None:
        """Hands over one mail. Raises `TransportError`."""
        try:
            message = compose(mail, self.sender)
        except ValueError as error:
            raise TransportError(f"The mail cannot be written: {error}; correct its names.", permanent=True) from error
        connection = await self._opened(mail.to)
        with _closed_on_failure(connection):
            await self._transfer(connection, mail.to, message)
        self._keep(connection)

    def close(self) -> None:
        """Closes the idle connections."""
        while self._idle:
            self._taken().quit_and_close()

    async def _opened(self, to: str) -> Connection:
        """Returns a connection on which the mail is announced, an idle one if that still works."""
        if self._idle:
            # The server may have closed it; nothing of this mail was sent yet.
            with suppress(TransportError), _closed_on_failure(connection := self._taken()):
                await self._announce(connection, to)
                return connection
        with _closed_on_failure(connection := await self._connected()):
            await self._announce(connection, to)
        return connection

    def _keep(self, connection: Connection) -> None:
        connection.mails += 1
        if connection.mails >= MAILS_PER_CONNECTION:
            connection.quit_and_close()
            return
        connection.expiry = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._expire, connection)
        self._idle.append(connection)

    def _taken(self) -> Connection:
        connection = self._idle.pop()
        connection.expiry.cancel()
        return connection

    def _expire(self, connection: Connection) -> None:
        self._idle.remove(connection)
        connection.quit_and_close()

    async def _connected(self) -> Connection:
        """Returns an encrypted and authenticated connection. Failures here are temporary for the mail."""
        url = self.url
        client = Connection(
            hostname=url.host,
            port=url.port,
            use_tls=url.tls_from_start,
            start_tls={"required": True, "off": False, "auto": None}[url.starttls] if not url.tls_from_start else False,
            tls_context=self._context,
            username=url.user,
            password=url.password,
            timeout=self.timeout,
            # Finding the host's name may need a DNS query that times out.
            local_hostname=ascii_domain(self.sender.address).rpartition("@")[2],
        )
        try:
            await client.connect()
        except SMTPResponseException as refusal:
            raise TransportError(
                f"{self._server} does not give us access: {_said_of_us(refusal)}.", remedy="ours"
            ) from refusal
        except (SMTPException, OSError, TimeoutError) as error:
            # It offers no encryption or no way to sign in that we have, or its certificate is not trusted.
            ours = type(error) is SMTPException or isinstance(_root(error), SSLError)
            advice = "check SMTP_URL" if ours else "we try again"
            text = f"{self._server} cannot be used: {_cause(error)}; {advice}."
            raise TransportError(text, remedy="ours" if ours else "again") from error
        return client

    async def _announce(self, client: Connection, to: str) -> None:
        """From whom a mail to this address comes. What fails here is not about the mail, but for letters of others."""
        utf8 = needs_utf8(self.sender.address, to)
        try:
            if utf8 and client.is_ehlo_or_helo_needed:
                await client.ehlo()
            if utf8 and not client.supports_extension("smtputf8"):
                raise TransportError(
                    f"{self._server} does not accept letters like those in {to}: ask for another address.",
                    permanent=True,
                    remedy="address",
                )
            options = ["SMTPUTF8"] if utf8 else []
            await client.mail(ascii_domain(self.sender.address), options=options, encoding="utf-8")
        except SMTPResponseException as refusal:
            raise TransportError(
                f"{self._server} accepts no mail from us: {_said_of_us(refusal)}.", remedy="ours"
            ) from refusal
        except (SMTPException, OSError, TimeoutError) as error:
            raise TransportError(f"{self._server} broke off: {_cause(error)}; we try again.") from error

    async def _transfer(self, client: Connection, to: str, message: bytes) -> None:
        """To whom, and the message itself. Once it has been written, a broken connection leaves its fate unknown."""
        written = False
        try:
            await client.rcpt(ascii_domain(to), encoding="utf-8")
            ready = await client.execute_command(b"DATA")
            if ready.code != READY_FOR_DATA:
                raise SMTPResponseException(ready.code, ready.message)
            protocol = client.protocol
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            protocol.write(LEADING_DOT.sub(b"..", message) + b".\r\n")
            written = True
            answer = await protocol.read_response(timeout=3 * self.timeout)
            if answer.code // 100 != 2:
                raise SMTPResponseException(answer.code, answer.message)
        except SMTPResponseException as refusal:
            if refusal.code // 100 in (4, 5):
                raise _refused(refusal) from refusal
            raise self._unclear(written, refusal) from refusal
        except (SMTPException, OSError, TimeoutError) as error:
            raise self._unclear(written, error) from error

    def _unclear(self, written: bool, error: Exception) -> TransportError:
        fate = "so the mail may have arrived or not" if written else "before it had the mail; we try again"
        return TransportError(f"{self._server} broke off, {fate}: {_cause(error)}.", maybe_delivered=written)

    @property
    def _server(self) -> str:
        return f"The mail server {self.url.host}:{self.url.port}"


@contextmanager
def _closed_on_failure(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _refused(refusal: SMTPResponseException) -> TransportError:
    """Returns the error: permanent for 5xx, unless it is about us and not about the mail."""
    reason = _reason(refusal)
    return TransportError(
        f"{_capital(_with_answer(reason.sentence, refusal))}.",
        permanent=refusal.code >= 500 and not reason.our_fault,
        remedy=reason.remedy,
    )


def _said_of_us(refusal: SMTPResponseException) -> str:
    """Returns what a refusal means before a recipient was named, with the server's own text."""
    reason = _reason(refusal)
    about_us = reason.our_fault or refusal.code < 500
    return _with_answer(reason.sentence if about_us else "check SMTP_URL and MAIL_FROM", refusal)


def _reason(refusal: SMTPResponseException) -> Reason:
    words = printable(refusal.message)
    return failure_reason(refusal.code, enhanced_code(words), words)


def _with_answer(sentence: str, refusal: SMTPResponseException) -> str:
    return f"{sentence} (it said: {refusal.code} {printable(refusal.message)})"


def _cause(error: BaseException) -> str:
    """Returns why a connection failed."""
    root = _root(error)
    lost = isinstance(root, aiosmtplib.SMTPServerDisconnected)
    return "the connection was lost" if lost else connection_problem(root)


def _root(error: BaseException) -> BaseException:
    """Returns the system's own error, if this one wraps it."""
    return error.__cause__ if isinstance(error, SMTPException) and isinstance(error.__cause__, OSError) else error


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
