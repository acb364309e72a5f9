"""DP3: DataPoint writes within 48 hours; if not, the contact looks in the junk folder and the team chases."""

from __future__ import annotations

from datetime import date

from tests.playbooks.practice import ANA, MONDAY, Practice, at, days, hours


def test_dp3_forty_eight_hours_run_day_and_night_from_the_entry_in_the_queue() -> None:
    friday = at(date(2026, 11, 20), 16)
    practice = Practice(now=friday).records("queued")
    assert practice.view().due_at == friday + hours(48)
    assert practice.view().waiting_on == "datapoint"


def test_dp3_an_overdue_invitation_goes_to_the_contact_and_the_team_then_the_manager() -> None:
    practice = Practice().records("queued")
    mails = practice.live(days(5))
    breach = MONDAY + hours(48)
    assert [(mail.kind, mail.to, mail.at) for mail in mails] == [
        ("invitation_overdue", "primary_contact", breach),
        ("escalation", "assignee", breach),
        ("escalation", "manager", at(date(2026, 11, 19))),
    ]
    assert mails[0].email == ANA
    assert all(mail.stage == "invitation" for mail in mails)
    assert "Ask DataPoint" in mails[1].context["chase"]


def test_dp3_no_mail_if_the_invitation_came_in_time() -> None:
    practice = Practice().records("queued")
    practice.sleep(hours(47)).records("invitation_sent")
    practice.live(days(2))
    assert practice.kinds == ["queue_confirmation"]
    assert [step.kept for step in practice.view().progress[:2]] == [True, True]


def test_dp3_the_deadline_was_kept_if_the_invitation_turns_out_to_have_come_in_time() -> None:
    practice = Practice().records("queued")
    practice.live(hours(50))
    practice.record("invitation_sent", at=MONDAY + hours(47))
    assert practice.view().progress[1].kept is True
    assert practice.kinds.count("invitation_overdue") == 1


def test_dp3_the_deadline_runs_from_when_it_happened_not_from_when_it_was_reported() -> None:
    practice = Practice().sleep(hours(30))
    practice.record("queued", at=MONDAY + hours(1))
    assert practice.view().entered_at == MONDAY + hours(1)
    assert practice.view().due_at == MONDAY + hours(49)
    assert practice.onboarding.facts[0].recorded_at == MONDAY + hours(30)
