"""Checks who an e-mail handed in as a file is from: by its DKIM signatures, each of them, with the keys from DNS (RS2).

A valid signature proves that the sender's domain sent it, not which person. SPF cannot be checked from a file.
"""

from __future__ import annotations

import asyncio
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import dkim
import dns.asyncresolver
import dns.exception
import dns.resolver
from dkim.canonicalization import CanonicalizationPolicy

DNS_PATIENCE = 5.0
"""Seconds in which DNS has to answer."""
MOST_SIGNATURES = 10
ONCE = ("Date", "Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")
"""Headers that a mail has once: of two, a signature covers the last, and everybody reads the first."""
STRONG = (b"rsa-sha256", b"ed25519-sha256")

Lookup = Callable[[str], Awaitable[bytes | None]]
"""Returns the TXT record of a name, None if there is none. Raises `TimeoutError` if DNS does not answer."""


@dataclass(frozen=True)
class Signature:
    """One DKIM signature: of which domain, with which key, and whether it holds; `why` says what is wrong with it."""

    domain: str
    selector: str
    value: str
    holds: bool | None
    why: str
    key: str | None = None


@dataclass(frozen=True)
class CheckedMail:
    """What is known of a mail. `outcome` is `shown` if the sender's domain signed it, `refused` if it is not what it
    says, and `unknown` if nobody can tell any more; `why` is the reason, as a sentence.

    `identity` stays the same if somebody hands the mail in again, changed as far as a signature allows.
    """

    outcome: Literal["shown", "refused", "unknown"]
    why: str
    sender: str | None
    message: EmailMessage
    signatures: tuple[Signature, ...] = field(default=())
    identity: str = ""

    @property
    def evidence(self) -> dict[str, Any]:
        signatures = [vars(each) for each in self.signatures]
        named = {"from": self.sender, "date": str(self.message["Date"]), "message_id": str(self.message["Message-ID"])}
        checked = {"outcome": self.outcome, "why": self.why, "identity": self.identity}
        return {**checked, **named, "signatures": signatures}


def dns_lookup(server: tuple[str, int] | None = None) -> Lookup:
    """Returns the lookup by the system's DNS, or by the server at this address and port."""

    async def look_up(name: str) -> bytes | None:
        resolver = dns.asyncresolver.Resolver(configure=server is None)
        if server is not None:
            resolver.nameservers, resolver.port = [server[0]], server[1]
        try:
            answer = await resolver.resolve(name, "TXT", lifetime=DNS_PATIENCE)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (dns.exception.DNSException, OSError) as error:
            raise TimeoutError(str(error)) from None
        return b"".join(next(iter(answer)).strings)

    return look_up


async def check_mail(raw: bytes, look_up: Lookup) -> CheckedMail:
    """Checks the one sender, and every signature. Never raises for what somebody may send."""
    raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    found = await _check_sender(raw, parse_mail(raw), look_up)
    return replace(found, identity=_identity(raw, found))


async def _check_sender(raw: bytes, message: EmailMessage, look_up: Lookup) -> CheckedMail:
    senders = _senders(message)
    if len(message.get_all("From", [])) != 1 or len(senders) != 1:
        return CheckedMail("refused", "It does not have exactly one sender.", None, message)
    (sender,) = senders
    if double := next((name for name in ONCE if len(message.get_all(name, [])) > 1), None):
        return CheckedMail("refused", f"It has the header {double} twice.", sender, message)
    domain = sender.rpartition("@")[2]
    count = min(len(message.get_all("DKIM-Signature", [])), MOST_SIGNATURES)
    found = tuple([await _check(raw, number, domain, look_up) for number in range(count)])
    aligned = [each for each in found if each.domain == domain]
    if any(each.holds for each in aligned):
        return CheckedMail("shown", f"{domain} signed it.", sender, message, found)
    if unknown := [each for each in aligned if each.holds is None]:
        return CheckedMail(
            "unknown", f"It cannot be shown that {domain} sent it: {unknown[0].why}", sender, message, found
        )
    why = aligned[0].why if aligned else f"it has no signature of {domain}."
    return CheckedMail("refused", f"It is not shown to come from {domain}: {why}", sender, message, found)


