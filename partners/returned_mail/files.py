"""The mails in a file, one or several (mbox), and the mails attached to them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import Message
from html import unescape

ATTACHED = re.compile(
    rb"^(content-type:\s*)message/"
    rb"((?:global-)?delivery-status|global-headers|rfc822-headers|feedback-report|disposition-notification|rfc822|global)\b",
    re.IGNORECASE | re.MULTILINE,
)
MAX_MAILS = 1000
ENVELOPE = re.compile(rb"(?:\A|\n\r?\n)From [^\r\n]*\r?\n(?=[!-9;-~]+:)")
JOINED = re.compile(rb"(?<=\w--)\r?\n(?=return-path:)", re.IGNORECASE)
"""Where a mail ends and another follows with nothing in between, as in files that were written one after another."""
BOUNDARY = re.compile(rb"^--([^\s-][^\r\n]{0,68}?)[ \t]*\r?\n(?=content-)", re.IGNORECASE | re.MULTILINE)
TAG = re.compile(r"<[^<>]*>")
HIDDEN = re.compile(r"<(?:style|script|head)\b", re.IGNORECASE)
LINE_END = re.compile(r"</?(?:p|br|tr|div|li|h\d|table|pre)\b[^<>]*>", re.IGNORECASE)
RETURNED = ("text/x-rfc822", "text/x-global", "text/x-rfc822-headers", "text/x-global-headers", "text/rfc822-headers")


MAIL_FILES = (".eml", ".mbox", ".mbx", ".msg.txt")
OPAQUE = ("application/octet-stream", "application/x-eml", "application/eml", "message/x-eml", "application/mbox")


class TooManyMails(Exception):
    """A file has more than MAX_MAILS mails."""


def mails_in(content: bytes) -> list[Message]:
    """Returns the mails in a file; those without headers are left out. Raises `TooManyMails`."""
    content = ATTACHED.sub(rb"\1text/x-\2", _decoded(content).lstrip(b" \t\r\n"))
    pieces = ENVELOPE.split(content)[1:] if content.startswith(b"From ") else [content]
    pieces = [each for piece in pieces for each in JOINED.split(piece)]
    if len(pieces) > MAX_MAILS:
        raise TooManyMails
    mails = [_parsed(each) for each in pieces]
    return [mail for mail in mails if mail.keys()]


def attached_files(mail: Message) -> Iterator[Message]:
    """Returns the mails that are attached as files, of whatever type a mail program gave them: `Undelivered.eml`."""
    for part in mail.walk():
        name = (part.get_filename() or "").lower()
        kind = part.get_content_type()
        if part.is_multipart() or kind in RETURNED or not (name.endswith(MAIL_FILES) or kind in OPAQUE):
            continue
        with suppress(TooManyMails):
            yield from mails_in(content_of(part))


def returned_messages(mail: Message) -> Iterator[Message]:
    """Returns the mails attached to a mail, whole or only their headers."""
    for part in parts(mail, *RETURNED):
        yield message_from_bytes(content_of(part).lstrip())


def parts(mail: Message, *types: str) -> Iterator[Message]:
    """Returns the parts of these types. What was `message/...` in the file is `text/x-...` here.

    The standard library parses attached messages itself, but neither the encoded nor the damaged ones.
    """
    return (part for part in mail.walk() if part.get_content_type() in types)


def content_of(part: Message) -> bytes:
    """Returns the decoded content of a part."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def text_in(part: Message) -> str:
    """Returns the decoded content of a part as text."""
    content = content_of(part)
    for charset in ("utf-8", part.get_content_charset() or "", "latin-1"):
        # Some codecs are not of text, and some names make no sense.
        with suppress(UnicodeError, LookupError, ValueError):
            return content.decode(charset)
    return content.decode("utf-8", "replace")


def text_of(mail: Message) -> str:
    """Returns the text that a person reads, of plain parts, or of HTML if there are none."""
    for kind in ("text/plain", "text/html"):
        if text := "\n".join(map(text_in, parts(mail, kind))):
            return (
                unescape(TAG.sub(" ", LINE_END.sub("\n", text))).replace("\xa0", " ") if kind == "text/html" else text
            )
    return ""


def _parsed(content: bytes) -> Message:
    """Returns a mail, its parts also if its header names another boundary than the one between them."""
    mail = message_from_bytes(content)
    if mail.get_content_maintype() == "multipart" and not mail.is_multipart() and (line := BOUNDARY.search(content)):
        report = re.fullmatch(r"[\w-]+", str(mail.get_param("report-type")))
        kind = f"Content-Type: {mail.get_content_type()}; report-type={report[0] if report else ''}; boundary=".encode()
        # Of two headers the first counts.
        return message_from_bytes(kind + b'"' + line[1] + b'"\n' + content)
    return mail


def _decoded(content: bytes) -> bytes:
    """Returns the file in a code that has ASCII in it, without a byte order mark."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode()
    return content.removeprefix(codecs.BOM_UTF8)
