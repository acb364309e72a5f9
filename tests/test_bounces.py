"""Returned mail as servers really write it, and files that are none."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from partners.bounces import Bounce, NotABounce, read_bounce

OURS = "<key-1@pharmacy.example>"
DANA = "dana@riverside-vet.example"


def report(action: str, status: str, diagnostic: str = "", headers: str = "message/rfc822", more: str = "") -> bytes:
    """A delivery report of RFC 3464, as Postfix writes it."""
    said = f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    returned = f"From: onboarding@pharmacy.example\nTo: {DANA}\nMessage-ID: {OURS}\nSubject: Hello\n"
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: onboarding@pharmacy.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <bounce-77@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered. <{DANA}>: host said: 999 see below

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4AB12

{more}Final-Recipient: rfc822; {DANA}
Original-Recipient: rfc822;{DANA}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.riverside-vet.example
{said}
--B
Content-Type: {headers}

{returned}
Hello
--B--
""".encode()


@pytest.mark.parametrize("headers", ["message/rfc822", "text/rfc822-headers", "text/rfc822-headers; charset=utf-8"])
def test_a_report_of_a_mailbox_that_does_not_exist(headers: str) -> None:
    bounce = read_bounce(report("failed", "5.1.1", "550 5.1.1 <dana>:\n unknown user", headers))

    assert bounce == Bounce(
        message_id=OURS,
        recipient=DANA,
        permanent=True,
        status="5.1.1",
        reason="The mailbox does not exist: correct the address and send it again"
        " (it said: 550 5.1.1 <dana>: unknown user).",
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
        (EXIM, True, None, "The mailbox does not exist or may not be written to"),
        (WARNING, False, None, "goes on trying"),
    ],
    ids=["qmail", "exim", "sendmail"],
)
def test_reports_in_words(content: str, permanent: bool, status: str | None, said: str) -> None:
    bounce = read_bounce(content.encode())

    assert (bounce.message_id, bounce.recipient) == (OURS, DANA)
    assert (bounce.permanent, bounce.status) == (permanent, status)
    assert said in bounce.reason


def test_the_recipient_comes_from_the_returned_mail_if_the_report_has_none() -> None:
    content = report("failed", "5.1.1").replace(f"rfc822; {DANA}".encode(), b"").replace(f";{DANA}".encode(), b"")

    assert read_bounce(content).recipient == DANA


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no e-mail"),
        (b"\x00\xff\xfe\x89PNG", "no e-mail"),
        (b"just some text", "no e-mail"),
        (b"From: dana@riverside-vet.example\nSubject: Thanks\n\nIt was delivered by 550 clowns", "ordinary e-mail"),
        (b"From: dana@x.example\nAuto-Submitted: auto-replied\nSubject: Away\n\nI am back Monday", "automatic reply"),
        (b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\n\n550 no such user", "which message it is about"),
        (report("failed", "5.1.1").split(b"Final-Recipient")[0], "says 'nothing of a failure'"),
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

    assert read_bounce(damaged).message_id == OURS


def test_a_mail_nested_to_crash_the_reader() -> None:
    nested = b"From: MAILER-DAEMON\nSubject: Undelivered\n" + b"Content-Type: message/rfc822\n\n" * 3000

    with pytest.raises(NotABounce):
        read_bounce(nested)


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
    try:
        assert read_bounce(damaged).message_id.startswith("<")
    except NotABounce as reason:
        assert str(reason).endswith(".")
