"""Addresses of mail servers, and what their refusals mean."""

from __future__ import annotations

import pytest

from partners.mail_failure_reasons import enhanced_code, failure_reason
from partners.message import Sender
from partners.server_url import ImapUrl, ServerUrlProblem, SmtpUrl
from partners.smtp import Smtp

SENDER = Sender("onboarding@pharmacy.example", "Willow Pharmacy", "support@pharmacy.example")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 587, "required", False, None)),
        ("smtp://localhost:1025", ("localhost", 1025, "auto", False, None)),
        (
            "smtp://u%40x:p%3Aw@mail.example.com:25?starttls=required",
            ("mail.example.com", 25, "required", False, "u@x"),
        ),
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, "required", True, "u")),
        ("smtp://relay.example.com:25?starttls=off", ("relay.example.com", 25, "off", False, None)),
        ("smtp://u:p@127.0.0.1:1025", ("127.0.0.1", 1025, "auto", False, "u")),
        ("smtp://[::1]:1025", ("::1", 1025, "auto", False, None)),
    ],
)
def test_addresses_of_servers(url: str, expected: tuple[object, ...]) -> None:
    read = SmtpUrl.parse(url)

    assert (read.host, read.port, read.starttls, read.tls_from_start, read.user) == expected


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mail.example.com:25", "must look like smtp://"),
        ("http://mail.example.com", "must look like smtp://"),
        ("smtp://user:hush/hush@mail.example.com", "must look like smtp://"),
        ("smtp://user:12/hush@mail.example.com", "must look like smtp://"),
        ("smtp://user:12#hush@mail.example.com", "must look like smtp://"),
        ("smtp://mail.example.com?starttls=yes", "must be required, auto or off"),
        ("smtp://mail.example.com?tls=1", "has no option 'tls'"),
        ("smtps://mail.example.com?starttls=off", "drop one"),
        ("smtp://user:hush@mail.example.com?starttls=off", "without encryption"),
        ("smtp://user:hush@mail.example.com?starttls=auto", "without encryption"),
        ("smtp://mail.example.com?ca=/nowhere/ca.pem", "cannot be read"),
    ],
)
def test_addresses_that_cannot_be_used(url: str, said: str) -> None:
    with pytest.raises(ServerUrlProblem, match=said) as caught:
        Smtp.from_url(url, SENDER)

    assert "hush" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("imaps://u%40x:p%2Fw@mx.example", ("mx.example", 993, True, "required", "u@x", "p/w", "INBOX")),
        ("imaps://u:p@mx.example:1993/INBOX/", ("mx.example", 1993, True, "required", "u", "p", "INBOX")),
        (
            "imap://u:p@mx.example/Shared%20folders/R%C3%BCck",
            ("mx.example", 143, False, "required", "u", "p", "Shared folders/Rück"),
        ),
        ("imap://u:p@127.0.0.1:1143", ("127.0.0.1", 1143, False, "off", "u", "p", "INBOX")),
    ],
)
def test_addresses_of_mailboxes(url: str, expected: tuple[object, ...]) -> None:
    read = ImapUrl.parse(url)

    assert (
        *(read.host, read.port, read.tls_from_start, read.starttls),
        *(read.user, read.password, read.mailbox),
    ) == expected
    assert "p/w" not in f"{read!r} {read.name}"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("pop3://u:hush@mx.example", "must look like imaps://"),
        ("mx.example/INBOX", "must look like imaps://"),
        ("imaps://mx.example/INBOX", "must look like imaps://"),
        ("imaps://u@mx.example/INBOX", "must look like imaps://"),
        ("imaps://u:@mx.example/INBOX", "must look like imaps://"),
        ("imaps://u:hush/1@mx.example/INBOX", "must look like imaps://"),
        ("imaps://u:12/hush@mx.example/INBOX", "must look like imaps://"),
        ("imaps://u:hush#1@mx.example/INBOX", "must look like imaps://"),
        ("imaps://u:hush%0D%0A@mx.example", "control character"),
        ("imap://u:hush@mx.example?starttls=off", "without encryption"),
        ("imap://u:hush@mx.example?starttls=auto", "without encryption"),
        ("imaps://u:hush@mx.example?starttls=off", "drop one"),
        ("imaps://u:hush@mx.example?folder=x", "has no option 'folder'"),
    ],
)
def test_addresses_of_mailboxes_that_cannot_be_used(url: str, said: str) -> None:
    with pytest.raises(ServerUrlProblem, match=said) as caught:
        ImapUrl.parse(url)

    assert "hush" not in str(caught.value)
    assert "BOUNCE_MAILBOX" in str(caught.value)


def test_a_password_is_never_shown() -> None:
    assert "hush" not in repr(Smtp.from_url("smtp://robot:hush@localhost", SENDER))


@pytest.mark.parametrize(
    ("code", "enhanced", "said"),
    [
        (550, "5.1.1", "mailbox does not exist"),
        (550, None, "mailbox does not exist"),
        (552, "5.2.2", "mailbox is full"),
        (550, "5.7.26", "SPF"),
        (450, "4.4.99", "cannot be reached"),
        (499, None, "try again"),
        (577, None, "the server refuses it"),
        (None, "4.9.9", "try again"),
        (None, "5.9.9", "the server refuses it"),
    ],
)
def test_every_code_says_what_it_deserves(code: int | None, enhanced: str | None, said: str) -> None:
    assert said in failure_reason(code, enhanced).sentence


