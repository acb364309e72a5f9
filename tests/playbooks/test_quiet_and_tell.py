"""What a contact at the practice can ask for: a pause of reminders, and a message to the team."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks.engine.idempotency import digest_of
from playbooks.engine.model import Role
from playbooks.engine.onboarding import Command
from playbooks.engine.practice_commands import PRACTICE_SAID
from playbooks.engine.transition import Refused
from templates.render import kinds
from tests.playbooks.practice import MONDAY, TOM, Practice, days


def registering() -> Practice:
    return Practice().records("queued", "invitation_sent")


def reminders(practice: Practice) -> list[Any]:
    return [mail.at for mail in practice.mails_of("registration_reminder")]


def test_no_reminder_during_a_pause_and_then_only_one() -> None:
    practice = registering()
    practice.order("quiet", role="primary_contact", until=MONDAY + days(16))
    practice.live(days(20))
    # Those of days 3, 7 and 14 fell into the pause; the one after it is that of day 21, a Monday.
    assert reminders(practice) == [MONDAY + days(16)]
    practice.live(days(2))
    assert reminders(practice) == [MONDAY + days(16), MONDAY + days(21)]


def test_the_reminder_after_a_pause_waits_for_working_hours() -> None:
    practice = registering()
    practice.order("quiet", role="primary_contact", until=MONDAY + days(5))
    practice.live(days(6.9))
    assert reminders(practice) == []
    practice.live(days(0.2))
    assert len(reminders(practice)) == 1


def test_a_pause_is_kept_at_a_new_address_of_the_same_person() -> None:
    practice = registering()
    practice.order("quiet", role="primary_contact", until=MONDAY + days(16))
    practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"})
    practice.live(days(20))
    assert reminders(practice) == [MONDAY + days(16)]


def test_a_pause_is_not_that_of_another_person() -> None:
    practice = registering()
    practice.order("quiet", role="primary_contact", until=MONDAY + days(16))
    practice.order("correct_contact", contact={"name": "Tom Ferro", "email": "tom@riverside.test"})
    practice.live(days(10))
    assert reminders(practice) == [MONDAY + days(3), MONDAY + days(7)]


def test_a_pause_stops_reminders_only() -> None:
    practice = Practice().records("queued")
    before = practice.due_at()
    practice.order("quiet", role="primary_contact", until=MONDAY + days(30))
    assert practice.due_at() == before
    practice.live(days(2.1))
    assert practice.view().sla == "breached"
    assert {"invitation_overdue", "escalation"} <= set(practice.kinds)


def test_what_comes_next_follows_the_pause() -> None:
    practice = registering()
    practice.order("quiet", role="primary_contact", until=MONDAY + days(8))
    assert practice.view().next_wakeup == MONDAY + days(8)


def test_a_pause_can_be_ended_and_moved() -> None:
    practice = registering()
    practice.order("quiet", role="primary_contact", until=MONDAY + days(60))
    practice.sleep(days(4)).order("quiet", role="primary_contact")
    assert practice.onboarding.reminders_off_until == {}
    assert practice.journal[-1].text == "Reminders to the primary contact go on"
    practice.wake()
    assert len(reminders(practice)) == 1
    practice.order("quiet", role="primary_contact", until=MONDAY + days(60))
    practice.order("quiet", role="primary_contact", until=MONDAY + days(8))
    practice.live(days(5))
    assert len(reminders(practice)) == 2


def test_a_pause_is_the_persons_and_not_the_successors() -> None:
    practice = Practice().through("agent_installation")
    practice.order("quiet", role="technical_contact", until=MONDAY + days(60))
    assert practice.onboarding.reminders_off_until.keys() == {TOM}
    practice.live(days(4))
    assert practice.mails_of("installation_reminder") == []
    practice.record("technical_contact_designated", name="Uma", email="uma@it.test")
    practice.wake()
    assert [mail.email for mail in practice.mails_of("installation_reminder")] == ["uma@it.test"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Say whose reminders to pause ('role')"),
        ({"role": "team", "until": MONDAY + days(1)}, "Say whose reminders to pause ('role')"),
        ({"role": "technical_contact", "until": MONDAY + days(1)}, "Nobody is named as technical contact"),
        ({"role": "primary_contact"}, "The primary contact is reminded as usual"),
        ({"role": "primary_contact", "until": MONDAY - days(1)}, "has passed; the pause of reminders must end"),
        ({"role": "primary_contact", "until": MONDAY + days(5_000)}, "is more than ten years away"),
    ],
)
def test_an_invalid_pause_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        registering().order("quiet", **given)
    assert sentence in str(refusal.value)


def test_a_message_reaches_the_assignee_and_the_journal_verbatim() -> None:
    practice = registering()
    practice.order("tell", why="Wait for Friday.\nPlease.", kind="Ana asks for help", answers={"server": "ready"})
    (mail,) = practice.mails_of(PRACTICE_SAID)
    assert (mail.to, mail.handle, mail.email) == (Role.ASSIGNEE, "sam", None)
    assert mail.context["quote"] == {"by": "sam", "about": "Ana asks for help", "text": "Wait for Friday.\nPlease."}
    line = practice.journal[-1]
    assert (line.name, line.text, line.why) == ("tell", "Ana asks for help", "Wait for Friday.\nPlease.")
    assert line.data["answers"] == {"server": "ready"}
    with pytest.raises(Refused, match="Say in a few words what it is about"):
        practice.order("tell")


def test_a_resent_message_has_the_same_text() -> None:
    practice = registering()
    practice.order("tell", why="One", kind="First")
    practice.order("tell", why="Two", kind="Second")
    practice.order("resend", kind=PRACTICE_SAID)
    told = [mail.context["quote"]["text"] for mail in practice.mails_of(PRACTICE_SAID)]
    assert told == ["One", "Two", "Two"]
    assert "quote" not in practice.mails_of("queue_confirmation")[0].context


def test_the_mail_that_no_playbook_names_has_a_template() -> None:
    assert PRACTICE_SAID in kinds()


def test_commands_without_later_fields_keep_their_digest() -> None:
    """Otherwise a repeat, under its key, of a command from before an upgrade would be refused."""
    practice = Practice()
    practice.order("note", key="k")
    given = {"by": "sam", "why": "because"}
    assert practice.onboarding.answers["k"].split()[0] == digest_of("note", given) == "7a9f88e3b3bcd6de"
    assert given.keys() < Command.model_fields.keys()
