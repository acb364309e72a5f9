"""Reads returned mail: which of our mails it is about, what became of that one, and why.

The report's own structure decides, then its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message

from partners.mail_failure_reasons import Reason, enhanced_code, failure_reason, printable, reason_by_words
from partners.message import OWN_HEADER
from partners.returned_mail.delivery_report import REPLY, TYPES, Recipient, original_ids, recipients
from partners.returned_mail.files import (
    MAX_MAILS,
    TooManyMails,
    attached_files,
    mails_in,
    parts,
    returned_messages,
    text_in,
    text_of,
)
from partners.returned_mail.headers import first_address, header
from partners.returned_mail.prose import from_daemon, is_automatic_reply, outcome_in_words, own_words
from playbooks.engine.states import Remedy

OWN_ID = re.compile(rf"^[ \t>]{{0,20}}{OWN_HEADER}:\s{{0,9}}(<[^<>\s]{{1,500}}>)", re.IGNORECASE | re.MULTILINE)
MESSAGE_ID = re.compile(
    r"^[ \t>]{0,20}(?:[\w ]{1,80}: {0,9}|original-)?message-id:\s{0,9}(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE
)
EXPIRED = re.compile(
    r"\bexpired\b|timed? ?out|timeout exceeded|(for|within) (\d+|the last) (hour|day)s?\b", re.IGNORECASE
)
PARAGRAPH = re.compile(r"\r?\n[ \t>]*\r?\n")
REFUSED = re.compile(r"\b(was|been) (automatically )?(rejected|refused)\b|quota exceeded", re.IGNORECASE)
RECEIPTS = ("text/x-disposition-notification", "text/x-global-disposition-notification")
COMPLAINT = re.compile(r"complaint about message from", re.IGNORECASE)
"""Begins the subject of a complaint of Outlook.com, which has no report."""
NO_COMPLAINT = re.compile(r"^feedback-type:\s*(not-spam|auth-failure|dmarc|dkim)", re.IGNORECASE | re.MULTILINE)
ANY_ID = re.compile(r"<[^<>@\s]{1,250}@[^<>\s]{1,250}>")

NO_MAIL = "This file is not an e-mail: save the returned mail whole, with its headers (as .eml)."
ORDINARY = "This is an ordinary e-mail, not a returned one: nothing was recorded."
LATE = Reason("it is delayed, and the server goes on trying")
AUTOMATIC_REPLY = (
    "This is an automatic reply (somebody is away, or a program asks for something), not a returned mail: nothing is"
    " noted."
)
RECEIPT = (
    "This is a receipt of somebody's mail program (read, or deleted unread), not a returned mail: the mail arrived."
)
WITHOUT_ID = (
    "This returned mail does not say which message it is about, so nothing was recorded:"
    " correct the address in the recipient's onboarding by hand."
)


class NotABounce(Exception):
    """The mail says nothing that could be noted; the message says what it seems to be."""


@dataclass(frozen=True)
class Bounce:
    """A mail that came back, or is late.

    `message_ids`: of the mail that we sent, with angle brackets, the likeliest first. `permanent` is False for a delay,
    after which the server may still deliver. `status` is the enhanced status code. `reason` is a sentence for people,
    `remedy` what helps.
    """

    message_ids: Sequence[str]
    recipient: str | None
    permanent: bool
    status: str | None
    reason: str
    remedy: Remedy = "again"


@dataclass(frozen=True)
class Complaint:
    """A recipient marked our mail as unwanted (RFC 5965)."""

    message_ids: Sequence[str]
    recipient: str | None


def read_returned_mail(content: bytes) -> list[Bounce | Complaint | NotABounce]:
    """Reads a file of returned mails: one, or several as mbox. Each is read by itself."""
    try:
        mails = [inner for mail in mails_in(content) for inner in _forwarded(mail)]
    except TooManyMails:
        return [NotABounce(f"This file has more than {MAX_MAILS} mails: split it.")]
    except RecursionError:
        return [NotABounce("This file is nested too deeply to be a returned mail: nothing was recorded.")]
    return [_read(mail) for mail in mails] or [NotABounce(NO_MAIL)]


def _forwarded(mail: Message) -> list[Message]:
    """Returns the reports that a mail hands on as attachments, else the mail itself."""
    if next(parts(mail, *TYPES), None) or from_daemon(mail):
        return [mail]
    attached = (*returned_messages(mail), *attached_files(mail))
    inner = [each for each in attached if from_daemon(each) or next(parts(each, *TYPES), None)]
    return inner or [mail]


def _read(mail: Message) -> Bounce | Complaint | NotABounce:
    kind = str(mail.get_param("report-type") or "").lower()
    marked = kind == "feedback-report" or COMPLAINT.match(header(mail, "subject"))
    if marked or any(parts(mail, "text/x-feedback-report")):
        return _complaint(mail)
    receipt = kind == "disposition-notification" or any(parts(mail, *RECEIPTS))
    # Some mail stores refuse a mail by such a notification.
    if receipt and not (from_daemon(mail) and REFUSED.search(text_of(mail))):
        return NotABounce(RECEIPT)
    if reported := recipients(mail):
        return _from_report(mail, reported[0])
    text = own_words(text_of(mail))
    outcome = outcome_in_words(mail, text)
    if outcome is None:
        return NotABounce(AUTOMATIC_REPLY if is_automatic_reply(mail) else ORDINARY)
    recipient = first_address(header(mail, "x-failed-recipients")) or first_address(text)
    return _bounce(mail, recipient, outcome == "failed", enhanced_code(text), _answer(text), text)


def _from_report(mail: Message, worst: Recipient) -> Bounce | NotABounce:
    if worst.outcome == "delivered":
        action = printable(worst.action, 80)
        return NotABounce(f"This delivery report says '{action}': the mail did not come back, so nothing was recorded.")
    final, intended = first_address(worst.address), first_address(worst.intended)
    text = worst.text
    if final and intended and final.lower() != intended.lower():
        text = f"forwarded to {final}: {text}"
    return _bounce(mail, intended, worst.outcome == "failed", worst.status, text)


def _bounce(
    mail: Message, recipient: str | None, failed: bool, status: str | None, answer: str, prose: str = ""
) -> Bounce | NotABounce:
    ids = _original_ids(mail)
    if failed and not ids:
        return NotABounce(WITHOUT_ID)
    sentence, remedy = _reason(status, answer, prose) if failed else LATE
    server_text = printable(answer).rstrip("'\".")
    reason = f"{sentence[:1].upper()}{sentence[1:]}" + (f" (it said: {server_text})." if server_text else ".")
    return Bounce(ids, recipient or _original_recipient(mail), failed, status, reason, remedy)


def _complaint(mail: Message) -> Complaint | NotABounce:
    report = " ".join(map(text_in, parts(mail, "text/x-feedback-report")))
    if other := NO_COMPLAINT.search(report):
        return NotABounce(
            f"This report of a mail provider ({other[1].lower()}) is not a complaint: nothing was recorded."
        )
    ids = _original_ids(mail)
    if not ids:
        return NotABounce("This is a complaint about a mail, but does not say about which: nothing was recorded.")
    return Complaint(ids, _original_recipient(mail))


def _answer(text: str) -> str:
    """Returns the server's answer in a text, from its reply code to the end of the paragraph."""
    found = REPLY.search(text)
    return PARAGRAPH.split(text[found.start() :])[0] if found else ""