@pytest.mark.parametrize(
    ("code", "answer", "said"),
    [
        (550, "5.7.1 relaying prohibited by administrator", "does not pass on mail for us"),
        (554, "5.7.1 <x@y.test>: Relay access denied", "does not pass on mail for us"),
        (550, "5.7.64 TenantAttribution", "does not pass on mail for us"),
        (530, "5.7.1 Client was not authenticated", "sign in"),
        (503, "5.5.1 Error: need AUTH command first", "sign in"),
        (550, "5.4.5 Daily user sending limit exceeded", "as much as our mail provider allows"),
        (550, "Hourly message quota exceeded for this account's sending", "as much as our mail provider allows"),
        (550, "SPF check failed", "SPF"),
        (550, "5.7.515 Access denied, sending domain does not meet the required level", "SPF"),
        (550, "5.1.8 Bad sender's system address", "SPF"),
        (550, "5.7.350 Remote server returned message detected as spam", "our mail provider"),
        (553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "does not pass on mail for us"),
        (550, "5.7.1 Sender is not allowed to relay emails", "does not pass on mail for us"),
        (454, "4.7.1 <x@y.test>: Relay access denied", "does not pass on mail for us"),
        (503, "You must authenticate before sending mail", "sign in"),
        (550, "Please log in first", "sign in"),
        (550, "Domain pharmacy.example has exceeded the max emails per hour (500/500)", "provider allows"),
        (550, "5.2.0 Message rate exceeded for sender", "provider allows"),
        (554, "Message rejected: Email address is not verified.", "look there what it asks for"),
        (554, "Your account has been suspended", "look there what it asks for"),
        (553, "Sender domain does not exist", "SPF"),
        (550, "Verification failed for <onboarding@pharmacy.example>", "SPF"),
        (450, "4.1.8 <onboarding@pharmacy.example>: Sender address rejected: Domain not found", "SPF"),
        (554, "5.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]", "reverse DNS"),
        (554, "5.7.1 <mx>: Helo command rejected: need fully-qualified hostname", "reverse DNS"),
        (501, "5.5.4 Invalid arguments", "the host and the port in SMTP_URL"),
        (550, "authentication failed, sender not permitted", "sign in"),
        (550, "Unauthenticated mail not accepted", "sign in"),
        (550, "SMTP login required", "sign in"),
        (503, "Bad sequence: AUTH needed before MAIL", "sign in"),
        (503, "5.5.1 Error: send MAIL first", "the host and the port in SMTP_URL"),
        (550, "Sender IP must resolve", "reverse DNS"),
        (550, "Sending from your domain is not permitted", "SPF"),
        (554, "5.7.1 You are not allowed to connect.", "our mail provider"),
        (554, "Connection refused from your IP", "our mail provider"),
        (550, "Your host is not permitted", "our mail provider"),
        (554, "Not accepting connections from dynamic addresses", "our mail provider"),
    ],
)
def test_what_is_wrong_with_us_is_never_put_down_to_the_recipient(code: int, answer: str, said: str) -> None:
    reason = failure_reason(code, enhanced_code(answer), answer)

    assert reason.our_fault
    assert said in reason.sentence


@pytest.mark.parametrize(
    ("code", "answer", "said"),
    [
        (550, "Mailbox quota exceeded", "mailbox is full"),
        (552, "5.7.0 This message was blocked because its content presents a security issue", "refuses mail from us"),
        (550, "5.4.1 Recipient address rejected: Access denied", "does not exist"),
        (550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", "own organization"),
        (550, "5.2.1 The email account that you tried to reach is disabled", "switched off"),
        (550, "5.1.1 <x@y.test>: Recipient address rejected: User unknown in relay recipient table", "does not exist"),
        (554, "delivery error: This user doesn't have a mail.example account", "does not exist"),
        (550, "5.2.1 The user is receiving mail at a rate that prevents additional messages", "too much mail"),
        (552, "5.3.4 Message size exceeds fixed maximum message size limit", "larger than"),
        (550, "Message rejected due to content", "refuses mail from us"),
        (550, "<x@y.test>: mailbox size limit exceeded", "mailbox is full"),
        (550, "User's disk space limit reached", "mailbox is full"),
        (550, "Message size limit exceeded", "larger than"),
        (550, "Recipient not authorized", "may not be written to"),
        (451, "4.7.1 Greylisted, sender not known yet: message rate limited", "puts off senders"),
    ],
)
def test_what_is_about_the_recipient_is_final(code: int, answer: str, said: str) -> None:
    reason = failure_reason(code, enhanced_code(answer), answer)

    assert not reason.our_fault
    assert said in reason.sentence


def test_an_enhanced_code_is_no_ip_address() -> None:
    assert enhanced_code("550 relay 5.1.1.7 refused") is None
    assert enhanced_code("5.1.10 null MX") == "5.1.10"
