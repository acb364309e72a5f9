"""Reports written for people: whether a text says that a mail came back, is late, or neither."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message

from flufl.bounce import all_failures

from partners.returned_mail.delivery_report import Outcome
from partners.returned_mail.headers import header
from partners.returned_mail.phrases import AUTOMATIC, DELAYED, FAILED, GOES_ON, HELD, simplified

PROGRAM = re.compile(
    r"\b(mailer-?daemon|mail-?daemon|mdaemon|microsoftexchange\w*)\b|mailer daemon|mail delivery",
    re.IGNORECASE,
)
ROLE = re.compile(r"\bpostmaster@", re.IGNORECASE)
"""Who may be a mail server or a person."""
COPY = re.compile(r"^-+ *(below this line is|this is) a copy|^-+ *original message", re.IGNORECASE | re.MULTILINE)
_ANSWER = r"(?:^|[:;>('\"=-]|said|with|code|error|reply|returned)[ \t]*"
PERMANENT = re.compile(
    rf"{_ANSWER}5\d\d(?=[ \-#:)])|(?<![\d.])5\.\d{{1,3}}\.\d{{1,3}}(?![\d.]*\d)",
    re.MULTILINE | re.IGNORECASE,
)
TEMPORARY = re.compile(
    rf"{_ANSWER}4\d\d(?=[ \-#:)])|(?<![\d.])4\.\d{{1,3}}\.\d{{1,3}}(?![\d.]*\d)", re.MULTILINE | re.IGNORECASE
)
REPLY_TO = re.compile(r"(re|aw|sv|antw|tr|fwd?|wg|rv|res|enc)\s*:", re.IGNORECASE)
"""Begins the subject of a person's mail."""
_SUBJECTS: Mapping[Outcome, re.Pattern[str]] = {"delayed": DELAYED, "failed": FAILED}
MANY, FEW = 1000, 40
"""Letters of a subject that tell what has happened, if a program wrote it, or perhaps a person."""


def own_words(text: str) -> str:
    """Returns a report's text without the copy of our mail at its end."""
    copy = COPY.search(text)
    return text[: copy.start()] if copy else text


def outcome_in_words(mail: Message, text: str) -> Outcome | None:
    """Returns what a report in words says; None for a mail that is none. `text`: its own words."""
    failed = bool(header(mail, "x-failed-recipients"))
    by_program = failed or _from(mail, PROGRAM)
    if not (by_program or _from(mail, ROLE)):
        return None
    subject, words = simplified(header(mail, "subject")), simplified(text)
    if REPLY_TO.match(subject) and not by_program:
        return None
    permanent = bool(PERMANENT.search(text))
    announced = _announced(subject, MANY if by_program else FEW)
    if GOES_ON.search(words) and (announced == "delayed" or not permanent):
        return "delayed"
    if announced:
        return announced
    if failed:
        return "failed"
    if any(each.search(subject) for each in (HELD, AUTOMATIC)):
        return None
    if permanent and (by_program or FAILED.search(words)):
        return "failed"
    if by_program and (TEMPORARY.search(text) or DELAYED.search(words)):
        return "delayed"
    return "failed" if _is_known_form(mail) or (by_program and FAILED.search(words)) else None


def _announced(subject: str, letters: int) -> Outcome | None:
    """Returns what a subject says within its first letters.

    What comes first counts, for the rest may be the subject of our own mail.
    """
    found = ((outcome, pattern.search(subject[:letters])) for outcome, pattern in _SUBJECTS.items())
    return min(((match.start(), outcome) for outcome, match in found if match), default=(0, None))[1]


def from_daemon(mail: Message) -> bool:
    """Returns whether a mail server wrote it. An empty return path says less: automatic replies have it too."""
    return _from(mail, PROGRAM) or _from(mail, ROLE)


def _from(mail: Message, who: re.Pattern[str]) -> bool:
    return any(who.search(header(mail, name)) for name in ("from", "sender"))


def is_automatic_reply(mail: Message) -> bool:
    """Returns whether it is marked as an automatic reply, as many reports of servers are as well."""
    return (
        header(mail, "auto-submitted").lower().startswith(("auto-replied", "auto-notified"))
        or any(mail.get(name) for name in ("x-autoreply", "x-autorespond", "x-auto-response-suppress"))
        or header(mail, "precedence").lower() in ("auto_reply", "auto-reply")
        or bool(AUTOMATIC.search(simplified(header(mail, "subject"))))
    )


def _is_known_form(mail: Message) -> bool:
    _, permanent = all_failures(mail)
    return bool(permanent)
