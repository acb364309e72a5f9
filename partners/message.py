"""Composes MIME messages: headers, plain text and HTML.

Not with `email.message`, whose header objects take ten times as long, more than everything else about a mail.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, quote
from hashlib import sha256

import idna

OWN_HEADER = "X-Onboarding-Message-ID"
"""Repeats the Message-ID, which some mail providers replace: a returned mail is known by it."""
MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
LINE_BREAK = re.compile(r"\r\n?|\n")
PLAIN_LENGTH = 64
"""Longer texts are encoded and folded."""
WORD_BYTES = 39
"""Bytes of text in one encoded word (RFC 2047), so that a line fits beside the longest header name."""
PLAIN = re.compile(r"[!-~]([ -~]*[!-~])?|")
"""Text that a header holds unencoded."""
DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
DOMAIN = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[A-Za-z0-9.:]+\]")


@dataclass(frozen=True)
class Sender:
    """The sender of all mail, and the address for replies."""

    address: str
    name: str
    reply_to: str


@dataclass(frozen=True)
class Mail:
    """One mail to one recipient. `message_id` has angle brackets; `at` is an aware time, for the Date header."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    at: datetime
    to_name: str | None = None


def compose(mail: Mail, sender: Sender) -> bytes:
    """Returns the message. Raises `ValueError` for a line break in a header, or an invalid address or Message-ID."""
    if not MESSAGE_ID.fullmatch(mail.message_id):
        raise ValueError(f"'{mail.message_id}' is not a Message-ID, for example <key@example.com>")
    # The same for each copy of a mail. Quoted-printable text never contains "=_", so no part contains the boundary.
    boundary = f"=_{sha256(mail.message_id.encode()).hexdigest()[:32]}"
    headers = (
        f"From: {_mailbox(sender.address, sender.name)}",
        f"To: {_mailbox(mail.to, mail.to_name)}",
        f"Reply-To: {_mailbox(sender.reply_to, sender.name)}",
        f"Subject: {_text(mail.subject)}",
        f"Date: {format_datetime(mail.at)}",
        f"Message-ID: {mail.message_id}",
        f"{OWN_HEADER}: {mail.message_id}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    )
    between = f"--{boundary}"
    body = ("", between, _part("plain", mail.text), between, _part("html", mail.html), f"{between}--", "")
    return "\r\n".join((*headers, *body)).encode()


def needs_utf8(*addresses: str) -> bool:
    """Returns whether a part before an @ needs SMTPUTF8."""
    return not all(address.rpartition("@")[0].isascii() for address in addresses)


def ascii_domain(address: str) -> str:
    """Returns the address with its domain in ASCII (`xn--...`).

    By IDNA 2008: the codec of the standard library turns some letters into others, and so names another domain.
    """
    user, _, domain = address.rpartition("@")
    return f"{user}@{domain if domain.isascii() else idna.encode(domain, uts46=True).decode()}"


def _part(subtype: str, text: str) -> str:
    head = f'Content-Type: text/{subtype}; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n\n'
    return LINE_BREAK.sub("\r\n", head + b2a_qp(text.encode(), istext=True).decode("ascii"))


def _mailbox(address: str, name: str | None) -> str:
    """Returns a name and an address for a header."""
    user, _, domain = ascii_domain(address).rpartition("@")
    if not user or not user.isprintable() or not DOMAIN.fullmatch(domain):
        raise ValueError(f"'{address}' is not an e-mail address")
    exact = f"{user if DOT_ATOM.fullmatch(user) else _quoted(user)}@{domain}"
    return f"{_text(name, quoted=True)}\r\n <{exact}>" if name else exact


def _text(text: str, *, quoted: bool = False) -> str:
    """Returns text for a header: unencoded if possible, otherwise encoded and folded."""
    if text.splitlines() not in ([], [text]):
        raise ValueError(f"'{text}' has a line break")
    if PLAIN.fullmatch(text) and "=?" not in text and len(text) <= PLAIN_LENGTH:
        return _quoted(text) if quoted else text
    words, word = [], b""
    for letter in text:
        encoded = letter.encode()
        if len(word) + len(encoded) > WORD_BYTES:
            words.append(word)
            word = b""
        word += encoded
    return "\r\n ".join(f"=?utf-8?b?{b64encode(each).decode()}?=" for each in (*words, word))


def _quoted(text: str) -> str:
    return f'"{quote(text)}"'
