"""The local mailbox through a real SMTP session."""

from __future__ import annotations

import contextlib
import email
import email.policy
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from machine.mailbox import SIZE_LIMIT
from tests.machine.trial_system import own_environment
from tests.patience import PATIENCE


@contextlib.contextmanager
def mailbox(maildir: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "machine.mailbox", "--maildir", str(maildir), *options]
    if "--port" not in options:
        command += ["--port", "0"]
    process = subprocess.Popen(
        command, env=own_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield process, int(line.rpartition(":")[2] or 0)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def message(subject: str = "Welcome", body: str = "Größe\n.\nline\n") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "pharmacy@example.org"
    made["To"] = "vet@example.org"
    made["Subject"] = subject
    made.set_content(body)
    return made


def stored(maildir: Path) -> list[EmailMessage]:
    files = sorted((maildir / "new").iterdir())
    return [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in files]


def test_a_message_is_kept_as_it_was_sent_with_its_envelope(tmp_path: Path) -> None:
    with mailbox(tmp_path) as (_, port), smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message(), from_addr="bounce@example.org", to_addrs=["a@x.example", "b@x.example"])
    [kept] = stored(tmp_path)
    assert kept["Subject"] == "Welcome"
    assert kept.get_content() == "Größe\n.\nline\n"
    assert kept["Return-Path"] == "<bounce@example.org>"
    assert kept.get_all("Delivered-To") == ["a@x.example", "b@x.example"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_was_accepted_survives_kill_9(tmp_path: Path) -> None:
    with mailbox(tmp_path) as (process, port):
        client = smtplib.SMTP("127.0.0.1", port)
        for number in range(5):
            client.send_message(message(f"Number {number}"))
        process.send_signal(signal.SIGKILL)
        process.wait()
        client.close()
    with mailbox(tmp_path) as (_, port), smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message("Number 5"))
    assert [kept["Subject"] for kept in stored(tmp_path)] == [f"Number {number}" for number in range(6)]


def test_chosen_recipients_are_refused_permanently_and_others_served(tmp_path: Path) -> None:
    with mailbox(tmp_path, "--reject", "*@gone.example", "--reject", "old@*") as (_, port):
        with smtplib.SMTP("127.0.0.1", port) as client:
            refused = client.send_message(message(), to_addrs=["Vet@Gone.example", "vet@x.example", "old@x.example"])
        assert {address: code for address, (code, _) in refused.items()} == {
            "Vet@Gone.example": 550,
            "old@x.example": 550,
        }
    [kept] = stored(tmp_path)
    assert kept.get_all("Delivered-To") == ["vet@x.example"]


def test_a_delay_passes_between_storing_and_answering(tmp_path: Path) -> None:
    with mailbox(tmp_path, "--delay", "0.5") as (_, port), smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        client.mail("a@x.example")
        client.rcpt("b@x.example")
        client.putcmd("data")
        assert client.getreply()[0] == 354
        client.send(b"Subject: slow\r\n\r\nHello\r\n.\r\n")
        assert client.getreply()[0] == 250
        answered = time.time()
        [file] = (tmp_path / "new").iterdir()
    # The kernel dates files by a clock that ticks every few milliseconds.
    assert answered - file.stat().st_mtime > 0.5 - 0.02, "it was stored before the answer, and by so much"


def test_a_message_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with mailbox(tmp_path) as (_, port), smtplib.SMTP("127.0.0.1", port) as client:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.sendmail("a@x.example", ["b@x.example"], b"x" * (SIZE_LIMIT + 1))
        assert refused.value.smtp_code == 552
    assert stored(tmp_path) == []


def test_an_address_beyond_ascii_is_taken(tmp_path: Path) -> None:
    with mailbox(tmp_path) as (_, port), smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("a@x.example", ["größe@x.example"], "Subject: é\r\n\r\n".encode(), mail_options=["SMTPUTF8"])
    assert "größe@x.example" in next((tmp_path / "new").iterdir()).read_text()


def test_a_taken_port_is_reported_in_one_sentence(tmp_path: Path) -> None:
    with mailbox(tmp_path) as (_, port):
        second = subprocess.run(
            [sys.executable, "-m", "machine.mailbox", "--maildir", str(tmp_path), "--port", str(port)],
            env=own_environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "address already in use" in second.stderr.lower()
