"""Mails that are sent again: whatever stage they were written for, they are true at the moment they are read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from configuration.settings import Settings
from playbooks.datapoint_reconnection import RECONNECTION
from playbooks.engine.model import PHARMACY_ROLES
from playbooks.engine.onboarding import MailOrder
from templates.render import ADDED, RenderedMail, render
from tests.playbooks.practice import ANA, TOM, Practice, days, hours

BRAND = Settings().brand
MOVED = "As asked, we write to you at this address from now on."
NOW = "Riverside Vet and DataPoint: where it stands now"

# Each step of a slow practice: what is reported, and how long nothing happens afterwards.
STEPS: dict[str, tuple[tuple[str, ...], timedelta]] = {
    "invitation": (("queued",), hours(49)),
    "registration": (("invitation_sent",), days(9)),
    "installation_contact": (
        ("practice_information_given", "technical_contact_designated", "eula_accepted"),
        days(3),
    ),
    "agent_installation": (("technical_contact_reached",), days(9)),
    "initial_import": (("agent_installed",), hours(1)),
}
AT_HOME = {
    "queue_confirmation": {
        "invitation": "Riverside Vet is in DataPoint's queue: please watch for its e-mail",
        "registration": "Please answer DataPoint's e-mail, to connect Riverside Vet",
    },
    "invitation_overdue": {
        "invitation": "Have you seen DataPoint's e-mail? Please check junk and spam",
        "registration": "Please answer DataPoint's e-mail, to connect Riverside Vet",
    },
    "registration_reminder": {"registration": "Reminder 3: three things DataPoint still needs from Riverside Vet"},
    "technical_briefing": {
        "installation_contact": "Technical contact for Riverside Vet: please accept and name times",
        "agent_installation": "Technical contact for Riverside Vet: please accept and name times",
        "initial_import": "You are the technical contact for Riverside Vet",
    },
    "installation_overdue": {"installation_contact": "Has DataPoint contacted you about Riverside Vet?"},
    "installation_reminder": {
        "agent_installation": "Reminder 3: DataPoint's program is not installed yet at Riverside Vet"
    },
    "import_begun": {"initial_import": "DataPoint is installed: expect your data around "},
}


def written(mail: MailOrder, **more: object) -> RenderedMail:
    return render(mail.kind, mail.context | more, BRAND)


def again(practice: Practice, kind: str) -> RenderedMail:
    """What comes if a mail is sent again now."""
    practice.order("resend", kind=kind)
    return written(practice.mails[-1])


def test_a_mail_that_is_sent_again_is_true_at_that_moment() -> None:
    practice, seen = Practice(), set()
    for stage, (facts, wait) in STEPS.items():
        practice.records(*facts)
        practice.live(wait)
        assert practice.view().stage == stage
        for kind in dict.fromkeys(mail.kind for mail in practice.mails if mail.to not in PHARMACY_ROLES):
            letter, reader = again(practice, kind), practice.mails[-1].to
            assert letter.subject.startswith(AT_HOME[kind].get(stage, NOW)), (kind, stage)
            asks = kind == "technical_briefing" and stage != "initial_import"
            turn = "Whose turn: You" in letter.text
            assert turn == (reader == practice.position.stage.waits_on or asks), (kind, stage)
            seen.add(kind)
    assert seen == set(AT_HOME)


def test_a_mail_of_a_lost_connection_that_is_sent_again_is_true_at_that_moment() -> None:
    practice = Practice(playbook=RECONNECTION)
    practice.record("connection_lost", reason="silent")
    practice.live(days(3))
    assert written(practice.mails_of("reconnection_contact")[0]).subject.startswith("Who looks after the server")
    practice.records("technical_contact_designated")
    practice.live(days(5))
    told = again(practice, "reconnection_contact")
    assert told.subject == "Riverside Vet: where the lost connection stands now"
    assert "Whose turn: The practice's technical contact" in told.text
    practice.records("agent_seen")
    for kind in ("reconnection_check", "reconnection_reminder"):
        told = again(practice, kind)
        assert told.subject == "Riverside Vet: DataPoint's program was seen again, thank you"
        assert "Whose turn: DataPoint" in told.text and "Please check" not in told.text
    told = again(practice, "connection_lost_primary")
    assert told.subject == "Riverside Vet: new clients and patients are on their way again"
    assert "Whose turn: DataPoint" in told.text


def test_what_was_late_and_is_done_is_not_told_as_late() -> None:
    practice = Practice().records("queued")
    practice.live(hours(50))
    assert written(practice.mails_of("escalation")[0]).subject.startswith("Overdue: ")
    practice.records("invitation_sent")
    told = again(practice, "escalation")
    assert told.subject == "No longer overdue: Riverside Vet (Registration with DataPoint)"
    assert "is late" not in told.text


def test_an_eula_that_was_missing_and_is_on_record_is_not_told_as_missing() -> None:
    practice = Practice().records("queued", "data_received")
    assert "no EULA is on record" in written(practice.mails_of("data_without_eula")[0]).subject
    practice.records("eula_accepted")
    told = again(practice, "data_without_eula")
    assert told.subject == "Riverside Vet: the EULA is on record now"
    assert "Today" not in told.text


def test_the_first_mail_to_a_new_address_says_so_in_its_first_line() -> None:
    practice = Practice().records("queued")
    assert MOVED not in written(practice.mails[-1]).text
    practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"})
    first, second = again(practice, "queue_confirmation"), again(practice, "queue_confirmation")
    assert first.text.startswith(MOVED)
    assert MOVED in first.html
    assert MOVED not in second.text


@pytest.mark.parametrize("stage", ["invitation", "registration"])
def test_a_corrected_address_is_named_with_the_one_that_datapoint_was_given(stage: str) -> None:
    """DataPoint's e-mail went, or goes, to the address that it was given; we ask it to use the new one."""
    practice = Practice().through(stage)
    at_first = again(practice, "queue_confirmation").text
    assert f" {ANA}" in at_first and "instead" not in at_first
    practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"})
    practice.order("resend", kind="queue_confirmation")
    for text in (written(practice.mails[-1]).text, again(practice, "queue_confirmation").text):
        assert f"the mailbox of {ANA}: DataPoint may still write to that address." in text
        assert "We ask DataPoint to write to ana.ruiz@riverside.test instead." in text


