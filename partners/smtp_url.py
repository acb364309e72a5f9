"""The address of a mail server: `smtp://user:password@host:587?starttls=required|auto|off&ca=FILE`, or `smtps://`."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Starttls = Literal["required", "auto", "off"]


class SmtpUrlProblem(ValueError):
    """An unusable address. The message is a sentence without the address, which may hold a password."""


@dataclass(frozen=True)
class SmtpUrl:
    """The server, the login, and the encryption.

    The default of `starttls` is `required`; on this machine it is `auto`: used if offered. `ca` is a file with the
    certificates to trust instead of the system's, for a server with a self-signed certificate.
    """

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_from_start: bool = False
    starttls: Starttls = "required"
    ca: Path | None = None

    @classmethod
    def parse(cls, url: str) -> SmtpUrl:
        """Reads the address. Raises SmtpUrlProblem, also if it would send a password unencrypted."""
        try:
            parts = urlsplit(url.strip())
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SmtpUrlProblem(
                "SMTP_URL must look like smtp://user:password@host:587?starttls=required or smtps://..., with %-escapes"
                " for special characters in the password."
            )
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        starttls = options.pop("starttls", None)
        ca = options.pop("ca", None)
        if options:
            raise SmtpUrlProblem(f"SMTP_URL knows no option '{next(iter(options))}': it takes starttls and ca.")
        smtps = parts.scheme == "smtps"
        local = _is_local(parts.hostname)
        parsed = cls(
            host=parts.hostname,
            port=port or (465 if smtps else 587),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            tls_from_start=smtps,
            starttls=_starttls(starttls, "auto" if local else "required"),
            ca=Path(ca) if ca else None,
        )
        if smtps and starttls:
            raise SmtpUrlProblem(
                "SMTP_URL has both smtps and starttls: smtps is encrypted from the start, so drop one."
            )
        if parsed.user and not smtps and parsed.starttls != "required" and not local:
            raise SmtpUrlProblem(
                f"SMTP_URL would send the password to {parsed.host} without encryption if starttls={parsed.starttls}:"
                " use starttls=required or smtps."
            )
        return parsed

    def context(self) -> ssl.SSLContext:
        """A context that verifies certificates. Raises SmtpUrlProblem if the file `ca` cannot be read."""
        try:
            return ssl.create_default_context(cafile=self.ca)
        except OSError as error:  # also ssl.SSLError
            raise SmtpUrlProblem(f"The certificates in {self.ca} cannot be read ({error.strerror or error}).") from None


def _starttls(given: str | None, default: Starttls) -> Starttls:
    match given:
        case None:
            return default
        case "required" | "auto" | "off":
            return given
    raise SmtpUrlProblem(f"SMTP_URL has starttls={given}: it must be required, auto or off.")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
