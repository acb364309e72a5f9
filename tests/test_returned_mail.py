"""Returned mail as servers really write it, and files that are none."""

from __future__ import annotations

import base64
import codecs
from base64 import b64encode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from partners.message import OWN_HEADER
from partners.returned_mail.read import Bounce, Complaint, NotABounce, read_returned_mail
from tests.returned_mail import DANA, OURS, of_type, read_bounce, report


@pytest.mark.parametrize("headers", ["message/rfc822", "text/rfc822-headers", "text/rfc822-headers; charset=utf-8"])
def test_a_report_of_a_mailbox_that_does_not_exist(headers: str) -> None:
    bounce = read_bounce(report("failed", "5.1.1", "550 5.1.1 <dana>:\n unknown user", headers))

    assert bounce == Bounce(
        message_ids=(OURS,),
        recipient=DANA,
        permanent=True,
        status="5.1.1",
        reason="The mailbox does not exist: correct the address and send it again"
        " (it said: 550 5.1.1 <dana>: unknown user).",
        remedy="address",
    )


def test_windows_line_ends_change_nothing() -> None:
    content = report("failed", "5.2.2", "552 5.2.2 full")

    assert read_bounce(content.replace(b"\n", b"\r\n")) == read_bounce(content)


def test_a_delay_is_not_the_end() -> None:
    bounce = read_bounce(report("delayed", "4.4.1", "connect timed out"))

    assert not bounce.permanent
    assert bounce.status == "4.4.1"
    assert "goes on trying" in bounce.reason


def test_giving_up_after_days_is_the_end() -> None:
    bounce = read_bounce(report("failed", "4.4.7", "451 queue expired"))

    assert bounce.permanent
    assert "gave up after trying for long" in bounce.reason


def test_a_vague_status_gives_way_to_the_servers_own() -> None:
    assert read_bounce(report("failed", "5.0.0", "550-5.1.10 null MX")).status == "5.1.10"
    assert read_bounce(report("failed", "5.0.0")).status == "5.0.0"


def test_of_several_recipients_the_one_that_failed_counts() -> None:
    other = "Final-Recipient: rfc822; boss@pharmacy.example\nAction: relayed\nStatus: 2.0.0\n\n"
    late = "Final-Recipient: rfc822; slow@pharmacy.example\nAction: delayed\nStatus: 4.4.1\n\n"

    bounce = read_bounce(report("failed", "5.1.1", more=other + late))

    assert (bounce.recipient, bounce.permanent) == (DANA, True)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_receipt_is_no_bounce(action: str) -> None:
    with pytest.raises(NotABounce, match=f"says '{action}'"):
        read_bounce(report(action, "2.0.0"))


QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example
To: onboarding@pharmacy.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<{DANA}>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 User unknown
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Return-Path: <onboarding@pharmacy.example>
Received: from 421 by mx.example; Sun, 1 Mar 2026 10:12:00 -0600
Message-ID: {OURS}
To: {DANA}

Hello
"""

EXIM = f"""\
Return-path: <>
X-Failed-Recipients: {DANA}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: onboarding@pharmacy.example
References: <older@pharmacy.example> {OURS}
Subject: Mail delivery failed: returning message to sender
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

QSBtZXNzYWdlIHRoYXQgeW91IHNlbnQgY291bGQgbm90IGJlIGRlbGl2ZXJlZC4KCiAgNTUwIE5vIHN1Y2ggdXNlcgo=
"""

WARNING = f"""\
From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>
Subject: Warning: could not send message for past 4 hours
In-Reply-To: {OURS}

