"""Mail handed to real SMTP servers: one that works, encrypted or not, and ones that fail at each step."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from machine.ports import free_port
from partners.message import Sender, compose
from partners.server_url import SmtpUrl
from partners.smtp import MAILS_PER_CONNECTION, Smtp, TransportError
from tests.certificates import certificate, tls
from tests.mailing import Mailbox, a_mail, assert_mail_contains, bodies, mail_server
from tests.patience import PATIENCE

__all__ = ["certificate", "tls"]

SENDER = Sender("onboarding@pharmacy.example", "Willow, Inc. Pharmacy", "support@pharmacy.example")


def smtp(port: int, query: str = "", login: str = "", timeout: float = 5.0) -> Smtp:
    return Smtp(SmtpUrl.parse(f"smtp://{login}127.0.0.1:{port}{query}"), SENDER, timeout=timeout)


@asynccontextmanager
async def scripted(*scripts: dict[str, str | None], commands: asyncio.Queue[str] | None = None) -> AsyncIterator[int]:
    """A server that answers each command as told, keeps silent at "" and hangs up at None; `.` is the whole message.

    Each connection has its script, and the last is for all that come after; `commands` gets all that was said.
    """
    served = 0
    usual = {"": "220 hi", "EHLO": "250 hi", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go", ".": "250 ok"}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        answers, command = scripts[min(served, len(scripts) - 1)], ""
        served += 1
        while True:
            if commands is not None:
                commands.put_nowait(command)
            answer = (usual | answers).get(command, "221 bye")
            if answer is None or command == "QUIT":
                break
            if answer:
                writer.write(f"{answer}\r\n".encode(errors="surrogateescape"))
            in_message = command == "DATA" and answer == "354 go"
            line = await (reader.readuntil(b"\r\n.\r\n") if in_message else reader.readline())
            if not line:
                break
            command = "." if in_message else line.decode().split()[0].upper()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def failure(port: int, **mail: Any) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await smtp(port, timeout=2.0).send(a_mail(**mail))
    assert str(caught.value)[-1] == "."
    return caught.value


async def test_a_mail_arrives_as_it_was_written() -> None:
    text = "Grüße,\n.\n..two dots\n" + "long " * 400 + "\n"
    async with mail_server(Mailbox()) as box:
        await smtp(box.port).send(a_mail(subject="Grüße an alle", text=text, html="<p>Grüße &amp; <b>ß</b></p>"))
    message = box.last()

    assert box.recipients == ["dana@riverside-vet.example"]
    assert message["From"].addresses == (Address("Willow, Inc. Pharmacy", addr_spec="onboarding@pharmacy.example"),)
    assert message["To"].addresses == (Address("Dana Whitfield", addr_spec="dana@riverside-vet.example"),)
    assert message["Reply-To"].addresses[0].addr_spec == "support@pharmacy.example"
    assert message["Subject"] == "Grüße an alle"
    assert message["Message-ID"] == "<key-1@pharmacy.example>"
    assert message["Date"].datetime == datetime(2026, 3, 1, 16, 12, tzinfo=UTC)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert bodies(message)[0].replace("\r\n", "\n") == text
    assert_mail_contains(message, "Grüße")
    assert max(len(line) for line in box.messages[0].split(b"\r\n")) <= 998


async def test_a_second_attempt_is_the_same_message() -> None:
    async with mail_server(Mailbox()) as box:
        for _ in range(2):
            await smtp(box.port).send(a_mail())

    assert box.messages[0] == box.messages[1]


def joined(text: str) -> str:
    return "".join(text.split())


NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60)


@settings(max_examples=150, deadline=None)
@example('Evil "Q" <x@y.example>, Dr. Müller', "Grüße")
@example("O'Neil; (DVM), " + "x" * 150, "x" * 300)
@example('"' * 60, "ü" * 200)
@given(NAMES, NAMES)
def test_any_name_and_subject_come_through_and_name_nobody_else(name: str, subject: str) -> None:
    content = compose(a_mail(to_name=name, subject=subject), SENDER)
    message = message_from_bytes(content, policy=default)

    assert [each.addr_spec for each in message["To"].addresses] == ["dana@riverside-vet.example"]
    # The parser that reads this back puts blanks between encoded words, which mail programs do not.
    assert joined(message["To"].addresses[0].display_name) == joined(name)
    assert joined(message["Subject"]) == joined(subject)
    assert message.keys() == list(dict.fromkeys(message.keys()))
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 150


@pytest.mark.parametrize("field", ["subject", "to_name", "to", "message_id"])
async def test_a_line_break_in_a_header_is_refused_before_anything_is_sent(field: str) -> None:
    async with mail_server(Mailbox()) as box:
        error = await failure(box.port, **{field: "a@b.example\r\nBcc: all@example.com"})

    assert error.permanent
    assert not box.messages


async def test_addresses_in_other_scripts() -> None:
    async with mail_server(Mailbox()) as box:
        await smtp(box.port).send(a_mail(to="dana@bücher.example"))
        await smtp(box.port).send(a_mail(to="jörg@bücher.example"))
    assert box.recipients == ["dana@xn--bcher-kva.example", "jörg@xn--bcher-kva.example"]

    async with scripted({}) as port:
        error = await failure(port, to="jörg@bücher.example")
    assert error.permanent
    assert "ask for another address" in str(error)


async def test_encrypted_and_signed_in(certificate: Path, tls: ssl.SSLContext) -> None:
    async with mail_server(Mailbox(), tls=tls, password="p@ss/word") as box:
        await smtp(box.port, f"?starttls=required&ca={certificate}", "robot:p%40ss%2Fword@").send(a_mail())

    assert box.encrypted == [True]
    assert box.users[0] is not None


async def test_a_wrong_password_is_our_problem_and_not_the_mails(certificate: Path, tls: ssl.SSLContext) -> None:
    async with mail_server(Mailbox(), tls=tls, password="right") as box:
        with pytest.raises(TransportError, match=r"does not give us access: .*password: correct SMTP_URL") as caught:
            await smtp(box.port, f"?ca={certificate}", "robot:wrong@").send(a_mail())

    assert not caught.value.permanent
    assert "wrong" not in str(caught.value)


async def test_an_unknown_certificate_is_not_trusted(tls: ssl.SSLContext) -> None:
    async with mail_server(Mailbox(), tls=tls) as box:
        with pytest.raises(TransportError, match="check its certificate") as caught:
            await smtp(box.port, "?starttls=required").send(a_mail())

    assert not caught.value.permanent
    assert not box.messages


async def test_required_encryption_is_never_left_out() -> None:
    async with mail_server(Mailbox()) as box:
        with pytest.raises(TransportError, match="STARTTLS"):
            await smtp(box.port, "?starttls=required").send(a_mail())

    assert not box.messages


@pytest.mark.parametrize(
    ("answers", "permanent", "said"),
    [
        ({"RCPT": "550 5.1.1 No such user"}, True, "The mailbox does not exist: correct the address"),
        ({"RCPT": "550 5.1.1 Bo\udceete inconnue"}, True, "550 5.1.1 Boîte inconnue"),
        ({"RCPT": "550 5.1.1 No\0such\x1b[31muser"}, True, "550 5.1.1 No such [31muser"),
        ({"RCPT": "451 4.7.1 Greylisted"}, False, "puts off senders that it does not know yet"),
        ({"RCPT": "530 5.7.0 Sign in first"}, False, "check the user and password"),
        ({"DATA": "554 5.7.1 No"}, True, "refuses mail from us"),
        ({".": "554 5.7.1 Spam"}, True, "refuses mail from us"),
        ({".": "452 4.3.1 Full"}, False, "server is full"),
        ({"MAIL": "553 5.7.1 Not your sender"}, False, "accepts no mail from us"),
        ({"MAIL": "421 Closing"}, False, "closes for the moment"),
        ({"": "554 No mail from you"}, False, "does not give us access"),
        ({"": "421 Busy"}, False, "does not give us access"),
        ({"": None}, False, "the connection was lost"),
        ({"": ""}, False, "does not answer in time"),
        ({"MAIL": None}, False, "the connection was lost"),
        ({"RCPT": ""}, False, "does not answer in time"),
        ({"DATA": None}, False, "before it had the mail"),
        ({"DATA": ""}, False, "before it had the mail"),
    ],
)
async def test_what_was_surely_not_taken(answers: dict[str, str | None], permanent: bool, said: str) -> None:
    async with scripted(answers) as port:
        error = await failure(port)

    assert error.permanent is permanent
    assert not error.maybe_delivered
    assert said in str(error)


@pytest.mark.parametrize("step", ["RCPT", "DATA", "."])
@pytest.mark.parametrize(
    "answer",
    [
        "454 4.7.1 <dana@riverside-vet.example>: Relay access denied",
        "550-5.7.1 We do not\r\n550 5.7.1 relay for you",
        "551 This server requires authentication",
        "550 5.4.5 Daily SMTP limit reached",
        "554 5.7.1 Your account has been suspended",
        "550 5.7.515 sending domain does not meet the required level",
        "550 5.5.4 Invalid domain name",
    ],
)
async def test_what_is_wrong_with_us_keeps_the_mail_whenever_it_is_said(step: str, answer: str) -> None:
    async with scripted({step: answer}) as port:
        with pytest.raises(TransportError) as caught:
            await smtp(port, timeout=PATIENCE).send(a_mail())

    error = caught.value
    assert (error.permanent, error.maybe_delivered, error.remedy) == (False, False, "ours")


async def test_a_way_of_signing_in_that_we_do_not_have_is_ours() -> None:
    async with scripted({"EHLO": "250-hi\r\n250 AUTH XOAUTH2"}) as port:
        with pytest.raises(TransportError, match="check SMTP_URL") as caught:
            await smtp(port, login="robot:secret@").send(a_mail())

    assert caught.value.remedy == "ours"


@pytest.mark.parametrize("answer", [None, "", "what?", "999 odd"])
async def test_nobody_knows_once_the_message_is_gone(answer: str | None) -> None:
    async with scripted({".": answer}) as port:
        error = await failure(port)

    assert error.maybe_delivered
    assert not error.permanent
    assert "may have arrived or not" in str(error)


MAIL = ["MAIL", "RCPT", "DATA", "."]


def heard(commands: asyncio.Queue[str]) -> list[str]:
    return [commands.get_nowait() for _ in range(commands.qsize())]


async def test_a_connection_is_used_for_several_mails_and_then_left() -> None:
    commands: asyncio.Queue[str] = asyncio.Queue()
    async with scripted({}, commands=commands) as port:
        sender = smtp(port)
        for _ in range(MAILS_PER_CONNECTION + 1):
            await sender.send(a_mail())
        sender.close()
        expected = ["", "EHLO", *MAIL * MAILS_PER_CONNECTION, "QUIT", "", "EHLO", *MAIL, "QUIT"]
        # The server may hear of the first one's end only after the second has begun.
        found = [await commands.get() for _ in expected]

    assert sorted(found) == sorted(expected)
    assert found[: 2 + len(MAIL) * MAILS_PER_CONNECTION] == expected[: 2 + len(MAIL) * MAILS_PER_CONNECTION]


async def test_mails_sent_at_the_same_time_have_a_connection_each() -> None:
    commands: asyncio.Queue[str] = asyncio.Queue()
    async with scripted({}, commands=commands) as port:
        sender = smtp(port)
        await asyncio.gather(*(sender.send(a_mail()) for _ in range(3)))
        await asyncio.gather(*(sender.send(a_mail()) for _ in range(3)))
        sender.close()

    found = heard(commands)
    assert found.count("EHLO") == 3
    assert found.count(".") == 6


async def test_a_connection_that_nobody_uses_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partners.smtp.IDLE_SECONDS", 0.01)
    commands: asyncio.Queue[str] = asyncio.Queue()
    async with scripted({}, commands=commands) as port:
        await smtp(port).send(a_mail())
        while await commands.get() != "QUIT":
            pass


@pytest.mark.parametrize("ended", [{".": "250 ok", "MAIL": "421 Closing"}, {"MAIL": None}, {"MAIL": ""}])
async def test_a_connection_that_ended_meanwhile_is_made_up_for(ended: dict[str, str | None]) -> None:
    """The server closes the first connection as a second mail is announced; that mail goes over another."""
    answers: dict[str, str | None] = {}
    commands: asyncio.Queue[str] = asyncio.Queue()
    async with scripted(answers, {}, commands=commands) as port:
        sender = smtp(port, timeout=2.0)
        await sender.send(a_mail())
        answers |= ended
        await sender.send(a_mail())
        sender.close()

    found = heard(commands)
    assert found.count(".") == 2
    assert found.count("EHLO") == 2


async def test_nobody_knows_either_once_a_later_message_is_gone() -> None:
    """On a connection that was used before, a message that was written is never written again."""
    answers: dict[str, str | None] = {}
    commands: asyncio.Queue[str] = asyncio.Queue()
    async with scripted(answers, {}, commands=commands) as port:
        sender = smtp(port)
        await sender.send(a_mail())
        answers["."] = None
        with pytest.raises(TransportError, match="may have arrived or not") as caught:
            await sender.send(a_mail())

    assert caught.value.maybe_delivered
    assert heard(commands) == ["", "EHLO", *MAIL * 2]


async def test_after_a_refusal_the_next_mail_has_a_connection_of_its_own() -> None:
    commands: asyncio.Queue[str] = asyncio.Queue()
    async with scripted({"RCPT": "550 5.1.1 No such user"}, {}, commands=commands) as port:
        sender = smtp(port)
        with pytest.raises(TransportError):
            await sender.send(a_mail())
        await sender.send(a_mail())
        sender.close()

    assert heard(commands).count("EHLO") == 2


async def test_a_real_server_that_refuses() -> None:
    box = Mailbox(answer_recipient=lambda _: "550 5.1.1 <dana@riverside-vet.example> unknown")
    async with mail_server(box):
        error = await failure(box.port)

    assert error.permanent
    assert "(it said: 550 5.1.1 <dana@riverside-vet.example> unknown)" in str(error)


async def test_nobody_listens() -> None:
    error = await failure(free_port())

    assert not error.permanent
    assert not error.maybe_delivered
    assert "refuses the connection" in str(error)
