"""The message that goes over the wire: its headers, and the same words as plain text and HTML."""

from __future__ import annotations

import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, quote
from hashlib import sha256

LONGEST_NAME = 60
MESSAGE_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")


@dataclass(frozen=True)
class Sender:
    """Who mail is from, and where answers go."""

    address: str
    name: str
    reply_to: str


@dataclass(frozen=True)
class Mail:
    """One mail to one reader. `message_id` has its angle brackets; `at` is aware, and becomes the Date."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    at: datetime
    to_name: str | None = None


def compose(mail: Mail, sender: Sender) -> EmailMessage:
    """The message in full. Raises ValueError for a line break in a header, or a malformed address or Message-ID."""
    if not MESSAGE_ID.fullmatch(mail.message_id):
        raise ValueError(f"'{mail.message_id}' is no Message-ID, such as <key@example.com>")
    message = EmailMessage(policy=SMTP.clone(utf8=needs_utf8(sender.address, mail.to)))
    message["From"] = _address(sender.address, sender.name)
    message["To"] = _address(mail.to, mail.to_name)
    message["Reply-To"] = _address(sender.reply_to, sender.name)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["MIME-Version"] = "1.0"
    # The same mail is the same bytes each time; and quoted-printable never has "=_", so no part has the boundary.
    boundary = f"=_{sha256(mail.message_id.encode()).hexdigest()[:32]}"
    message["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    message.attach(_part("plain", mail.text))
    message.attach(_part("html", mail.html))
    return message


def _part(subtype: str, text: str) -> EmailMessage:
    """Text in quoted-printable, encoded by C code: what EmailMessage does in Python takes most of a mail's time."""
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


def needs_utf8(*addresses: str) -> bool:
    """Whether a part before an @ has letters that only servers with SMTPUTF8 take."""
    return not all(address.rpartition("@")[0].isascii() for address in addresses)


def ascii_domain(address: str) -> str:
    """The address with its domain as the network knows it: `xn--...` for other scripts."""
    user, _, domain = address.rpartition("@")
    return f"{user}@{domain if domain.isascii() else domain.encode('idna').decode()}"


def _address(address: str, name: str | None) -> Address:
    user, _, domain = ascii_domain(address).rpartition("@")
    if not user or not domain:
        raise ValueError(f"'{address}' is not an e-mail address")
    # Python's email package folds a long quoted name into several addresses; one that needs folding is left out.
    fits = name is not None and len(quote(name)) <= LONGEST_NAME
    return Address(name if name and fits else "", username=user, domain=domain)
