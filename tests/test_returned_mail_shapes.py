"""Reports in the words of many servers and languages, and mails that look like reports and are none."""

from __future__ import annotations

import pytest

from partners.returned_mail.files import MAX_MAILS
from partners.returned_mail.read import Complaint, NotABounce, read_returned_mail
from tests.returned_mail import DANA, OURS, of_type, read_bounce, report

DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example>"
ROLE = "postmaster@clinic.example"
PERSON = "Jo <jo@clinic.example>"


def in_words(sender: str, subject: str, text: str, *headers: str) -> bytes:
    lines = (f"From: {sender}", f"Subject: {subject}", *headers, "Content-Type: text/plain; charset=utf-8")
    return ("\n".join(lines) + f"\n\n{text}\n\nMessage-ID: {OURS}\n").encode()


@pytest.mark.parametrize(
    ("sender", "subject", "text", "said"),
    [
        (ROLE, "Unzustellbar: Hallo", "Fehler bei der Nachrichtenzustellung", "no known reason"),
        (DAEMON, "Ihre Nachricht", "Sie konnte an dana@x.example nicht zugestellt werden.", "no known reason"),
        (ROLE, "Non remis : Bonjour", "La boîte aux lettres du destinataire est pleine.", "is full"),
        (DAEMON, "Votre message", "Il n’a pas pu être remis: 550 5.1.1 inconnu", "does not exist"),
        (ROLE, "No se puede entregar: Hola", "550 5.1.10 RecipientNotFound", "does not exist"),
        (DAEMON, "Falha na entrega", "Sua mensagem: caixa postal cheia", "is full"),
        (ROLE, "Niet-bestelbaar: Hallo", "Het postvak is vol.", "is full"),
        (ROLE, "Impossibile recapitare: Ciao", "Casella inesistente", "no known reason"),
        (ROLE, "Nedoručitelné: Ahoj", "x", "no known reason"),
        (ROLE, "=?utf-8?b?6YWN5L+h5LiN6IO9OiDmjqXntpo=?=", "ユーザーが見つかりませんでした。", "no known reason"),
        (ROLE, "未送达: 你好", "550 User not found", "does not exist"),
        (ROLE, "배달되지 않음: 연결", "x", "no known reason"),
        (DAEMON, "Сообщение не доставлено", "550 invalid mailbox", "may not be written to"),
        ("Barracuda <postmaster@b.example>", "**Message you sent blocked by our filter**", "x", "no known reason"),
        (ROLE, "DELIVERY FAILURE: User dana not listed", "because: User dana not listed in it", "does not exist"),
        (DAEMON, "Message status - undeliverable", "dana@x.example (mailbox over disk quota)", "is full"),
        (DAEMON, "Failure Notice", "554: 30 Sorry. This mailbox is disabled (554.30).", "switched off"),
        (DAEMON, "Mail delivery failed", "mail forwarding loop", "round in circles"),
        (DAEMON, "Mail delivery failed", "  dana@x.example\n    retry timeout exceeded", "gave up"),
        (
            DAEMON,
            "Returned mail: Cannot send message for 5 days",
            "451 4.4.1 reply: read error\n... Deferred: Connection timed out\nMessage will be deleted from queue",
            "gave up",
        ),
        (DAEMON, "Note 7", "I couldn't find any host by that name and wasn't able to\ndeliver it.", "no known reason"),
        (ROLE, "Undeliverable: Your connection is delayed", "550 5.1.1 nobody", "does not exist"),
    ],
)
def test_failures_in_the_words_of_many_servers(sender: str, subject: str, text: str, said: str) -> None:
    bounce = read_bounce(in_words(sender, subject, text))

    assert bounce.permanent
    assert bounce.message_ids == (OURS,)
    assert said in bounce.reason


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        (ROLE, "Remise différée : Bonjour", "La remise a été retardée."),
        (ROLE, "Verzögerte Zustellung: Hallo", "Es wird weiter versucht, sie zuzustellen."),
        (ROLE, "配信遅延: 接続", "次の受信者への配信が遅れています。"),
        (ROLE, "Entrega atrasada: Olá", "x"),
        (ROLE, "Vertraagd: Hallo", "x"),
        (DAEMON, "Warning: message 1abc delayed 24 hours", "host x: 451 4.3.0 later\nNo action is required."),
        (DAEMON, "Warning: could not send message for past 4 hours", "... still undelivered. Will keep trying."),
        (DAEMON, "Undeliverable yet", "It could not be delivered for 4 hours. It will be retried for 5 days."),
        (ROLE, "Delayed: The installation failed", "550 is the number of the house"),
        (DAEMON, "Message 77", "host mx said: 452 4.2.2 later"),
    ],
)
def test_delays_in_the_words_of_many_servers(sender: str, subject: str, text: str) -> None:
    assert not read_bounce(in_words(sender, subject, text)).permanent


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        (PERSON, "Re: Undeliverable mail?", "Your mail was rejected here: 550 5.1.1 user unknown. Why?"),
        (ROLE, "AW: Undeliverable mail?", "Your mail was rejected here, 550, please call."),
        (ROLE, "Question about your mails", "Please set up SPF; 550 messages came last week."),
        (ROLE, "Please confirm your message to dana@x.example", "It was not delivered: confirm that you are human."),
        (ROLE, "Quarantine summary", "3 messages were blocked for you.\n550 MB used"),
        (ROLE, "Relayed: Hello", "Delivery is complete, but no notification was sent by the destination server."),
        (ROLE, "Delivered: Hello", "Your message has been delivered to dana@x.example"),
        (DAEMON, "Return receipt", "Your mail was successfully delivered to dana@x.example."),
        (DAEMON, "Quota warning", "Your mailbox is nearly full."),
        (PERSON, "I am away until Monday", "Call 555-0142. No such user here? Ask the front desk."),
        ("Helpdesk <help@clinic.example>", "[#5531] Your request", "We will retry. 550 requests are before you."),
        ("Boxbe <notify@boxbe.example>", "Your message is waiting", "Your message was not delivered yet."),
        (PERSON, "FW: Undeliverable: Hello", "From: postmaster@x.example\n\n550 5.1.1 nobody"),
        (PERSON, "Odpowiedź automatyczna: Undeliverable", "Nie ma mnie, 550 5.1.1"),
    ],
)
def test_what_only_looks_like_a_report(sender: str, subject: str, text: str) -> None:
    (found,) = read_returned_mail(in_words(sender, subject, text))

    assert isinstance(found, NotABounce)


