"""RS2: an e-mail shows who sent it only by a signature that covers all of it, of the sender's own domain."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.record_sharing.answering import answer_address
from partners import signed_mail
from partners.signed_mail import CheckedMail, check_mail, dns_lookup
from tests.dns_server import dns_server
from tests.signing import WEAK_RECORD, mail, name, record, signed

SENDER, DOMAIN = "office@north.test", "north.test"
PLAIN = mail(SENDER, "Please share our records with south.\n")
RECORDS = {name(DOMAIN): record(), name("other.test"): record(), name("sub.north.test"): record()}


async def checked(raw: bytes, records: dict[str, str] | None = None) -> CheckedMail:
    known = RECORDS if records is None else records

    async def look_up(wanted: str) -> bytes | None:
        return known[wanted].encode() if wanted in known else None

    return await check_mail(raw, look_up)


async def test_a_mail_that_its_domain_signed_is_shown_to_be_its() -> None:
    found = await checked(signed(PLAIN, DOMAIN))
    assert (found.outcome, found.sender) == ("shown", SENDER)
    (signature,) = found.evidence["signatures"]
    assert (signature["domain"], signature["key"]) == (DOMAIN, record())
    assert found.evidence["date"] != "None"


async def test_every_signature_is_checked_not_the_first_alone() -> None:
    foreign_first = signed(signed(PLAIN, DOMAIN), "other.test")
    assert (await checked(foreign_first)).outcome == "shown"
    broken_first = b"DKIM-Signature: v=1; a=rsa-sha256; nonsense\r\n" + signed(PLAIN, DOMAIN)
    assert (await checked(broken_first)).outcome == "shown"


TWO_SENDERS = b"From: boss@north.test\r\n" + signed(PLAIN, DOMAIN)
TWO_ADDRESSES = signed(PLAIN.replace(b"<office@north.test>", b"<office@north.test>, <you@evil.test>"), DOMAIN)
DISGUISED = PLAIN.replace(b"The office <office@north.test>", b'"office@north.test" <you@evil.test>')


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (PLAIN, "no signature"),
        (signed(PLAIN, "other.test"), "no signature of north.test"),
        (signed(PLAIN, "sub.north.test"), "no signature of north.test"),
        (signed(PLAIN, DOMAIN).replace(b"south", b"evil!"), "body hash mismatch"),
        (signed(PLAIN, DOMAIN).replace(b"Record sharing", b"Something else"), "does not match"),
        (TWO_SENDERS, "exactly one sender"),
        (TWO_ADDRESSES, "exactly one sender"),
        (signed(PLAIN, DOMAIN, length=True) + b"And with evil as well.\r\n", "only the beginning"),
        (signed(PLAIN, DOMAIN, headers=(b"from", b"subject")), "sender, date and subject"),
        (signed(PLAIN, DOMAIN, headers=(b"from", b"date")), "sender, date and subject"),
        (b"Date: Sun, 1 Mar 2026 10:00:00 +0000\r\n" + signed(PLAIN, DOMAIN), "header Date twice"),
        (b"Subject: Share with west\r\n" + signed(PLAIN, DOMAIN), "header Subject twice"),
        (signed(PLAIN, DOMAIN).replace(b"The office", b"office@north.test"), "does not match"),
        (signed(DISGUISED, DOMAIN), "no signature of evil.test"),
        (b"", "exactly one sender"),
        (b"\xff\xfe\x00From: <<<>>>\r\nDKIM-Signature:\r\n\r\n", "exactly one sender"),
    ],
    ids=[
        "unsigned",
        "foreign",
        "subdomain",
        "body",
        "subject",
        "two From",
        "two in one",
        "l=",
        "date",
        "subject not signed",
        "fresh date",
        "other subject",
        "address before the address",
        "address as the name",
        "empty",
        "junk",
    ],
)
async def test_a_mail_is_refused_that_is_not_what_it_says(raw: bytes, why: str) -> None:
    found = await checked(raw)
    assert (found.outcome, why in found.why) == ("refused", True), found.why


async def test_a_short_key_shows_nothing() -> None:
    weak = await checked(signed(PLAIN, DOMAIN, weak=True), {name(DOMAIN): WEAK_RECORD})
    assert (weak.outcome, "too small" in weak.why) == ("refused", True), weak.why


async def test_a_key_that_is_gone_or_a_silent_dns_leaves_it_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dns_server({}) as address:
        gone = await check_mail(signed(PLAIN, DOMAIN), dns_lookup(address))
    assert (gone.outcome, "no longer in DNS" in gone.why) == ("unknown", True)
    async with dns_server(RECORDS) as address:
        assert (await check_mail(signed(PLAIN, DOMAIN), dns_lookup(address))).outcome == "shown"
    assert signed_mail.DNS_PATIENCE == 5
    monkeypatch.setattr(signed_mail, "DNS_PATIENCE", 0.2)
    async with dns_server(None) as address:
        silent = await check_mail(signed(PLAIN, DOMAIN), dns_lookup(address))
    assert (silent.outcome, "does not answer" in silent.why) == ("unknown", True)


async def test_a_signature_that_is_changed_and_still_valid_makes_no_other_mail() -> None:
    raw = signed(PLAIN, DOMAIN)
    header, end, rest = raw.partition(b"=\r\nFrom:")
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = header[:-1] + alphabet[alphabet.index(header[-1]) ^ 1 :][:1] + end + rest
    found, changed = await checked(raw), await checked(other)
    assert (found.outcome, changed.outcome) == ("shown", "shown")
    assert found.signatures[0].value != changed.signatures[0].value
    assert found.identity == changed.identity
    assert (
        await checked(signed(mail(SENDER, "Again", datetime(2026, 3, 1, tzinfo=UTC)), DOMAIN))
    ).identity != found.identity


@pytest.mark.parametrize(
    ("raw", "on_record", "answered"),
    [
        (signed(PLAIN, DOMAIN), False, True),
        (PLAIN, True, True),
        (PLAIN, False, False),
        (signed(PLAIN, "other.test"), False, False),
        (TWO_SENDERS, True, False),
        (b"Auto-Submitted: auto-generated\r\n" + signed(PLAIN, DOMAIN), True, False),
        (b"Auto-Submitted: no\r\n" + signed(PLAIN, DOMAIN), True, True),
        (b"Return-Path: <>\r\n" + signed(PLAIN, DOMAIN), True, False),
        (b"List-Id: <news.north.test>\r\n" + signed(PLAIN, DOMAIN), True, False),
        (b"Precedence: Bulk\r\n" + signed(PLAIN, DOMAIN), True, False),
        (mail("postmaster@north.test", "550 no such user"), True, False),
        (b"Reply-To: you@evil.test\r\n" + signed(PLAIN, DOMAIN), True, True),
    ],
)
async def test_a_refusal_is_written_only_to_a_person_who_is_shown_or_on_record(
    raw: bytes, on_record: bool, answered: bool
) -> None:
    assert answer_address(await checked(raw), on_record) == (SENDER if answered else None)
