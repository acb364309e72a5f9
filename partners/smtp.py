"""Hands mail to an SMTP server, and says exactly what became of it.

There are three ends: it was taken; it was not (`TransportError`, for good or for now); or nobody can tell, because the
connection broke after the message had gone and before the answer came (`maybe_delivered`).
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from ssl import SSLContext, SSLError

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from partners.message import Mail, Sender, ascii_domain, compose, needs_utf8
from partners.smtp_codes import enhanced_code, meaning, readable
from partners.smtp_url import SmtpUrl

TIMEOUT = 20.0
"""Seconds for each answer of the server. The last one, to the whole message, may take three times as long: giving up
there is what makes duplicates."""


READY_FOR_DATA = 354
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class TransportError(Exception):
    """A mail that was not taken, or of which nobody knows.

    `permanent`: the same mail will be refused again, so a person has to act. `maybe_delivered`: it may have arrived; a
    repetition must carry the same Message-ID.
    """

    def __init__(self, message: str, *, permanent: bool = False, maybe_delivered: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.maybe_delivered = maybe_delivered


@dataclass(frozen=True)
class Smtp:
    """A way to send: the server, and who the mail is from. Safe to share between tasks; one connection a mail."""

    url: SmtpUrl
    sender: Sender
    timeout: float = TIMEOUT
    _context: SSLContext = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_context", self.url.context())

    @classmethod
    def from_url(cls, url: str, sender: Sender) -> Smtp:
        """Raises `SmtpUrlProblem` if the address, or the file of certificates that it names, cannot be used."""
        return cls(SmtpUrl.parse(url), sender)

    async def send(self, mail: Mail) -> None:
        """Hands over one mail. Raises `TransportError`."""
        try:
            message = compose(mail, self.sender)
        except ValueError as error:
            raise TransportError(f"The mail cannot be written: {error}; correct its names.", permanent=True) from error
        client = await self._connected()
        try:
            await self._announce(client, mail.to)
            await self._transfer(client, message)
        finally:
            client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        """A connection, encrypted and signed in. What fails here is about the server or us: the mail is still good."""
        url = self.url
        client = aiosmtplib.SMTP(
            hostname=url.host,
            port=url.port,
            use_tls=url.tls_from_start,
            start_tls={"required": True, "off": False, "auto": None}[url.starttls] if not url.tls_from_start else False,
            tls_context=self._context,
            username=url.user,
            password=url.password,
            timeout=self.timeout,
            # The system's own idea of its name may take a DNS query that times out.
            local_hostname=ascii_domain(self.sender.address).rpartition("@")[2],
        )
        try:
            await client.connect()
        except SMTPResponseException as refusal:
            raise TransportError(f"{self._server} does not let us in: {_said(refusal)}.") from refusal
        except (SMTPException, OSError, TimeoutError) as error:
            raise TransportError(f"{self._server} cannot be used: {_cause(error)}; it is tried again.") from error
        return client

    async def _announce(self, client: aiosmtplib.SMTP, to: str) -> None:
        """From whom and to whom. Only what is said about the recipient is about the mail."""
        utf8 = needs_utf8(self.sender.address, to)
        options, encoding = (["SMTPUTF8"], "utf-8") if utf8 else ([], "ascii")
        try:
            if utf8 and client.is_ehlo_or_helo_needed:
                await client.ehlo()
            if utf8 and not client.supports_extension("smtputf8"):
                raise TransportError(
                    f"{self._server} takes no addresses with letters such as those in {to}: ask for another address.",
                    permanent=True,
                )
            await client.mail(ascii_domain(self.sender.address), options=options, encoding=encoding)
            await client.rcpt(ascii_domain(to), encoding=encoding)
        except aiosmtplib.SMTPRecipientRefused as refusal:
            raise _refused(refusal) from refusal
        except SMTPResponseException as refusal:
            raise TransportError(f"{self._server} takes no mail from us: {_said(refusal)}.") from refusal
        except (SMTPException, OSError, TimeoutError) as error:
            raise TransportError(f"{self._server} broke off: {_cause(error)}; it is tried again.") from error

    async def _transfer(self, client: aiosmtplib.SMTP, message: bytes) -> None:
        """The message itself. Once it has been written, a broken connection leaves its fate unknown."""
        written = False
        try:
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
            # What the server says to this changes nothing any more, so nobody waits for it.
            protocol.write(b"QUIT\r\n")
        except SMTPResponseException as refusal:
            if refusal.code // 100 in (4, 5):
                raise _refused(refusal) from refusal
            raise self._unclear(written, refusal) from refusal
        except (SMTPException, OSError, TimeoutError) as error:
            raise self._unclear(written, error) from error

    def _unclear(self, written: bool, error: Exception) -> TransportError:
        fate = "so the mail may have arrived or not" if written else "before it had the mail; it is tried again"
        return TransportError(f"{self._server} broke off, {fate}: {_cause(error)}.", maybe_delivered=written)

    @property
    def _server(self) -> str:
        return f"The mail server {self.url.host}:{self.url.port}"


def _refused(refusal: SMTPResponseException) -> TransportError:
    """5xx about this mail is for good, unless it says that we have to sign in."""
    ours = meaning(refusal.code, enhanced_code(refusal.message)).ours
    return TransportError(f"{_capital(_said(refusal))}.", permanent=refusal.code >= 500 and not ours)


def _said(refusal: SMTPResponseException) -> str:
    """What a refusal means, and the server's own words for whoever wants to look them up."""
    words = readable(refusal.message)
    return f"{meaning(refusal.code, enhanced_code(words)).words} (it said: {refusal.code} {words})"


def _cause(error: BaseException) -> str:
    """Why a connection failed, in words."""
    root = error.__cause__ if isinstance(error, SMTPException) and isinstance(error.__cause__, OSError) else error
    match root:
        case SSLError():
            return f"its encryption cannot be trusted ({root.reason or root}), check its certificate"
        case TimeoutError():
            return "it does not answer in time"
        case ConnectionRefusedError():
            return "it refuses the connection"
        case socket.gaierror():
            return "its name is not known"
        case aiosmtplib.SMTPServerDisconnected():
            return "the connection was lost"
    return str(root).rstrip(".") or type(root).__name__


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
