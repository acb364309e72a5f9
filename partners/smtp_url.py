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
    """An address that cannot be used; the message is a sentence without the address, which may hold a password."""


@dataclass(frozen=True)
class SmtpUrl:
    """Where mail is handed over, as whom, and how it is kept secret on the way.

    Without `starttls` it is required, save on this very machine, where it is used if offered. `ca` is a file with the
    certificates to trust instead of the system's, for a server whose certificate is its own.
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
        """Reads the address. Raises `SmtpUrlProblem`, also if it would send a password in the clear."""
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
        secure = parts.scheme == "smtps"
        here = _is_this_machine(parts.hostname)
        made = cls(
            host=parts.hostname,
            port=port or (465 if secure else 587),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            tls_from_start=secure,
            starttls=_starttls(starttls, "auto" if here else "required"),
            ca=Path(ca) if ca else None,
        )
        if secure and starttls:
            raise SmtpUrlProblem(
                "SMTP_URL has both smtps and starttls: smtps is encrypted from the start, so drop one."
            )
        if made.user and not secure and made.starttls != "required" and not here:
            raise SmtpUrlProblem(
                f"SMTP_URL would send the password to {made.host} without encryption if starttls={made.starttls}:"
                " use starttls=required or smtps."
            )
        return made

    def context(self) -> ssl.SSLContext:
        """Certificates are always checked. Raises `SmtpUrlProblem` if the file with them cannot be used."""
        try:
            return ssl.create_default_context(cafile=self.ca)
        except OSError as error:  # also ssl.SSLError
            raise SmtpUrlProblem(f"The certificates in {self.ca} cannot be read ({error.strerror or error}).") from None


def _starttls(given: str | None, usual: Starttls) -> Starttls:
    match given:
        case None:
            return usual
        case "required" | "auto" | "off":
            return given
    raise SmtpUrlProblem(f"SMTP_URL has starttls={given}: it must be required, auto or off.")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
