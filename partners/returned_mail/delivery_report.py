"""Delivery reports for machines (RFC 3464, RFC 6533), read tolerantly: many servers write them not quite so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.message import Message
from typing import Literal, NamedTuple

from partners.mail_failure_reasons import enhanced_code
from partners.returned_mail.files import parts, text_in

Outcome = Literal["failed", "delayed", "delivered"]
TYPES = ("text/x-delivery-status", "text/x-global-delivery-status")
ACTIONS: Mapping[str, Outcome] = {
    **dict.fromkeys(("failed", "failure", "fail", "expired", "undeliverable", "bounced", "rejected"), "failed"),
    **dict.fromkeys(("delayed", "delay", "deferred"), "delayed"),
    **dict.fromkeys(("delivered", "relayed", "expanded", "delivery", "success"), "delivered"),
}
CLASSES: Mapping[str, Outcome] = {"5": "failed", "4": "delayed", "2": "delivered"}
"""What the first digit of a status says where there is no action."""
NAMES = "|".join(
    (
        *("reporting-mta", "received-from-mta", "arrival-date", "dsn-gateway", "original-envelope-id"),
        *("original-recipient", "final-recipient", "action", "status", "remote-mta", "diagnostic-code"),
        *("last-attempt-date", "final-log-id", "will-retry-until", "localized-diagnostic", r"x-[\w-]+"),
    )
)
FIELD = re.compile(rf"\s{{0,3}}({NAMES})\s*:(.*)", re.IGNORECASE)
TYPE_PREFIX = re.compile(r"\s*[a-z][\w-]*\s*;", re.IGNORECASE)
"""The type before a value, as in `rfc822; jo@clinic.example`."""
BETWEEN_BLOCKS = re.compile(r"\n[ \t\r]*\n")
WORD = re.compile(r"[a-z]+")
REPLY = re.compile(r"(?<![\d.])([245])\d\d(?=[ \-]|$)")


class Recipient(NamedTuple):
    """What a report says about one recipient. `intended` is the address that we wrote to, before any forwarding."""

    outcome: Outcome
    action: str
    address: str
    intended: str
    status: str | None
    text: str


def recipients(mail: Message) -> list[Recipient]:
    """Returns what the mail's reports say, worst first; nothing of those of which they say nothing clear."""
    found = map(_recipient, _blocks(mail))
    order = ("failed", "delayed", "delivered")
    return sorted((each for each in found if each), key=lambda each: order.index(each.outcome))


def original_ids(mail: Message) -> str:
    """Returns what the reports say about the Message-ID of the mail that came back."""
    return " ".join(fields.get("x-original-message-id", "") for fields in _blocks(mail))


def _blocks(mail: Message) -> Iterable[Mapping[str, str]]:
    """Returns the fields of each block. A line that is no field continues the one before, indented or not."""
    for block in (each for part in parts(mail, *TYPES) for each in BETWEEN_BLOCKS.split(text_in(part))):
        lines: dict[str, list[str]] = {}
        name = ""
        for line in block.splitlines():
            field = FIELD.match(line)
            name = field[1].lower() if field else name
            if name:
                lines.setdefault(name, []).append((field[2] if field else line).strip())
        yield {name: " ".join(each).strip() for name, each in lines.items()}


def _recipient(fields: Mapping[str, str]) -> Recipient | None:
    text = _value(fields, "diagnostic-code") or _value(fields, "x-supplementary-info")
    status = enhanced_code(fields.get("status", ""))
    # Some write the reply code there.
    text = text or ("" if status else fields.get("status", ""))
    if status is None or status.endswith(".0.0"):
        status = enhanced_code(text) or status
    words = WORD.findall(fields.get("action", "").lower())
    reply = REPLY.search(text)
    outcome = ACTIONS.get(words[0]) if words else None
    outcome = outcome or CLASSES.get((status or (reply[1] if reply else ""))[:1])
    if outcome is None:
        return None
    final, original = _value(fields, "final-recipient"), _value(fields, "original-recipient")
    return Recipient(outcome, words[0] if words else outcome, final or original, original or final, status, text)


def _value(fields: Mapping[str, str], name: str) -> str:
    """Returns a field without the type before it."""
    text = fields.get(name, "")
    return text[found.end() :].strip() if (found := TYPE_PREFIX.match(text)) else text