def test_no_two_reminders_are_alike_and_each_tells_how_to_pause_them() -> None:
    practice = Practice().through("registration")
    mails = [mail for mail in practice.live(days(20)) if mail.kind == "registration_reminder"]
    letters = [written(mail) for mail in mails]
    assert [letter.subject for letter in letters] == [
        "Three things DataPoint still needs from Riverside Vet",
        "Reminder 2: three things DataPoint still needs from Riverside Vet",
        "Reminder 3: three things DataPoint still needs from Riverside Vet",
    ]
    assert "open since Monday 16 November. Remind you later?" in letters[0].text
    assert "we reminded you once before, on Thursday 19 November." in letters[1].text
    assert "we reminded you twice before, last on Monday 23 November." in letters[2].text
    assert "Reply with the day from which it suits you." in letters[2].text
    linked = written(mails[2], link="https://onboarding.pharmacy.test/p/x").text
    assert 'Choose "Pause reminders" on your page' in linked and "Reply with the day" not in linked


def test_a_new_technical_contact_was_not_reminded_before() -> None:
    practice = Practice().through("agent_installation")
    practice.live(days(4))
    practice.record("technical_contact_designated", name="Uma", email="uma@it.test")
    practice.record("technical_contact_reached")
    told = [mail for mail in practice.live(days(30)) if mail.kind == "installation_reminder" and mail.email != TOM]
    assert written(told[0]).subject == "DataPoint's program is not installed yet at Riverside Vet"


def test_times_that_were_named_already_are_not_asked_for_again() -> None:
    practice = Practice().through("agent_installation")
    for mail in practice.live(days(8)):
        if mail.kind == "installation_reminder":
            said = written(mail).text
            assert "If you have given DataPoint times already, there is nothing to do until it confirms one" in said
            assert "all it takes" not in said


def test_an_order_from_before_a_word_was_added_can_still_be_written() -> None:
    practice = Practice().through("agent_installation")
    practice.live(days(8))
    for mail in practice.mails:
        words = {name: mail.context[name] for name in mail.context.keys() - ADDED.keys()}
        assert render(mail.kind, words, BRAND).subject
