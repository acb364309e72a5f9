"""DP5 and DP7: 24 hours to contact the technical contact, who knows beforehand; a new one may be named at any time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.playbooks.practice import MONDAY, TOM, UMA, Practice, days, hours

STAGES = ("queue_entry", "invitation", "registration", "installation_contact", "agent_installation", "initial_import")


def name(practice: Practice, email: str = TOM, **more: Any) -> None:
    practice.record("technical_contact_designated", name=email.partition("@")[0].title(), email=email, **more)


def briefed(practice: Practice) -> list[str | None]:
    return [mail.email for mail in practice.mails_of("technical_briefing")]


def test_dp5_twenty_four_hours_from_the_last_of_the_three() -> None:
    practice = Practice().records("queued", "invitation_sent", "eula_accepted", "practice_information_given")
    practice.sleep(hours(5)).records("technical_contact_designated")
    assert practice.view().stage == "installation_contact"
    assert practice.view().due_at == MONDAY + hours(29)


def test_dp5_a_miss_is_mailed_to_the_technical_contact_and_escalated() -> None:
    practice = Practice().through("installation_contact")
    mails = practice.live(days(2))
    assert [(mail.kind, mail.to) for mail in mails] == [
        ("installation_overdue", "technical_contact"),
        ("escalation", "assignee"),
        ("escalation", "manager"),
    ]
    assert mails[0].email == TOM
    assert mails[0].at == MONDAY + hours(24)


def test_dp5_the_technical_contact_is_briefed_as_soon_as_named() -> None:
    practice = Practice()
    name(practice)
    (mail,) = practice.mails
    assert (mail.kind, mail.email, mail.name) == ("technical_briefing", TOM, "Tom")


@pytest.mark.parametrize("stage", STAGES)
def test_dp7_a_new_technical_contact_is_briefed_at_any_stage_which_stays(stage: str) -> None:
    practice = Practice().through(stage)
    if not briefed(practice):
        name(practice)
    practice.sleep(hours(2))
    before = practice.view()
    name(practice, UMA)
    assert briefed(practice) == [TOM, UMA]
    after = practice.view()
    assert (after.stage, after.entered_at) == (stage, before.entered_at)
    assert practice.mails[-1].context["contacts"]["technical_contact"] == {"name": "Uma", "email": UMA, "phone": None}
    if stage != "installation_contact":
        assert after.due_at == before.due_at
        assert [step.left_at for step in after.progress] == [step.left_at for step in before.progress]


def test_dp5_datapoint_has_24_hours_for_the_new_person_but_none_for_another_telephone() -> None:
    practice = Practice().through("installation_contact").sleep(hours(20))
    name(practice, TOM, phone="312 555 0101")
    assert practice.view().due_at == MONDAY + hours(24)
    practice.record("practice_information_given", comments="The server is in the cellar")
    assert practice.view().due_at == MONDAY + hours(24)
    name(practice, UMA)
    assert practice.view().due_at == MONDAY + hours(44)
    assert practice.view().entered_at == MONDAY


def test_dp7_a_contact_replaced_later_does_not_rewrite_whether_the_24_hours_were_kept() -> None:
    practice = Practice().through("installation_contact").sleep(hours(30))
    practice.records("technical_contact_reached")
    missed = practice.view().progress[3]
    assert missed.kept is False
    practice.sleep(days(3))
    name(practice, UMA)
    assert practice.view().progress[3] == missed


def test_dp5_another_telephone_is_no_new_briefing() -> None:
    practice = Practice()
    name(practice)
    name(practice, TOM, phone="312 555 0101")
    assert briefed(practice) == [TOM]


def test_dp5_who_comes_back_after_another_is_briefed_again() -> None:
    practice = Practice()
    for email in (TOM, UMA, TOM):
        name(practice, email)
    assert briefed(practice) == [TOM, UMA, TOM]


def test_dp5_retracting_a_mistake_briefs_the_one_before_unless_they_were_briefed_last() -> None:
    practice = Practice()
    name(practice)
    practice.order("retract", fact="technical_contact_designated")
    name(practice)
    assert briefed(practice) == [TOM]
    name(practice, UMA)
    practice.order("retract", fact="technical_contact_designated")
    assert briefed(practice) == [TOM, UMA, TOM]


def test_dp5_a_backdated_predecessor_is_kept_but_does_not_take_over() -> None:
    practice = Practice().sleep(days(2))
    name(practice, UMA)
    receipt = practice.record("technical_contact_designated", at=MONDAY, name="Tom", email=TOM)
    assert briefed(practice) == [UMA]
    assert receipt.text == (
        "Recorded: technical contact named; what was reported for Wed 18 Nov 2026, 10:00 EST, which is later,"
        " still counts."
    )


def test_dp7_reminders_of_the_installation_go_to_the_new_person_as_days_go_by() -> None:
    practice = Practice().through("agent_installation")
    practice.live(days(4))
    name(practice, UMA)
    practice.live(days(4))
    reminded = [(mail.email, mail.at) for mail in practice.mails_of("installation_reminder")]
    assert reminded == [(TOM, MONDAY + days(3)), (UMA, MONDAY + days(7))]
