"""Reports written for people: whether a text says that a mail came back, is late, or neither."""

from __future__ import annotations

import re
from email.message import Message

from flufl.bounce import all_failures

from partners.returned_mail.delivery_report import Outcome
from partners.returned_mail.headers import header


def _any_of(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


DAEMON = _any_of(
    r"\b(mailer-?daemon|mail-?daemon|postmaster|mdaemon|microsoftexchange\w*)@", r"mail delivery (sub)?system"
)
DELAY = _any_of(
    *(r"\bdelay(ed)?\b", r"\bdeferred\b", r"\bwarning: (message|could not)", r"will (be )?retr"),
    *(r"(keep|still) trying", r"not (yet )?been delivered( yet)?\b"),
)
FAILURE = _any_of(
    *(r"\b(un|non)-?deliver(ed|able)", r"returned (mail|to sender)", r"return(ed|ing) (message|mail|your)"),
    *(r"delivery (has )?(failed|failure|problem|incomplete)", r"delivery status notification \(failure"),
    *(r"failure (notice|delivery)", r"(mail|message|delivery|e-?mail) (delivery )?(failed|failure|error)"),
    *(r"could ?n[o']t be delivered", r"was not delivered", r"(unable|not able) to deliver"),
    *(r"(was|has been|were) (rejected|blocked|refused)", r"permanent(ly)? (error|fail)"),
    *(r"user unknown", r"unknown user", r"no such (user|mailbox)", r"does ?n[o']t exist"),
    # The subjects of Exchange in other languages.
    *("unzustellbar", "nicht zustellbar", "non remis", "non distribu", "no se puede entregar", "no entregad"),
    *("mancat[ao] (consegna|recapito)", "onbestelbaar", "niet bezorgd", "n[ãa]o entregue", "não é possível entregar"),
    *("olevererbar", "kan ikke leveres", "niedostarczon", "nelze doručit", "недоставлен", "не удается доставить"),
    *("配信不能", "无法送达"),
)
AUTOMATIC = re.compile(
    r"^(re: *)?(auto(matic|mated)?[ -]?(re(ply|sponse)|reaction)|out of (the )?office|away from|on vacation|abwesen"
    r"|automatische antwort|réponse automatique|respuesta automática|risposta automatica|resposta automática)",
    re.IGNORECASE,
)
COPY = re.compile(r"^-+ *(below this line is|this is) a copy|^-+ *original message", re.IGNORECASE | re.MULTILINE)
PERMANENT = re.compile(r"(?<![\d.])(5\d\d(?=[ \-#]|$)|5\.\d{1,3}\.\d{1,3})(?![\d.]*\d)", re.MULTILINE)
TEMPORARY = re.compile(r"(?<![\d.])(4\d\d(?=[ \-#]|$)|4\.\d{1,3}\.\d{1,3})(?![\d.]*\d)", re.MULTILINE)


def own_words(text: str) -> str:
    """Returns a report's text without the copy of our mail at its end."""
    copy = COPY.search(text)
    return text[: copy.start()] if copy else text


def outcome_in_words(mail: Message, text: str) -> Outcome | None:
    """Returns what a report in words says; None for a mail that is none. `text`: its own words."""
    failed = header(mail, "x-failed-recipients")
    if not (failed or from_daemon(mail)):
        return None
    subject = header(mail, "subject")
    if DELAY.search(subject) or (DELAY.search(text) and not PERMANENT.search(text)):
        return "delayed"
    if PERMANENT.search(text):
        return "failed"
    if TEMPORARY.search(text) and not failed:
        return "delayed"
    return "failed" if failed or FAILURE.search(subject) or FAILURE.search(text) or _is_known_form(mail) else None


def from_daemon(mail: Message) -> bool:
    """Returns whether a mail server wrote it. An empty return path says less: automatic replies have it too."""
    return any(DAEMON.search(header(mail, name)) for name in ("from", "sender"))


def is_automatic_reply(mail: Message) -> bool:
    """Returns whether it is marked as an automatic reply, as many reports of servers are as well."""
    return (
        header(mail, "auto-submitted").lower().startswith(("auto-replied", "auto-notified"))
        or any(mail.get(name) for name in ("x-autoreply", "x-autorespond", "x-auto-response-suppress"))
        or header(mail, "precedence").lower() in ("auto_reply", "auto-reply")
        or bool(AUTOMATIC.search(header(mail, "subject")))
    )


def _is_known_form(mail: Message) -> bool:
    _, permanent = all_failures(mail)
    return bool(permanent)