def _reason(status: str | None, answer: str, prose: str) -> Reason:
    if words := reason_by_words(answer):
        return words
    reply = REPLY.search(answer)
    if EXPIRED.search(answer or prose) or (status and status.startswith("4")):
        return Reason("the server gave up after trying for long: check the address, then send it again")
    if reply or status:
        return failure_reason(int(reply[0]) if reply else None, status, answer)
    # What a server explains in many words can be said of others: only what is about the recipient is believed.
    words = reason_by_words(prose)
    if words and not words.our_fault:
        return words
    return Reason("the server gives no known reason: check the address, then send it again", "address")


def _original_ids(mail: Message) -> tuple[str, ...]:
    """Returns the Message-IDs that the returned mail may have had with us.

    Our own header counts most, because some providers replace the Message-ID. The replies' headers come last: they may
    name another mail of the same conversation.
    """
    return tuple(dict.fromkeys(_candidate_ids(mail)))


def _candidate_ids(mail: Message) -> Iterator[str]:
    leaves = (part for part in mail.walk() if part.get_content_maintype() in ("text", "application"))
    texts = [text_of(mail), *map(text_in, leaves)]
    for text in texts:
        yield from OWN_ID.findall(text)
    for each in returned_messages(mail):
        yield from ANY_ID.findall(header(each, "message-id"))[:1]
    yield from ANY_ID.findall(original_ids(mail))
    for text in texts:
        yield from MESSAGE_ID.findall(text)[:1]
    for name in ("in-reply-to", "x-original-message-id"):
        yield from ANY_ID.findall(header(mail, name))
    yield from reversed(ANY_ID.findall(header(mail, "references")))


def _original_recipient(mail: Message) -> str | None:
    return next((address for each in returned_messages(mail) if (address := first_address(header(each, "to")))), None)
