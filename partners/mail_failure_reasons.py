"""Why a mail failed: the reason behind each code of a mail server, and what to do about it (RFC 5321, RFC 3463).

To add a reason, add it to one of the tables: its words where the code alone does not tell, else its enhanced status
code, else its basic reply code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from playbooks.engine.states import Remedy

ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")

DOT_WITHIN = re.compile(r"\.(?=\S)")


class Reason(NamedTuple):
    """`sentence` says what happened and what to do; `remedy` is the same for programs."""

    sentence: str
    remedy: Remedy = "again"

    @property
    def our_fault(self) -> bool:
        """Whether our access to the server, or our sender, is wrong, and not the mail."""
        return self.remedy == "ours"


FIX = "correct the address and send it again"
WAIT = "we try again automatically"

ACCESS = Reason("the server does not pass on mail for us: check the host, user and password in SMTP_URL", "ours")
SIGN_IN = Reason("the server wants us to sign in first: check the user and password in SMTP_URL", "ours")
LIMIT = Reason("we have sent as much as our mail provider allows: wait, or raise the limit there", "ours")
SENDER = Reason(
    "our sender's address or domain is refused: have SPF, DKIM, DMARC and MAIL_FROM set up for our server", "ours"
)
REPUTATION = Reason("mail from our server's address is refused: ask our mail provider to have it unblocked", "ours")
ACCOUNT = Reason("our account at our mail provider may not send: look there what it asks for", "ours")
HOST = Reason("our mail server's name is refused: have its host name and its reverse DNS set up", "ours")
PROTOCOL = Reason("the server refuses how mail is handed to it: check the host and the port in SMTP_URL", "ours")
UNKNOWN = Reason(f"the mailbox does not exist: {FIX}", "address")
FULL = Reason("the mailbox is full: reach the recipient by phone, then send it again")
TOO_LARGE = Reason("the message is larger than that mailbox takes: tell an engineer")
BUSY = Reason("the mailbox gets too much mail at the moment: send it again later")
SWITCHED_OFF = Reason("the mailbox is switched off: ask the recipient for another address", "address")
INSIDE_ONLY = Reason(
    "the mailbox takes mail from its own organization only: ask the recipient for another address", "address"
)
NO_MAIL = Reason(f"the domain of the address takes no mail: {FIX}", "address")
LOOP = Reason("mail to that address goes round in circles there: ask the recipient for another address", "address")
BLOCKED = Reason("the recipient's server refuses mail from us: ask the practice's IT to allow our address")

NO_SIZE = r"(?![^.;]*\bsize\b)"
REFUSED = (
    r"(((not|n't|never|un-?) ?(allowed|permitted|authori[sz]ed|welcome|accepted))|denied|refused|rejected|blocked)"
)
LIMITS = r"(limit\w*|quota|credits?|exceed\w*|reach\w*)\b"

# The words of a refusal, where its code says something else, or several things. The first that fits counts.
REASONS_BY_WORDS: tuple[tuple[str, Reason], ...] = (
    (r"resolver.rst|for ?group", INSIDE_ONLY),
    (r"(user|recipient|mailbox) unknown|unknown (user|recipient|local part)|recipientnotfound", UNKNOWN),
    (r"(mail|message|routing|forwarding)\b[^.;]*\bloop|too many hops|hop count", LOOP),
    (r"receiving mail (at a rate|too)", BUSY),
    (r"rcpthosts|\brelay(ing|ed)?\b[^.;]*\b(denied|not|prohibited|re(fus|ject)ed|restricted|disabled)\b", ACCESS),
    (r"(\bno|\bnot|n't|unable|cannot|denied|refus\w+|reject\w+)\b[^.;]*\brelay", ACCESS),
    (r"\b(message|mail)\b[^.;]*\bsize\b[^.;]*\b(exceed|limit|large)|message (is )?too (large|big)", TOO_LARGE),
    (r"\b(mailbox|inbox|storage|disk)\b[^.;]*\b(size|space|limit)\b[^.;]*\b(exceed|reach|limit|full)", FULL),
    (r"\b(mailbox|inbox)\b[^.;]*\bover\b[^.;]*\blimit", FULL),
    (r"(mailbox|recipient|storage)\b[^.;]*\b(quota|full)|(account|user)\b[^.;]*\bfull\b", FULL),
    (r"(over|exceed\w*) (its |the )?(mailbox )?quota", FULL),
    (rf"\b(send(ing|er)?|sent|daily|hourly|per (hour|day|minute)|rate|max(imum)?)\b{NO_SIZE}[^.;]*\b{LIMITS}", LIMIT),
    (rf"\b(too many|max(imum)?|exceed\w*)\b{NO_SIZE}[^.;]*\b(e?-?mails?|messages?)\b", LIMIT),
    (r"(message|sending)\b[^.;]*\b(limit|quota)\b[^.;]*(exceed|reach)(?![^.;]*\bsize\b)", LIMIT),
    (r"quota exceeded", FULL),
    (r"your account|account\b[^.;]*\b(sending|to send)|trial account|not verified|outboundspam", ACCOUNT),
    (r"\b(spf|dkim|dmarc)\b|send as this sender|not owned by user", SENDER),
    (
        r"\bsender\b[^.;]*\b(reject\w*|not (allowed|exist)|denied|refused|invalid|verif\w+)|verification failed for",
        SENDER,
    ),
    (r"\b(sender|client|your)\b[^.;]*\b(ip|host)\b[^.;]*\bresolv|\bip\b[^.;]*\bmust (resolve|have)", HOST),
    (r"\b(helo|ehlo|rdns|ptr)\b|(reverse dns|your (reverse )?host ?name)", HOST),
    (r"auth(entication)?\b(?! credentials)[^.;]*\b(fail|required|needed|mandatory|missing|invalid)", SIGN_IN),
    (r"(requires?|without|before) (auth(entication)?|log ?in|credentials)\b|log ?in (is )?(required|needed)", SIGN_IN),
    (r"(not|un)[- ]?authenticated|basic authentication", SIGN_IN),
    (r"bad sequence|(need|expected)\b[^.;]*\bbefore (mail|rcpt|data)\b", PROTOCOL),
    (r"\bsend(er|ing)?\b[^.;]*\b(not|n't|un)[- ]?(permitted|authori[sz]ed|allowed)|may not send (from|as)", SENDER),
    (r"(need|send|smtp) auth\b|(must|please)\b[^.;]*\b(authenticate|sign in|log ?in)", SIGN_IN),
    (r"recipient (address )?(rejected|not found)|no such (user|mailbox|recipient)|have an? \S+ account", UNKNOWN),
    (r"(mailbox|account|user|recipient)\b[^.;]*\b(disabled|deactivated|suspended|inactive)", SWITCHED_OFF),
    (r"access denied, traffic|\b(ip|address|server)\b[^.;]*\b(block|black|deny)\s?list", REPUTATION),
    (r"spamhaus|spamcop|sorbs.net|barracudacentral|\bdnsbl\b|\brbl\b|(poor|bad|low|ip) reputation", REPUTATION),
    (rf"\b(you|your|from|connect\w*)\b[^.;]*\b{REFUSED}\b[^.;]*\bconnect|\bconnect\w*\b[^.;]*\b{REFUSED}", REPUTATION),
    (
        rf"\b((your|client) (ip|host|server|address)|this ip)\b[^.;]*\b{REFUSED}|(not|n't) accept\w* connections",
        REPUTATION,
    ),
    (rf"\baccess\b[^.;]*\bfrom\b[^.;]*\b(ip|host|address|server)\b[^.;]*\b{REFUSED}", REPUTATION),
    (r"your access to (submit|send)", REPUTATION),
    (r"your (internet service provider|network)\b[^.;]*\b(block|list)", REPUTATION),
    (r"null ?mx|does not accept (any )?mail(?! from)", NO_MAIL),
    (r"(mailbox|user|recipient|account|address)\b[^.;]*(does ?n[o']t|not) (exist|found|listed)", UNKNOWN),
    (r"(postfach|mailbox)\b[^.;]*\bvoll|bo[iî]te\b[^.;]*\bpleine|buz[oó]n\b[^.;]*\bllen", FULL),
    (r"caixa\b[^.;]*\bcheia|casella\b[^.;]*\bpiena|postvak\b[^.;]*\bvol\b", FULL),
)
REASONS_BY_VAGUE_WORDS: tuple[tuple[str, Reason], ...] = (
    (r"administrative\w* prohib|envelope blocked|polic(y|ies)|\bspam\b|content|(block|black|deny)[ -]?list", BLOCKED),
    (r"(message|mail)\b[^.;]*\b(blocked|rejected|refused)|blocked (by|using|for)", BLOCKED),
)
"""The same where the server gives no code that says more."""

# Enhanced status codes: class, subject and detail; without a detail, for every detail of that subject.
REASONS_BY_ENHANCED_CODE: dict[str, Reason] = {
    "5.1.1": UNKNOWN,
    "5.1.2": Reason(f"the domain of the address does not exist or takes no mail: {FIX}", "address"),
    "5.1.3": Reason(f"the address is malformed: {FIX}", "address"),
    "5.1.7": SENDER,
    "5.1.8": SENDER,
    "5.1.6": Reason(f"the mailbox has moved: ask for the new address, {FIX}", "address"),
    "5.1.10": NO_MAIL,
    "5.2.1": SWITCHED_OFF,
    "5.2.2": FULL,
    "5.2.3": TOO_LARGE,
    "5.3.4": Reason("the message is larger than that server takes: tell an engineer"),
    "5.4.1": Reason(f"no server takes mail for that domain: {FIX}", "address"),
    "5.4.5": LIMIT,
    **dict.fromkeys(("5.4.6", "5.4.14"), LOOP),
    "5.4.4": Reason(f"the domain of the address cannot be found: {FIX}", "address"),
    **dict.fromkeys(("5.5.1", "5.5.4"), PROTOCOL),
    "5.7.0": BLOCKED,
    "5.7.1": BLOCKED,
    "5.7.3": SIGN_IN,
    "5.7.8": Reason("the server refused our user or password: correct SMTP_URL", "ours"),
    "5.7.9": Reason("the server wants another way of signing in: correct SMTP_URL", "ours"),
    "5.7.14": Reason("the server wants us to sign in by other means: check the account behind SMTP_URL", "ours"),
    **dict.fromkeys(("5.7.54", "5.7.64", "5.7.68"), ACCESS),
    "5.7.57": SIGN_IN,
    **dict.fromkeys(("5.7.20", "5.7.23", "5.7.26", "5.7.27", "5.7.60", "5.7.509", "5.7.515"), SENDER),
    **dict.fromkeys((f"5.7.{number}" for number in range(124, 137)), INSIDE_ONLY),
    # All others are about us as senders, and none about the recipient's address.
    "5.7": REPUTATION,
    "4.2.1": Reason(f"the mailbox is switched off for the moment: {WAIT}"),
    "4.2.2": Reason(f"the mailbox is full: {WAIT}; a phone call to the recipient may help"),
    "4.3.1": Reason(f"the recipient's server is full: {WAIT}"),
    "4.3.2": Reason(f"the server takes no mail at the moment: {WAIT}"),
    "4.4": Reason(f"the recipient's server cannot be reached: {WAIT}"),
    "4.7.0": Reason(f"the server puts us off for the moment: {WAIT}"),
    "4.7.1": Reason(f"the server puts off senders that it does not know yet: {WAIT}"),
}

# Basic reply codes, where the server gives no enhanced one.
REASONS_BY_CODE: dict[int, Reason] = {
    421: Reason(f"the server closes for the moment: {WAIT}"),
    450: Reason(f"the mailbox is busy or puts us off: {WAIT}"),
    451: Reason(f"the server had a problem of its own: {WAIT}"),
    452: Reason(f"the server is short of space: {WAIT}"),
    454: Reason(f"encryption or signing in is not available at the moment: {WAIT}"),
    530: Reason(
        "the server wants us to sign in or to encrypt first: check the user and password in SMTP_URL, and starttls",
        "ours",
    ),
    534: Reason("the server wants a stronger way of signing in: correct SMTP_URL", "ours"),
    535: Reason("the server refused our user or password: correct SMTP_URL", "ours"),
    538: Reason("the server signs us in only when encrypted: set starttls=required in SMTP_URL", "ours"),
    550: Reason(f"the mailbox does not exist or may not be written to: {FIX}", "address"),
    551: Reason(f"the mailbox is elsewhere: ask for the new address, {FIX}", "address"),
    552: Reason("the mailbox is full or the message too large: reach the recipient by phone, then send it again"),
    553: Reason(f"the server does not allow that address: {FIX}", "address"),
    554: Reason("the server refuses the message: ask the practice's IT to allow our address"),
    556: NO_MAIL,
}
ABOUT_SIGNING_IN = (530, 534, 535, 538)


def enhanced_code(text: str) -> str | None:
    """The enhanced status code in a server's answer, such as 5.1.1; None if there is none."""
    found = ENHANCED.search(text)
    return found[1] if found else None


