"""What contacts said: who declines is written to no more, who is replaced is told, answers move with a person."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks.engine import steps
from playbooks.engine.idempotency import OVERTAKEN
from playbooks.engine.onboarding import Report
from playbooks.engine.replies import has_declined
from playbooks.engine.transition import Refused
from tests.playbooks.practice import ANA, TOM, UMA, Practice, days, hours

STAGES = ("installation_contact", "agent_installation", "initial_import")


def say(practice: Practice, reply: str, role: str = "technical_contact", email: str = TOM, **given: Any) -> None:
    who: dict[str, Any] = {"role": role, "contact": {"email": email}, "reply": reply}
    practice.order("tell", by="contact:x", kind="Somebody said something", **who, **given)


@pytest.mark.parametrize("stage", STAGES)
def test_dp7_a_technical_contact_who_declines_is_on_record_no_longer_and_another_is_asked_for(stage: str) -> None:
    practice = Practice().through(stage)
    say(practice, "declined")
    assert practice.view().stage == "registration"
    assert practice.view().missing == ("technical_contact_designated",)
    asked = practice.mails[-1]
    assert (asked.kind, asked.email, asked.context["vacant"]) == ("contact_declined", ANA, ["technical_contact"])
    later = practice.live(days(60))
    assert {mail.email for mail in later} == {ANA}
    assert [mail.context["contacts"]["technical_contact"] for mail in later] == [None] * len(later)
    assert all(mail.at - asked.at >= days(0.5) for mail in later), "no second mail on one day"


def test_who_was_replaced_before_does_not_come_back_when_the_successor_declines() -> None:
    practice = Practice().through("agent_installation")
    practice.record("technical_contact_designated", name="Uma", email=UMA)
    say(practice, "declined", email=UMA)
    assert practice.mails[-1].context["contacts"]["technical_contact"] is None


def test_who_declined_and_is_named_again_is_written_to_again() -> None:
    practice = Practice().through("registration").records("technical_contact_designated")
    practice.sleep(hours(1))
    say(practice, "declined")
    practice.sleep(hours(1)).record("technical_contact_designated", name="Tom", email=TOM)
    assert [mail.email for mail in practice.mails_of("technical_briefing")] == [TOM, TOM]
    assert not has_declined(practice.onboarding, "technical_contact", TOM)
    assert practice.mails[-1].link


def test_dp3_a_primary_contact_who_declines_gets_no_mail_at_the_breach_and_the_team_does() -> None:
    practice = Practice().records("queued")
    say(practice, "declined", role="primary_contact", email=ANA)
    late = practice.live(days(10))
    assert {mail.to for mail in late} == {"assignee", "manager"}
    assert "escalation" in [mail.kind for mail in late]


def test_dp6_who_declined_gets_only_what_the_practice_is_owed_and_without_a_link() -> None:
    practice = Practice().through("agent_installation")
    say(practice, "declined", role="primary_contact", email=ANA)
    before = len(practice.mails)
    practice.records("agent_installed", "data_received")
    assert [(mail.kind, mail.link) for mail in practice.mails[before:]] == [("data_received", False)]


def test_the_right_primary_contact_gets_the_last_mail() -> None:
    practice = Practice().records("queued")
    say(practice, "declined", role="primary_contact", email=ANA)
    practice.order("correct_contact", contact={"name": "Max Bell", "email": "max@riverside.test"})
    assert (practice.mails[-1].kind, practice.mails[-1].email) == ("queue_confirmation", "max@riverside.test")
    assert "contact_replaced" not in practice.kinds


def test_a_mail_that_a_person_sends_again_makes_it_the_right_person_after_all() -> None:
    practice = Practice().through("registration")
    say(practice, "declined", role="primary_contact", email=ANA)
    assert practice.live(days(10)) == []
    practice.order("resend", kind="queue_confirmation")
    assert practice.mails[-1].link
    assert "Ana Ruiz counts as the right person again" in practice.journal[-1].text
    assert "registration_reminder" in [mail.kind for mail in practice.live(days(20))]


@pytest.mark.parametrize("way", ["replaced", "taken back", "corrected"])
def test_who_was_written_to_and_is_the_contact_no_longer_is_told(way: str) -> None:
    practice = Practice().through("registration").records("technical_contact_designated")
    if way == "replaced":
        practice.record("technical_contact_designated", name="Uma", email=UMA)
    elif way == "taken back":
        practice.order("retract", fact="technical_contact_designated")
    else:
        practice.order("correct_contact", contact={"name": "Max Bell", "email": "max@riverside.test"})
    (told,) = practice.mails_of("contact_replaced")
    assert (told.email, told.link) == (ANA if way == "corrected" else TOM, False)


def test_who_was_never_reached_is_not_told() -> None:
    practice = Practice().through("registration").records("technical_contact_designated")
    practice.settle(practice.mails_of("technical_briefing")[0], "bounced")
    practice.record("technical_contact_designated", name="Uma", email=UMA)
    assert "contact_replaced" not in practice.kinds


def test_dp5_a_persons_answers_and_pause_are_kept_at_the_new_address_and_no_deadline_runs_anew() -> None:
    practice = Practice().through("installation_contact").sleep(hours(20))
    due = practice.due_at()
    say(practice, "accepted", answers={"times": "Mondays", "server": "ready"})
    practice.order("quiet", role="technical_contact", until=practice.now + days(30))
    at = next(fact.at for fact in practice.onboarding.facts if fact.data.get("email") == TOM)
    report = Report(data={"name": "Tom", "email": "tom@new.test"}, by="contact:tom", at=at)
    practice.take(
        steps.record(practice.playbook, practice.onboarding, "technical_contact_designated", report, practice.now)
    )
    assert practice.due_at() == due
    assert practice.onboarding.reminders_off_until.keys() == {"tom@new.test"}
    (told,) = practice.mails_of("address_changed")
    assert (told.email, told.to, told.context["quote"]["new"]) == (TOM, "technical_contact", "t…@new.test")
    context = practice.mails_of("technical_briefing")[-1].context
    assert context["replies"]["technical_contact"]["accepted"]["times"] == "Mondays"
    assert context["former_address"] == TOM


def test_a_reply_is_that_of_who_holds_the_role() -> None:
    practice = Practice().through("agent_installation")
    with pytest.raises(Refused, match=r"uma@it\.test is not on record as technical contact, and cannot reply as that"):
        say(practice, "declined", email=UMA)
    with pytest.raises(Refused, match="Say who replies"):
        say(practice, "declined", role="team")


def test_a_report_that_another_has_overtaken_is_refused() -> None:
    practice = Practice().through("registration").records("technical_contact_designated")
    number = practice.onboarding.facts[-1].number
    report = Report(data={"name": "Uma", "email": UMA}, by="contact:ana", revises=0)
    name = "technical_contact_designated"
    with pytest.raises(Refused, match="was reported again meanwhile") as refusal:
        steps.record(practice.playbook, practice.onboarding, name, report, practice.now)
    assert refusal.value.code == OVERTAKEN
    good = report.model_copy(update={"revises": number})
    practice.take(steps.record(practice.playbook, practice.onboarding, name, good, practice.now))
