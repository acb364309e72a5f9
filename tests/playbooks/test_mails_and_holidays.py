"""The states of mails; and holidays, which are renewed before they run out."""

from __future__ import annotations

from datetime import date

import pytest

from playbooks.engine import steps
from playbooks.engine.states import MailState
from playbooks.engine.transition import Refused
from tests.playbooks.practice import ALL, ANA, HOLIDAYS, MONDAY, PRACTICE, TEAM, Practice, days, hours


def test_resending_makes_a_new_mail_with_the_next_number() -> None:
    practice = Practice().records("queued")
    practice.order("resend", kind="queue_confirmation")
    practice.order("resend", kind="queue_confirmation")
    assert [mail.key.rpartition("/")[2] for mail in practice.mails] == ["1", "2", "3"]
    assert {mail.stage for mail in practice.mails} == {None}
    with pytest.raises(Refused, match=r"No mail 'welcome' has been written here.*there are: queue_confirmation"):
        practice.order("resend", kind="welcome")


def test_a_resent_briefing_counts_for_its_recipient() -> None:
    practice = Practice().records("technical_contact_designated")
    practice.order("resend", kind="technical_briefing")
    practice.record("practice_information_given", comments="x")
    assert practice.kinds == ["technical_briefing"] * 2


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        ("queued", "sent", True),
        ("queued", "failed", True),
        ("queued", "unknown", True),
        ("queued", "cancelled", True),
        ("unknown", "sent", True),
        ("unknown", "bounced", True),
        ("sent", "bounced", True),
        ("failed", "bounced", True),
        ("sent", "sent", False),
        ("bounced", "sent", False),
        ("sent", "failed", False),
        ("sent", "queued", False),
        ("cancelled", "sending", False),
    ],
)
def test_a_mails_state_only_goes_forward(before: MailState, after: MailState, taken: bool) -> None:
    practice = Practice().records("queued")
    (mail,) = practice.mails
    if before != "queued":
        practice.settle(mail, before)
    lines, turns = len(practice.journal), practice.onboarding.version
    practice.settle(mail, after, "as the server said")
    assert practice.onboarding.mails[0].state == (after if taken else before)
    assert practice.onboarding.version - turns == (1 if taken else 0)
    trouble = taken and after in ("failed", "bounced", "unknown")
    assert len(practice.journal) - lines == (1 if trouble else 0)
    if trouble:
        assert practice.journal[-1].text.endswith(": as the server said")
        assert practice.journal[-1].text.startswith("E-mail queue confirmation to the primary contact ")


def test_a_state_of_an_unknown_mail_changes_nothing() -> None:
    practice = Practice().records("queued")
    before = practice.onboarding
    mail = practice.mails[0].model_copy(update={"key": "datapoint/riverside-vet/run-1/other/team/1"})
    practice.settle(mail, "failed")
    assert practice.onboarding == before


def test_a_mail_that_bounces_after_the_end_is_still_noted() -> None:
    practice = Practice().records(*ALL)
    practice.settle(practice.mails[-1], "bounced")
    assert practice.onboarding.mails[-1].state == "bounced"


def test_holidays_are_renewed_once_before_they_run_out() -> None:
    known = TEAM.model_copy(update={"known_until": date(2027, 2, 1)})
    practice = Practice(team=known)
    assert practice.view().next_wakeup == MONDAY + hours(18)
    practice.live(days(15))
    assert practice.refreshes == []
    practice.live(days(10))
    assert [refresh.first_day for refresh in practice.refreshes] == [practice.refreshes[0].first_day]
    practice.live(days(100))
    assert len(practice.refreshes) == 1


def test_new_holidays_count_from_now_on_and_do_not_rewrite_the_past() -> None:
    wednesday = MONDAY + days(9)
    practice = Practice(now=wednesday).sleep(days(2)).records("queued")
    kept = practice.view().progress[0]
    assert kept.kept is True
    practice.sleep(days(10))
    later = {date(2026, 12, 25): "Christmas Day", date(2026, 12, 24): "A new one", date(2028, 1, 3): "New Year's Day"}
    team, place = (
        calendar.model_copy(update={"holidays": later, "known_until": date(2028, 12, 1)})
        for calendar in (TEAM, PRACTICE)
    )
    practice.take(steps.refresh(practice.playbook, practice.onboarding, team, place, practice.now))
    assert practice.view().progress[0] == kept
    calendar = practice.onboarding.team_calendar
    assert calendar.known_until == date(2028, 12, 1)
    assert calendar.holidays == later | {date(2026, 11, 26): HOLIDAYS[date(2026, 11, 26)]}
    assert practice.journal[-1].text == "Holidays known until 2028-12-01"
    assert practice.onboarding.primary_contact.email == ANA
