"""What a mail server's refusals mean, and what each of them deserves (RFC 5321, RFC 3463)."""

from __future__ import annotations

import re
from typing import NamedTuple

ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")


class Meaning(NamedTuple):
    """What a code says and asks for. `ours` marks what is wrong with our access to the server, not with the mail."""

    words: str
    ours: bool = False


FIX = "correct the address and send it again"
WAIT = "it is tried again by itself"

# Enhanced status codes: class, subject and detail; the detail may be left out.
ENHANCED_CODES: dict[str, Meaning] = {
    "5.1.1": Meaning(f"the mailbox does not exist: {FIX}"),
    "5.1.2": Meaning(f"the domain of the address does not exist or takes no mail: {FIX}"),
    "5.1.3": Meaning(f"the address is malformed: {FIX}"),
    "5.1.6": Meaning(f"the mailbox has moved: ask for the new address, {FIX}"),
    "5.1.10": Meaning(f"the domain of the address takes no mail: {FIX}"),
    "5.2.1": Meaning("the mailbox is switched off: ask the recipient for another address"),
    "5.2.2": Meaning("the mailbox is full: reach the recipient by phone, then send it again"),
    "5.2.3": Meaning("the message is larger than that mailbox takes: tell an engineer"),
    "5.3.4": Meaning("the message is larger than that server takes: tell an engineer"),
    "5.4.1": Meaning(f"no server takes mail for that domain: {FIX}"),
    "5.4.4": Meaning(f"the domain of the address cannot be found: {FIX}"),
    "5.7.0": Meaning("the server wants us to sign in first: check the user and password in SMTP_URL", ours=True),
    "5.7.1": Meaning("the recipient's server refuses mail from us: ask the practice's IT to allow our address"),
    "5.7.8": Meaning("the server refused our user or password: correct SMTP_URL", ours=True),
    "5.7.9": Meaning("the server wants another way of signing in: correct SMTP_URL", ours=True),
    "5.7.14": Meaning("the server wants us to sign in by other means: check the account behind SMTP_URL", ours=True),
    "5.7.26": Meaning("the mail fails SPF, DKIM or DMARC: have the sender's domain set up for our server"),
    "4.2.1": Meaning(f"the mailbox is switched off for the moment: {WAIT}"),
    "4.2.2": Meaning(f"the mailbox is full: {WAIT}; a phone call to the recipient may help"),
    "4.3.1": Meaning(f"the recipient's server is full: {WAIT}"),
    "4.3.2": Meaning(f"the server takes no mail at the moment: {WAIT}"),
    "4.4": Meaning(f"the recipient's server cannot be reached: {WAIT}"),
    "4.7.0": Meaning(f"the server puts us off for the moment: {WAIT}"),
    "4.7.1": Meaning(f"the server puts off senders that it does not know yet: {WAIT}"),
}

# Basic reply codes, where the server gives no enhanced one.
CODES: dict[int, Meaning] = {
    421: Meaning(f"the server closes for the moment: {WAIT}"),
    450: Meaning(f"the mailbox is busy or puts us off: {WAIT}"),
    451: Meaning(f"the server had a problem of its own: {WAIT}"),
    452: Meaning(f"the server is short of space: {WAIT}"),
    454: Meaning(f"encryption or signing in is not available at the moment: {WAIT}"),
    530: Meaning("the server wants us to sign in or to encrypt first: check SMTP_URL", ours=True),
    534: Meaning("the server wants a stronger way of signing in: correct SMTP_URL", ours=True),
    535: Meaning("the server refused our user or password: correct SMTP_URL", ours=True),
    538: Meaning("the server signs us in only when encrypted: set starttls=required in SMTP_URL", ours=True),
    550: Meaning(f"the mailbox does not exist or may not be written to: {FIX}"),
    551: Meaning(f"the mailbox is elsewhere: ask for the new address, {FIX}"),
    552: Meaning("the mailbox is full or the message too large: reach the recipient by phone, then send it again"),
    553: Meaning(f"the server does not allow that address: {FIX}"),
    554: Meaning("the server refuses the message: ask the practice's IT to allow our address"),
    556: Meaning(f"the domain of the address takes no mail: {FIX}"),
}


def enhanced_code(text: str) -> str | None:
    """The enhanced status code in a server's answer, such as 5.1.1."""
    found = ENHANCED.search(text)
    return found[1] if found else None


def meaning(code: int | None, enhanced: str | None) -> Meaning:
    """What a refusal means: by its enhanced code, else by its basic one, else by its class."""
    if enhanced:
        known = ENHANCED_CODES.get(enhanced) or ENHANCED_CODES.get(enhanced.rpartition(".")[0])
        if known:
            return known
    if code in CODES:
        return CODES[code]
    temporary = enhanced.startswith("4") if enhanced else code is not None and code < 500
    return Meaning(f"the server cannot take it now: {WAIT}" if temporary else f"the server refuses it: {FIX}")


def readable(said: str, most: int = 200) -> str:
    """A server's own words as one line of at most `most` letters that can be shown and stored, whatever bytes it sent.

    What was no UTF-8 (and is kept as lone surrogates until here) is read as Latin-1, which older servers speak.
    """
    sent = said.encode(errors="surrogateescape")
    try:
        text = sent.decode()
    except UnicodeDecodeError:
        text = sent.decode("latin-1")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:most].strip()
