"""`onboard mail` and `onboard bounce`: the stop for all mail, mails sent again, and returned mail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.shell import Shell, Start, eventually
from tests.returned_mail import report


@pytest.fixture
def stopped(onboard: Shell) -> Iterator[None]:
    """Stops all mail during a test."""
    assert onboard.ok("mail", "pause", "--why", "trial", "--json").json == {"paused": True}
    yield
    onboard.ok("mail", "resume")


def returned(message_id: str, *, action: str = "failed", status: str = "5.1.1") -> str:
    """Returns a report of an undeliverable mail (RFC 3464)."""
    return report(action, status, f"550 {status} No such user", message_id=message_id).decode()


def sent(shell: Shell, identity: str, kind: str) -> str:
    """Waits until a mail is sent, and returns its Message-ID."""

    def is_out(found: dict[str, list[dict[str, str]]]) -> bool:
        return any(mail["kind"] == kind and mail["state"] == "sent" for mail in found["mails"])

    seen = eventually(shell, "show", identity, until=is_out)
    return str(next(mail["message_id"] for mail in seen["mails"] if mail["kind"] == kind))


def test_all_mail_is_stopped_and_released(onboard: Shell, practice: Start, stopped: None) -> None:
    status = onboard.ok("mail", "status", "--json").json
    assert (status["paused"], status["by"], status["why"]) == (True, "ana", "trial")
    assert "All mail is paused, by ana since" in onboard.ok("mail", "status").out
    identity = practice()
    onboard.ok("record", identity, "queued")
    waiting = eventually(onboard, "mail", "pending", until=bool)
    [mail] = [each for each in waiting if each["onboarding"] == identity]
    assert (mail["kind"], mail["state"]) == ("queue_confirmation", "queued")
    assert "text" not in mail
    told = onboard.ok("mail", "pending").out
    assert identity in told
    assert max(map(len, told.splitlines())) <= 100
    assert "were waiting" in onboard.ok("mail", "resume").out
    sent(onboard, identity, "queue_confirmation")
    assert "Mail is being sent." in onboard.ok("mail", "status").out


def test_a_redirect_is_shown(onboard: Shell) -> None:
    told = onboard.ok("mail", "status", ONBOARD_MAIL_REDIRECT_ALL="me@pharmacy.test").out
    assert "All mail goes to me@pharmacy.test" in told


def test_the_text_of_every_mail_is_shown(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued")
    sent(onboard, identity, "queue_confirmation")
    told = onboard.ok("show", identity, "--mails").out
    assert "│ Hello Dana Reyes," in told
    texts = onboard.ok("show", identity, "--mails", "--json").json["texts"]
    assert all("Hello Dana Reyes," in text for text in texts.values())


def test_mails_are_held_and_sent_or_dropped(onboard: Shell, practice: Start) -> None:
    identity = practice()
    words = "We call you on Friday."
    chosen = ("--hold-mail", "queue_confirmation", "--paragraph", f"queue_confirmation={words}")
    onboard.ok("record", identity, "queued", *chosen)
    assert "held" in onboard.ok("explain", identity).out
    onboard.ok("send-held", identity, "--why", "They know now")
    sent(onboard, identity, "queue_confirmation")
    assert words in onboard.ok("show", identity, "--mails").out
    details = ("name=Lee Park", "email=lee@it.test")
    onboard.ok("record", identity, "technical_contact_designated", *details, "--hold-mail", "technical_briefing")
    onboard.ok("drop-held", identity, "technical_briefing", "--why", "Told by telephone")
    [mail] = [
        each for each in onboard.ok("show", identity, "--json").json["mails"] if each["role"] != "primary_contact"
    ]
    assert mail["state"] in ("held", "cancelled")
    wrong = onboard("record", identity, "invitation_sent", "--paragraph", "no sign")
    assert (wrong.status, "is not MAIL=TEXT" in wrong.err) == (2, True)


def test_a_mail_is_sent_again(onboard: Shell, practice: Start) -> None:
    identity = practice()
    nothing = onboard.refused("resend", identity, "queue_confirmation", "--why", "lost")
    assert "No mail 'queue_confirmation' has been written here" in nothing
    onboard.ok("record", identity, "queued")
    onboard.ok("resend", identity, "queue_confirmation", "--why", "lost")
    seen = eventually(onboard, "show", identity, until=lambda found: all(m["state"] == "sent" for m in found["mails"]))
    assert [mail["kind"] for mail in seen["mails"]] == ["queue_confirmation"] * 2
    assert len({mail["message_id"] for mail in seen["mails"]}) == 2


def test_a_returned_mail_is_recorded_and_reported_to_its_onboarding(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued")
    file = onboard.write("returned.eml", returned(sent(onboard, identity, "queue_confirmation")))
    told = onboard.ok("bounce", file).out
    assert told.startswith(f"Recorded: a mail of {identity} came back; 'onboard explain' says what to do.")
    again = onboard.ok("bounce", file, "--json").json
    assert (again["noted"], again["onboarding"], again["told"]) == (True, identity, True)
    explained = onboard.ok("explain", identity).out
    assert "The mail “queue confirmation” to dana@" in explained
    assert "came back: The mailbox does not exist" in explained
    assert f"onboard correct-contact {identity} --email ADDRESS" in explained
    seen = onboard.ok("show", identity, "--json").json
    assert [mail["state"] for mail in seen["mails"]] == ["bounced"]
    assert "bounced" in onboard.ok("show", identity).out
    onboard.ok("correct-contact", identity, "--email", "right@dana.test", "--why", "it bounced")
    eventually(onboard, "show", identity, until=lambda found: found["mails"][-1]["state"] == "sent")
    assert "It need not be sent again: a newer mail of this kind has followed." in onboard.ok("explain", identity).out


def test_a_mail_of_a_closed_onboarding_comes_back(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued")
    message_id = sent(onboard, identity, "queue_confirmation")
    onboard.ok("withdraw", identity, "--why", "sold")
    eventually(onboard, "list", "--status", "withdrawn", "--search", identity, until=bool)
    told = onboard.ok("bounce", "-", stdin=returned(message_id)).out
    assert told.startswith(f"Recorded: a mail of {identity}, which is closed, came back.")
    assert onboard.ok("show", identity, "--json").json["mails"][0]["state"] == "bounced"


def test_a_delay_is_not_recorded(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued")
    message_id = sent(onboard, identity, "queue_confirmation")
    late = returned(message_id, action="delayed", status="4.4.1")
    assert onboard.ok("bounce", "-", "--json", stdin=late).json["noted"] is False
    assert onboard.ok("show", identity, "--json").json["mails"][0]["state"] == "sent"


def test_an_invalid_returned_mail(onboard: Shell) -> None:
    assert "nothing was recorded" in onboard.refused("bounce", "-", stdin="Subject: Hello\nFrom: a@b.test\n\nHi\n")
    assert "This file is not an e-mail" in onboard.refused("bounce", "-", stdin="")
    unknown = onboard.refused("bounce", "-", stdin=returned("<nobody@pharmacy.example>"))
    assert (
        unknown == "No mail with the Message-ID <nobody@pharmacy.example> was sent from here, so nothing was recorded."
    )