def _identity(raw: bytes, mail: CheckedMail) -> str:
    """Returns the hash of what each valid signature covers.

    A signature's own value would not do: others that are as valid are easily made of it.
    """
    at = sent_at(mail.message)
    date = at.astimezone(UTC).isoformat() if at and at.tzinfo else mail.message["Date"]
    subject = " ".join(str(mail.message["Subject"]).split())
    body = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed").canonicalize_body(raw.partition(b"\r\n\r\n")[2])
    headers = f"{mail.sender}\n{date}\n{subject}\n".encode(errors="replace")
    return hashlib.sha256(headers + body).hexdigest()[:32]


def parse_mail(raw: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default.clone(raise_on_defect=False)).parsebytes(raw)


def _senders(message: EmailMessage) -> list[str]:
    try:
        addresses = [address for header in message.get_all("From", []) for address in header.addresses]
        return [each.addr_spec.lower() for each in addresses]
    except (ValueError, IndexError, AttributeError, LookupError):
        return []


async def _check(raw: bytes, number: int, sender: str, look_up: Lookup) -> Signature:
    domain = selector = value = ""
    try:
        check = dkim.DKIM(raw, minkey=1024, timeout=int(DNS_PATIENCE))
        fields, signed, _ = check.verify_headerprep(number)
        domain, selector = fields[b"d"].decode().lower(), fields[b"s"].decode().lower()
        value = b"".join(fields[b"b"].split()).decode()[:2000]
        if weak := _weakness(check, fields, signed, domain, sender):
            return Signature(domain, selector, value, False, weak)
        try:
            async with asyncio.timeout(DNS_PATIENCE):
                key = await look_up(f"{selector}._domainkey.{domain}.")
        except TimeoutError:
            return Signature(domain, selector, value, None, "DNS does not answer.")
        if not key:
            return Signature(domain, selector, value, None, "its key is no longer in DNS.")
        holds = bool(check.verify(number, dnsfunc=lambda name, timeout=5: key))
        why = "" if holds else "the signature does not match, or its key is too short."
        return Signature(domain, selector, value, holds, why, key.decode(errors="replace"))
    except (dkim.DKIMException, binascii.Error, ValueError, KeyError, TypeError, UnicodeError) as error:
        return Signature(domain, selector, value, False, f"{str(error)[:200] or 'the signature cannot be read'}.")


def _weakness(check: Any, fields: dict[bytes, bytes], signed: list[bytes], domain: str, sender: str) -> str | None:
    """Returns why a signature would not show who sent the whole mail and when, even if it were valid."""
    if domain != sender:
        return f"a signature of {domain} says nothing about {sender}."
    if fields[b"a"] not in STRONG:
        return "its algorithm is too weak."
    needed = {b"from", b"date"} | {name.lower() for name, _ in check.headers if name.lower() == b"subject"}
    if not needed <= set(signed):
        return "the signature does not cover sender, date and subject."
    if b"l" in fields:
        policy_of_body = CanonicalizationPolicy.from_c_value(fields.get(b"c", b"simple/simple"))
        if int(fields[b"l"]) < len(policy_of_body.canonicalize_body(check.body)):
            return "the signature covers only the beginning of the text."
    return None


def sent_at(message: EmailMessage) -> datetime | None:
    """Returns when the mail says that it was sent, None if it does not say so legibly."""
    try:
        return parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def text_of(message: EmailMessage) -> str:
    """Returns subject and plain text of a mail."""
    try:
        body = message.get_body(("plain",))
        text = body.get_content() if body else ""
    except (KeyError, LookupError, ValueError, AttributeError):
        text = ""
    return f"{message['Subject'] or ''}\n{text}"
