"""Reads returned mail: which message came back, from whose mailbox, whether permanently, and why.

Reads delivery reports (RFC 3464) and the common formats that follow no standard (qmail, Exim and others), which have
the original Message-ID in their copy of the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from partners.mail_failure_reasons import enhanced_code, failure_reason, printable

MESSAGE_ID = re.compile(r"^[ \t>]*message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
ANY_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")
ADDRESS = re.compile(r"[^\s<>;:,\"()\[\]]+@[^\s<>;:,\"()\[\]]*[^\s<>;:,\"()\[\].]")
BASIC_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-]|$)", re.MULTILINE)
COPY = re.compile(r"^-+ *(below this line is|this is) a copy|^-+ *original message", re.IGNORECASE | re.MULTILINE)
DAEMON = re.compile(r"mailer-daemon|postmaster|<>|microsoftexchange", re.IGNORECASE)
DELAY = re.compile(
    r"\bdelay(ed)?\b|\bwarning: (message|could not)|will (be )?retr|keep trying|not been delivered yet", re.I
)
RETURN = re.compile(
    r"undeliver|returned|delivery (status|has failed|failure|failed|problem|incomplete|delay)|failure notice"
    r"|mail delivery|could not be delivered|warning: (message|could not)",
    re.IGNORECASE,
)


class NotABounce(Exception):
    """The file is not returned mail; the message says what it seems to be."""


@dataclass(frozen=True)
class Bounce:
    """A returned mail. `message_id` (with its angle brackets) is that of the mail we sent.

    `permanent` is False for a delay, after which the server may still deliver. `status` is the enhanced status code.
    `reason` is a sentence for people.
    """

    message_id: str
    recipient: str | None
    permanent: bool
    status: str | None
    reason: str


def read_bounce(content: bytes) -> Bounce:
    """Reads a returned mail. Raises NotABounce."""
    try:
        return _read(message_from_bytes(content))
    except RecursionError:
        raise NotABounce("This file is nested too deeply to be a returned mail: nothing is noted.") from None


def _read(message: Message) -> Bounce:
    if not message.keys():
        raise NotABounce("This file is no e-mail: save the returned mail whole, with its headers (as .eml).")
    reports = [part for part in message.walk() if part.get_content_type() == "message/delivery-status"]
    recipient, permanent, status, text = _read_report(reports[0]) if reports else _read_text(message)
    message_id = _original_id(message)
    if message_id is None:
        raise NotABounce(
            "This returned mail does not say which message it is about, so nothing is noted:"
            " correct the address in the recipient's onboarding by hand."
        )
    reason = _reason(permanent, status, text)
    return Bounce(message_id, recipient or _original_recipient(message), permanent, status, reason)


def _read_report(report: Message) -> tuple[str | None, bool, str | None, str]:
    """Recipient, whether permanent, status and the server's text, from the blocks of a delivery report."""
    payload = report.get_payload()
    blocks = [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []
    actions = [_header(block, "action").lower() for block in blocks]
    for action in ("failed", "delayed"):  # of several recipients, a permanent failure matters most
        if action in actions:
            block = blocks[actions.index(action)]
            text = _header(block, "diagnostic-code").partition(";")[2] or _header(block, "diagnostic-code")
            status = enhanced_code(_header(block, "status"))
            if status is None or status.endswith(".0.0"):
                status = enhanced_code(text) or status
            recipient = _address(_header(block, "final-recipient")) or _address(_header(block, "original-recipient"))
            return recipient, action == "failed", status, text
    stated = ", ".join(sorted({action for action in actions if action})) or "nothing of a failure"
    raise NotABounce(f"This delivery report says '{stated[:80]}': the mail did not come back, so nothing is noted.")


def _read_text(message: Message) -> tuple[str | None, bool, str | None, str]:
    """The same, from a report in free text, which is recognized by its sender and subject."""
    sender = " ".join(_header(message, name) for name in ("from", "sender", "return-path"))
    subject = _header(message, "subject")
    failed = _header(message, "x-failed-recipients")
    by_daemon = bool(DAEMON.search(sender))
    if _header(message, "auto-submitted").lower().startswith("auto-replied") and not (by_daemon or failed):
        raise NotABounce("This is an automatic reply (somebody is away), not a returned mail: the mail arrived.")
    if not (failed or (by_daemon and RETURN.search(subject))):
        raise NotABounce("This is an ordinary e-mail, not a returned one: nothing is noted.")
    text = _text(message)
    if copy := COPY.search(text):
        text = text[: copy.start()]
    status = enhanced_code(text)
    basic = BASIC_CODE.search(text)
    temporary = (status or (basic[1] if basic else "")).startswith("4")
    delayed = bool(DELAY.search(subject)) or (temporary and not failed)
    return _address(failed) or _address(text), not delayed, status, text[basic.start() :] if basic else ""


def _reason(permanent: bool, status: str | None, text: str) -> str:
    basic = BASIC_CODE.search(text)
    server_text = printable(text)
    if not permanent:
        sentence = "it is delayed, and the server goes on trying"
    elif status and status.startswith("4"):
        sentence = "the server gave up after trying for long: check the address, then send it again"
    elif basic or status:
        sentence = failure_reason(int(basic[1]) if basic else None, status).sentence
    else:
        sentence = "the server gives no reason that is known: check the address, then send it again"
    return f"{sentence[:1].upper()}{sentence[1:]}" + (f" (it said: {server_text})." if server_text else ".")


def _original_id(message: Message) -> str | None:
    """The Message-ID of the returned mail: from its attached headers, else the text, else what this replies to."""
    for part in _returned_messages(message):
        if found := ANY_ID.search(_header(part, "message-id")):
            return found[0]
    if found := MESSAGE_ID.search(_text(message)):
        return found[1]
    for name in ("in-reply-to", "x-original-message-id", "references"):
        if ids := ANY_ID.findall(_header(message, name)):
            return str(ids[-1])
    return None


def _original_recipient(message: Message) -> str | None:
    return next((address for part in _returned_messages(message) if (address := _address(_header(part, "to")))), None)


def _returned_messages(message: Message) -> Iterator[Message]:
    """The returned messages: attached whole, or only their headers."""
    for part in message.walk():
        if part is message:
            continue
        if part.get_content_type() == "text/rfc822-headers":
            yield message_from_bytes(_decoded(part))
        elif part.get_content_type() in ("message/rfc822", "message/global") and part.is_multipart():
            inner = part.get_payload()
            yield from (each for each in inner if isinstance(each, Message)) if isinstance(inner, list) else ()


def _text(message: Message) -> str:
    """The text of all parts, without attached messages."""
    if message.get_content_maintype() == "message":
        return ""
    if message.is_multipart():
        parts = message.get_payload()
        return "\n".join(_text(part) for part in parts if isinstance(part, Message)) if isinstance(parts, list) else ""
    if message.get_content_maintype() != "text" or message.get_content_type() == "text/rfc822-headers":
        return ""
    return _decoded(message).decode("utf-8", "replace")


def _decoded(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _header(message: Message, name: str) -> str:
    """A header on one line. Malformed encoded words, frequent in bounces, stay as they are."""
    raw = re.sub(r"\s+", " ", str(message.get(name, ""))).strip()
    try:
        return str(make_header(decode_header(raw)))
    except (ValueError, LookupError, MessageError):
        return raw


def _address(text: str) -> str | None:
    found = ADDRESS.search(text)
    return found[0] if found else None