** THIS IS A WARNING MESSAGE ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE **
<{DANA}>... Deferred: Connection timed out
"""


@pytest.mark.parametrize(
    ("content", "permanent", "status", "said"),
    [
        (QMAIL, True, "5.1.1", "The mailbox does not exist"),
        (EXIM, True, None, "The mailbox does not exist: correct"),
        (WARNING, False, None, "goes on trying"),
    ],
    ids=["qmail", "exim", "sendmail"],
)
def test_reports_in_words(content: str, permanent: bool, status: str | None, said: str) -> None:
    bounce = read_bounce(content.encode())

    assert (bounce.message_ids[0], bounce.recipient) == (OURS, DANA)
    assert (bounce.permanent, bounce.status) == (permanent, status)
    assert said in bounce.reason


def test_the_recipient_comes_from_the_returned_mail_if_the_report_has_none() -> None:
    content = report("failed", "5.1.1").replace(f"rfc822; {DANA}".encode(), b"").replace(f";{DANA}".encode(), b"")

    assert read_bounce(content).recipient == DANA


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not an e-mail"),
        (b"\x00\xff\xfe\x89PNG", "not an e-mail"),
        (b"just some text", "not an e-mail"),
        (b"From: dana@riverside-vet.example\nSubject: Thanks\n\nIt was delivered by 550 clowns", "ordinary e-mail"),
        (b"From: dana@x.example\nAuto-Submitted: auto-replied\nSubject: Away\n\nI am back Monday", "automatic reply"),
        (b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\n\n550 no such user", "which message it is about"),
        (report("", "", headers="text/plain").replace(b"Status: ", b"").replace(OURS.encode(), b""), "which message"),
    ],
)
def test_what_is_no_bounce_is_said_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(NotABounce, match=said) as caught:
        read_bounce(content)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("charset", [b"\xff", b"utf\xe9-8", b"\x00", b"undefined", b"no-such-charset", b"hex"])
@pytest.mark.parametrize("name", ["From", "Subject", "X-Failed-Recipients", "Auto-Submitted"])
def test_a_charset_that_makes_no_sense_leaves_the_header_as_it_is(charset: bytes, name: str) -> None:
    header = f"\n{name}: ".encode() + b"=?" + charset + b"?q?a?= "
    content = b"X-Padding: 1\n" + QMAIL.encode()
    there = f"\n{name}: ".encode()
    damaged = content.replace(there, header) if there in content else header.lstrip() + content

    assert read_bounce(damaged).message_ids[0] == OURS


def test_a_mail_nested_to_crash_the_reader() -> None:
    nested = b"From: MAILER-DAEMON\nSubject: Undelivered\n" + b"Content-Type: message/rfc822\n\n" * 3000

    with pytest.raises(NotABounce):
        read_bounce(nested)


def mail(subject: str, text: str, *headers: str, sender: str = "MAILER-DAEMON@mx.example") -> bytes:
    """A mail in plain words about one of ours."""
    lines = (f"From: {sender}", f"Subject: {subject}", f"In-Reply-To: {OURS}", *headers)
    return ("\n".join(lines) + f"\nContent-Type: text/plain; charset=utf-8\n\n{text}\n").encode()


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b"Action: failed", b"Action : failure"),
        (b"Action: failed", b"Action: FAILED (no more tries)"),
        (b"Action: failed", b"Action: undeliverable"),
        (b"Action: failed\n", b""),
        (b"Action: failed", b"ction: failed"),
        (b"Action: failed\nStatus: 5.1.1", b"Action:\nStatus: 5.1.1 (bad mailbox)"),
        (b"Final-Recipient: ", b"Diagnostic-Code: smtp; 550-no\nsuch\n550 5.1.1 person\nFinal-Recipient: "),
        (b"message/delivery-status", b"message/global-delivery-status"),
        (b"message/delivery-status", b"Message/Delivery-Status; charset=us-ascii\nContent-Transfer-Encoding: 8bit"),
        (b"message/rfc822", b"message/global-headers"),
        (b"message/rfc822", b"message/global"),
    ],
)
def test_a_report_that_keeps_the_standard_loosely(written: bytes, instead: bytes) -> None:
    bounce = read_bounce(report("failed", "5.1.1").replace(written, instead))

    assert (bounce.message_ids, bounce.recipient, bounce.permanent, bounce.status) == ((OURS,), DANA, True, "5.1.1")


def test_an_encoded_report() -> None:
    whole = report("failed", "5.2.2")
    head, _, rest = whole.partition(b"Reporting-MTA")
    status, _, tail = (b"Reporting-MTA" + rest).partition(b"\n--B\n")
    encoded = head.rstrip() + b"\nContent-Transfer-Encoding: base64\n\n" + b64encode(status) + b"\n\n--B\n" + tail

    assert read_bounce(encoded).status == "5.2.2"


def test_giving_up_in_one_word() -> None:
    assert "gave up" in read_bounce(report("expired", "", "smtp; connection timed out")).reason


@pytest.mark.parametrize(
    ("action", "status", "permanent"), [("delayed", "4.4.7", False), ("Deferred", "", False), ("", "4.2.2", False)]
)
def test_a_delay_in_other_letters(action: str, status: str, permanent: bool) -> None:
    content = report(action, status).replace(b"message/delivery-status", b"message/global-delivery-status")

    assert read_bounce(content).permanent is permanent


def test_a_delay_needs_no_message_to_be_about() -> None:
    assert read_bounce(report("delayed", "4.4.1").replace(OURS.encode(), b"")).message_ids == ()


def test_a_report_that_says_nothing_is_read_by_its_words() -> None:
    content = report("", "").replace(b"could not be delivered", b"was blocked: 550 5.7.1 by policy")

    assert read_bounce(content).status == "5.7.1"


@pytest.mark.parametrize(
    "content",
    [
        mail(
            "Mail failure - too many hops", "The mail to dana@x.example was rejected.", "Auto-Submitted: auto-replied"
        ),
        mail("Undelivered", "Nobody of that name here."),
        mail("Non recapitabile: Ciao", "550 5.1.1 sconosciuto", sender="MicrosoftExchange0a1b@x.example"),
        mail("Onbestelbaar: hallo", "Het adres is niet gevonden.", sender="postmaster@x.example"),
        mail("Your message", "<html>", "X-Failed-Recipients: dana@x.example", sender="daemon@x.example"),
    ],
)
def test_failures_in_words_nobody_standardized(content: bytes) -> None:
    assert read_bounce(content).permanent


def test_a_report_in_html_alone() -> None:
    content = mail("Undeliverable", "<p>To <b>dana@x.example</b>:</p><p>550&nbsp;5.1.1&nbsp;nobody</p>").replace(
        b"text/plain", b"text/html"
    )

    assert read_bounce(content).status == "5.1.1"


AWAY = "I am away and have not returned. Call extension 550 please."


@pytest.mark.parametrize(
    "content",
    [
        mail("Returned on Monday", AWAY, "Return-Path: <>", "Auto-Submitted: auto-replied", sender="jo@x.example"),
        mail("Not returned yet", AWAY, "Return-Path: <>", "X-Autorespond: yes", sender="jo@x.example"),
        mail("Away", AWAY, "Return-Path: <>", "X-Auto-Response-Suppress: All", sender="jo@x.example"),
        mail("Respuesta automática: Returned Hearts Clinic", AWAY, "Return-Path: <>", sender="jo@x.example"),
        mail("Re: your mail", "Closed for a day.", "Precedence: auto_reply", sender="Desk <postmaster@x.example>"),
        mail("Mail delivery on hold", "Press this.", "Auto-Submitted: auto-replied", sender="postmaster@x.example"),
    ],
)
def test_an_automatic_reply_is_no_bounce_whatever_it_says(content: bytes) -> None:
    with pytest.raises(NotABounce, match="automatic reply"):
        read_bounce(content)


@pytest.mark.parametrize("form", ["disposition-notification", "global-disposition-notification"])
@pytest.mark.parametrize("report_type", ["disposition-notification", "Disposition-Notification", "mixed"])
def test_a_receipt_of_a_mail_program_is_no_bounce(form: str, report_type: str) -> None:
    with pytest.raises(NotABounce, match="receipt"):
        read_bounce(of_type(report_type, f"message/{form}"))


@pytest.mark.parametrize("sender", ["MAILER-DAEMON@mx.example", "staff@provider.example"])
def test_a_complaint_is_its_own_kind(sender: str) -> None:
    assert read_returned_mail(of_type("feedback-report", "message/feedback-report", sender)) == [
        Complaint((OURS,), DANA)
    ]


def test_the_message_is_known_by_our_own_header_where_its_id_was_replaced() -> None:
    content = report("failed", "5.1.1").replace(
        f"Message-ID: {OURS}".encode(), f"Message-ID: <0100@provider.example>\n{OWN_HEADER}: {OURS}".encode()
    )

    assert read_bounce(content).message_ids[0] == OURS


def test_the_id_may_stand_in_the_report_alone() -> None:
    content = report("failed", "5.1.1", more=f"X-Original-Message-ID: {OURS}\n\n")
    content = content.replace(f"\nMessage-ID: {OURS}".encode(), b"")

    assert read_bounce(content).message_ids == (OURS,)


def test_the_reason_names_the_address_that_a_mail_was_forwarded_to() -> None:
    content = report("failed", "5.1.1").replace(
        f"Final-Recipient: rfc822; {DANA}".encode(), b"Final-Recipient: x@y.example"
    )

    bounce = read_bounce(content)
    assert bounce.recipient == DANA
    assert "forwarded to x@y.example" in bounce.reason


ONE = report("failed", "5.1.1")
OTHER = report("failed", "5.2.2").replace(OURS.encode(), b"<key-2@pharmacy.example>")


@pytest.mark.parametrize(
    "content",
    [
        b"From a@b.example Sat Nov 28 09:00:00 2026\n" + ONE + b"\nFrom a@b.example Sat Nov 28 09:00:00 2026\n" + OTHER,
        ONE + OTHER,
        b"From: ana@pharmacy.example\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=F\n\n--F\n"
        b"Content-Type: message/rfc822\n\n" + ONE + b"\n--F\nContent-Type: message/rfc822\n\n" + OTHER + b"\n--F--\n",
    ],
    ids=["mbox", "one after another", "forwarded as attachments"],
)
def test_several_in_one_file(content: bytes) -> None:
    found = [each.message_ids[0] for each in read_returned_mail(content) if isinstance(each, Bounce)]
    assert found == [OURS, "<key-2@pharmacy.example>"]


@pytest.mark.parametrize(
    "headers",
    [
        'Content-Type: application/octet-stream; name="Undelivered.eml"',
        'Content-Type: text/plain; name="returned mail.EML"',
        'Content-Type: application/x-eml\nContent-Disposition: attachment; filename="a"',
        "Content-Type: application/octet-stream",
    ],
)
def test_a_report_that_is_attached_as_a_file(headers: str) -> None:
    attached = base64.encodebytes(ONE)
    forward = f"From: ana@pharmacy.example\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=F\n\n--F\n{headers}\n"
    content = forward.encode() + b"Content-Transfer-Encoding: base64\n\n" + attached + b"\n--F--\n"
    assert read_bounce(content) == read_bounce(ONE)
    picture = content.replace(attached, base64.encodebytes(bytes(range(256)) * 9))
    with pytest.raises(NotABounce):
        read_bounce(picture)


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + ONE,
        ONE.decode().encode("utf-16"),
        codecs.BOM_UTF16_BE + ONE.decode().encode("utf-16-be"),
        b"\r\n \n" + ONE,
    ],
)
def test_a_file_that_an_editor_saved(content: bytes) -> None:
    assert read_bounce(content) == read_bounce(ONE)


DAMAGED = report("failed", "5.1.1", "550 =?utf-8?b?no?= user")
ENCODED_WORD = DAMAGED.index(b"=?utf-8?") + 2


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 1200), st.binary(max_size=30), st.integers(0, 60))
@example(ENCODED_WORD, b"\xff", 1)
@example(ENCODED_WORD, b"\x00", 1)
@example(ENCODED_WORD, b"no-such-charset", 5)
@example(ENCODED_WORD + 6, b"b?=", 3)
def test_damage_never_ends_in_a_traceback(place: int, noise: bytes, lost: int) -> None:
    damaged = DAMAGED[:place] + noise + DAMAGED[place + lost :]
    for found in read_returned_mail(damaged):
        if isinstance(found, NotABounce):
            assert str(found).endswith(".")
        else:
            assert all(each.startswith("<") for each in found.message_ids)
