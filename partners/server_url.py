"""The address of a mail server: `smtp://user:password@host:587?starttls=required`, or `imaps://user:password@host/INBOX`.

`smtps` and `imaps` are encrypted from the start; special characters in user, password and folder are %-escaped.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

Starttls = Literal["required", "auto", "off"]


class ServerUrlProblem(ValueError):
    """An unusable address. The message is a sentence without the address, which may hold a password."""


@dataclass(frozen=True)
class ServerUrl:
    """The server, the login, and the encryption.

    The default of `starttls` is `required`, and `starttls_local` on this machine; `auto` uses it if it is offered. `ca`
    is a file with the certificates to trust instead of the system's, for a server with a self-signed certificate.
    """

    setting: ClassVar[str]
    scheme: ClassVar[str]
    example: ClassVar[str]
    port_plain: ClassVar[int]
    port_tls: ClassVar[int]
    starttls_local: ClassVar[Starttls]

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_from_start: bool = False
    starttls: Starttls = "required"
    ca: Path | None = None
    folder: str = ""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Reads the address. Raises ServerUrlProblem, also if it would send a password unencrypted."""
        try:
            parts = urlsplit(url.strip())
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in (cls.scheme, f"{cls.scheme}s") or not parts.hostname or parts.fragment:
            raise cls._malformed()
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        starttls = options.pop("starttls", None)
        ca = options.pop("ca", None)
        if options:
            option = next(iter(options))
            raise ServerUrlProblem(f"{cls.setting} has no option '{option}': use starttls and ca.")
        tls = parts.scheme == f"{cls.scheme}s"
        local = _is_local(parts.hostname)
        parsed = cls(
            host=parts.hostname,
            port=port or (cls.port_tls if tls else cls.port_plain),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            tls_from_start=tls,
            starttls=cls._starttls(starttls, cls.starttls_local if local else "required"),
            ca=Path(ca) if ca else None,
            folder=unquote(parts.path.strip("/")),
        )
        if tls and starttls:
            raise ServerUrlProblem(
                f"{cls.setting} has both {cls.scheme}s and starttls: {cls.scheme}s is encrypted from the start,"
                " so drop one."
            )
        if parsed.user and not tls and parsed.starttls != "required" and not local:
            raise ServerUrlProblem(
                f"{cls.setting} would send the password to {parsed.host} without encryption"
                f" if starttls={parsed.starttls}: use starttls=required or {cls.scheme}s."
            )
        parsed.check()
        return parsed

    def check(self) -> None:
        """Raises ServerUrlProblem if something is missing, or too much."""

    def context(self) -> ssl.SSLContext:
        """A context that verifies certificates. Raises ServerUrlProblem if the file `ca` cannot be read."""
        try:
            return ssl.create_default_context(cafile=self.ca)
        except OSError as error:  # also ssl.SSLError
            raise ServerUrlProblem(
                f"The certificates in {self.ca} cannot be read ({error.strerror or error})."
            ) from None

    @classmethod
    def _malformed(cls) -> ServerUrlProblem:
        return ServerUrlProblem(
            f"{cls.setting} must look like {cls.example}, with %-escapes for special characters in the password."
        )

    @classmethod
    def _starttls(cls, given: str | None, default: Starttls) -> Starttls:
        match given:
            case None:
                return default
            case "required" | "auto" | "off":
                return given
        raise ServerUrlProblem(f"{cls.setting} has starttls={given}: it must be required, auto or off.")


@dataclass(frozen=True)
class SmtpUrl(ServerUrl):
    """The server that mail is handed to."""

    setting = "SMTP_URL"
    scheme = "smtp"
    example = "smtp://user:password@host:587?starttls=required or smtps://..."
    port_plain = 587
    port_tls = 465
    starttls_local = "auto"

    def check(self) -> None:
        # Mostly the rest of a password with a slash in it.
        if self.folder:
            raise self._malformed()


@dataclass(frozen=True)
class ImapUrl(ServerUrl):
    """The mailbox that returned mail comes to."""

    setting = "BOUNCE_MAILBOX"
    scheme = "imap"
    example = "imaps://user:password@host/INBOX"
    port_plain = 143
    port_tls = 993
    starttls_local = "off"

    def check(self) -> None:
        if not (self.user and self.password):
            raise self._malformed()
        if not all(text.isprintable() for text in (self.user, self.password, self.folder)):
            raise ServerUrlProblem(f"{self.setting} has a control character in user, password or folder.")

    @property
    def mailbox(self) -> str:
        """The folder, which is INBOX unless the address names another."""
        return self.folder or "INBOX"

    @property
    def name(self) -> str:
        """Names the mailbox without the password."""
        return f"{self.mailbox} of {self.user} at {self.host}:{self.port}"


def connection_problem(error: BaseException) -> str:
    """Returns why a connection to a server failed, as the end of a sentence."""
    match error:
        case ssl.SSLError():
            return f"its encryption cannot be trusted ({error.reason or error}), check its certificate"
        case TimeoutError():
            return "it does not answer in time"
        case ConnectionRefusedError():
            return "it refuses the connection"
        case socket.gaierror():
            return "its name is not known"
    return str(error).rstrip(".") or type(error).__name__


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
