"""Delivery reports as mail servers write them, and what is read from one."""

from __future__ import annotations

from partners.returned_mail.read import Bounce, NotABounce, read_returned_mail

OURS = "<key-1@pharmacy.example>"
DANA = "dana@riverside-vet.example"


def read_bounce(content: bytes) -> Bounce:
    """What the one mail of a file says. Raises `NotABounce` if it is no returned mail."""
    [found] = read_returned_mail(content)
    if isinstance(found, NotABounce):
        raise found
    assert isinstance(found, Bounce)
    return found


def report(
    action: str,
    status: str,
    diagnostic: str = "",
    headers: str = "message/rfc822",
    more: str = "",
    message_id: str = OURS,
) -> bytes:
    """A delivery report of RFC 3464, as Postfix writes it."""
    said = f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    returned = f"From: onboarding@pharmacy.example\nTo: {DANA}\nMessage-ID: {message_id}\nSubject: Hello\n"
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


def of_type(report_type: str, part: str, sender: str = "MAILER-DAEMON@mx.example") -> bytes:
    """A report of another kind than a delivery report."""
    content = report("failed", "5.1.1").replace(b"report-type=delivery-status", f"report-type={report_type}".encode())
    return content.replace(b"message/delivery-status", part.encode()).replace(
        b"MAILER-DAEMON@mx.example", sender.encode()
    )