def reason_by_words(text: str) -> Reason | None:
    """The reason that the words of a refusal give; None if they give none."""
    return _by_words(text, REASONS_BY_WORDS)


def failure_reason(code: int | None, enhanced: str | None, text: str = "") -> Reason:
    """The reason for a refusal: by its words, its codes, or else temporary or permanent."""
    temporary = enhanced.startswith("4") if enhanced else code is not None and code < 500
    # Servers that know us too little put us off in all sorts of words.
    found = None if temporary and "list" in text.lower() else reason_by_words(text)
    if found and (found.our_fault or not temporary):
        return found
    # A reply code that is about signing in says more than 5.7.1 does.
    if enhanced and not (code in ABOUT_SIGNING_IN and enhanced in ("5.7.0", "5.7.1")):
        found = REASONS_BY_ENHANCED_CODE.get(enhanced) or REASONS_BY_ENHANCED_CODE.get(enhanced.rpartition(".")[0])
        if found:
            return found
    if not temporary and (found := _by_words(text, REASONS_BY_VAGUE_WORDS)):
        return found
    if code in REASONS_BY_CODE:
        return REASONS_BY_CODE[code]
    if temporary:
        return Reason(f"the server cannot take it now: {WAIT}")
    return Reason(f"the server refuses it: {FIX}", "address")


def _by_words(text: str, reasons: Sequence[tuple[str, Reason]]) -> Reason | None:
    # Only the end of a sentence is a dot for the patterns. Each line of an answer may begin with its code.
    sentences = DOT_WITHIN.sub("_", ENHANCED.sub(" ", text))
    return next((reason for words, reason in reasons if re.search(words, sentences, re.IGNORECASE)), None)


def printable(answer: str, max_length: int = 200) -> str:
    """A server's answer as one line of at most `max_length` characters that can be shown and stored.

    What is not UTF-8 (lone surrogates in `answer`) is read as Latin-1, which older servers send.
    """
    content = answer.encode(errors="surrogateescape")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line[:max_length].strip()
