"""The mails in a file, one or several (mbox), and the mails attached to them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from html import unescape

ATTACHED = re.compile(
    rb"^(content-type:\s*)message/"
    rb"((?:global-)?delivery-status|global-headers|rfc822-headers|feedback-report|disposition-notification|rfc822|global)\b",
    re.IGNORECASE | re.MULTILINE,
)
ENVELOPE = re.compile(rb"(?:\A|\n\r?\n)From [^\r\n]*\r?\n(?=[!-9;-~]+:)")
JOINED = re.compile(rb"(?<=\w--)\r?\n(?=return-path:)", re.IGNORECASE)
"""Where a mail ends and another follows with nothing in between, as in files that were written one after another."""
TAG = re.compile(r"<(?:style|script|head)\b.*?</(?:style|script|head)>|<[^>]*>", re.IGNORECASE | re.DOTALL)
RETURNED = ("text/x-rfc822", "text/x-global", "text/x-rfc822-headers", "text/x-global-headers", "text/rfc822-headers")


def mails_in(content: bytes) -> list[Message]:
    """Returns the mails in a file; those without headers are left out."""
    content = ATTACHED.sub(rb"\1text/x-\2", _decoded(content).lstrip(b" \t\r\n"))
    pieces = ENVELOPE.split(content)[1:] if content.startswith(b"From ") else [content]
    mails = [message_from_bytes(each) for piece in pieces for each in JOINED.split(piece)]
    return [mail for mail in mails if mail.keys()]


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
    return content_of(part).decode("utf-8", "replace")


def text_of(mail: Message) -> str:
    """Returns the text that a person reads, of plain parts, or of HTML if there are none."""
    for kind in ("text/plain", "text/html"):
        if text := "\n".join(map(text_in, parts(mail, kind))):
            return unescape(TAG.sub(" ", text)).replace("\xa0", " ") if kind == "text/html" else text
    return ""


def _decoded(content: bytes) -> bytes:
    """Returns the file in a code that has ASCII in it, without a byte order mark."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode()
    return content.removeprefix(codecs.BOM_UTF8)