@pytest.mark.parametrize(
    ("action", "status", "permanent"),
    [
        ("failed;", "5.1.1 (User unknown)", True),
        ("permanent-failure", "5.0.0", True),
        ("fehlgeschlagen", "5.4.4", True),
        ("", "550", True),
        ("transient-failure", "4.0.0", False),
        ("retrying", "4.4.1", False),
    ],
)
def test_fields_that_keep_no_standard(action: str, status: str, permanent: bool) -> None:
    assert read_bounce(report(action, status)).permanent is permanent


@pytest.mark.parametrize(
    ("answer", "said", "remedy"),
    [
        ("554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", "have it unblocked", "ours"),
        ("550 5.7.1 messages from [192.0.2.1] weren't sent; your network is on our block list", "unblocked", "ours"),
        ("550 Administrative prohibition - envelope blocked", "ask the practice's IT", "again"),
        ("554 5.4.14 Hop count exceeded - possible mail loop", "round in circles", "address"),
        ("556 5.1.0 clinic.example does not accept mail (nullMX)", "takes no mail", "address"),
        ("552 5.2.2 over quota", "mailbox is full", "again"),
    ],
)
def test_the_reason_follows_what_the_server_said(answer: str, said: str, remedy: str) -> None:
    bounce = read_bounce(report("failed", "5.0.0", answer))

    assert said in bounce.reason
    assert bounce.remedy == remedy


def test_a_mail_store_that_refuses_by_a_receipt() -> None:
    content = of_type("disposition-notification", "message/disposition-notification").replace(
        b"host said: 999 see below", b"It was automatically rejected: Quota exceeded"
    )

    assert "mailbox is full" in read_bounce(content).reason


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_a_provider_report_that_is_no_complaint(kind: str) -> None:
    content = of_type("feedback-report", "message/feedback-report").replace(
        b"Reporting-MTA:", f"Feedback-Type: {kind}\nReporting-MTA:".encode()
    )

    with pytest.raises(NotABounce, match=f"{kind}.* is not a complaint"):
        read_bounce(content)


def test_a_complaint_without_a_report() -> None:
    content = in_words("staff@hotmail.example", "complaint about message from 192.0.2.1", "See below.")

    assert read_returned_mail(content) == [Complaint((OURS,), None)]


def test_parts_between_other_lines_than_the_header_names() -> None:
    bounce = read_bounce(report("failed", "5.1.1").replace(b'boundary="B"', b'boundary="other"'))

    assert (bounce.message_ids, bounce.recipient, bounce.status) == ((OURS,), DANA, "5.1.1")


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-8", "windows-1252"])
def test_words_in_any_charset(charset: str) -> None:
    content = in_words(DAEMON, "Hallo", "Sie konnte an Müller nicht zugestellt werden. Das Postfach ist voll.")
    recoded = content.decode().encode(charset).replace(b"charset=utf-8", f"charset={charset}".encode())

    assert "mailbox is full" in read_bounce(recoded).reason


def test_a_message_id_in_html() -> None:
    content = in_words(ROLE, "Undeliverable", "<p>550 5.1.1 nobody</p><b>Message-ID:</b> &lt;key-2@x.example&gt;<br>")
    content = content.replace(b"text/plain", b"text/html").replace(f"Message-ID: {OURS}".encode(), b"")

    assert read_bounce(content).message_ids == ("<key-2@x.example>",)


@pytest.mark.parametrize(
    "noise",
    ["a", " ", "5.1.", "a@", "<", "<style", "<p ", "\n", "message-id: <", "mailbox ", "Action:\nx\n", "\n--B\n\n"],
)
@pytest.mark.parametrize("kind", ["text/plain", "text/html", "multipart/report; boundary=B"])
def test_noise_is_read_in_time(noise: str, kind: str) -> None:
    """In a time that grows with the length: what grows with its square takes minutes here."""
    content = f"From: MAILER-DAEMON@x\nSubject: Undelivered\nContent-Type: {kind}\n\n" + noise * (200_000 // len(noise))

    assert len(read_returned_mail(content.encode())) == 1


def test_more_mails_than_anybody_reads() -> None:
    content = b"From a@b.example\nSubject: x\n" + b"\n\nFrom a@b.example\nSubject: x\n" * MAX_MAILS

    with pytest.raises(NotABounce, match="more than 1000 mails: split it"):
        read_bounce(content)
