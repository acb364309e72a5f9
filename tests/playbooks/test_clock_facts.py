"""Facts that the clock records: a stage that ends by time, and one that expires."""

from __future__ import annotations

from datetime import date

import pytest

from desk.diagram import diagram
from desk.playbook_summary import rules
from desk.rehearsal import rehearse
from playbooks.engine.transition import Refused
from playbooks.engine.view import visits
from tests.playbooks.practice import ANA, MONDAY, PRACTICE, TEAM, Practice, at, days, hours, request
from tests.playbooks.trials.pledge import PLEDGE


@pytest.fixture
def pledge() -> Practice:
    return Practice(playbook=PLEDGE)


def test_a_stage_ends_by_time_as_announced(pledge: Practice) -> None:
    pledge.record("pledged")
    seen = pledge.view()
    assert (seen.stage, seen.headline) == ("cooling_off", "Cooling-off day · waiting on the clock")
    assert seen.next
    assert (seen.next.what, seen.next.at) == ("Pledge stands", MONDAY + hours(24))
    (mail,) = pledge.live(hours(24))
    assert (mail.kind, mail.email, mail.at) == ("escalation", ANA, MONDAY + hours(24))
    (entry,) = [entry for entry in pledge.journal if entry.name == "pledge_stands"]
    assert (entry.kind, entry.text, entry.by, entry.at) == ("fact", "Pledge stands", "clock", MONDAY + hours(24))
    assert pledge.view().stage == "thanks"
    assert pledge.live(days(60)) == []
    assert len([fact for fact in pledge.onboarding.facts if fact.name == "pledge_stands"]) == 1


def test_the_end_is_dated_when_due_however_late_the_timer_fires(pledge: Practice) -> None:
    pledge.record("pledged", at=MONDAY - days(3))
    assert pledge.view().next_wakeup == MONDAY + hours(24), "entered when the onboarding began, not before"
    pledge.sleep(days(9)).wake()
    assert pledge.position.visit.entered_at == MONDAY + hours(24)


def test_a_hold_stops_it(pledge: Practice) -> None:
    pledge.record("pledged")
    pledge.sleep(hours(20)).order("hold", until=MONDAY + days(10))
    assert pledge.live(days(9)) == []
    pledge.sleep(hours(1)).order("resume")
    resumed = pledge.now
    assert pledge.view().next_wakeup == resumed + hours(4)
    pledge.live(hours(4))
    assert pledge.view().stage == "thanks"


def test_a_clock_fact_cannot_be_reported_or_retracted(pledge: Practice) -> None:
    pledge.record("pledged")
    with pytest.raises(Refused, match=r"^pledge_stands is recorded by the clock"):
        pledge.record("pledge_stands")
    pledge.live(days(1))
    with pytest.raises(Refused, match=r"^'pledge_stands' was recorded by the clock and would be again; take back what"):
        pledge.order("retract", fact="pledge_stands")


def test_retracting_the_opening_fact_retracts_it_and_restarts_its_time(pledge: Practice) -> None:
    pledge.record("pledged")
    pledge.live(days(1))
    pledge.order("retract", fact="pledged")
    assert (pledge.view().stage, pledge.position.facts) == ("pledging", {})
    assert [entry.text for entry in pledge.journal[-2:]] == ["Taken back: pledged", "Taken back: pledge stands"]
    # At the same time as before, so that the clock fact is due at once.
    pledge.record("pledged", at=MONDAY)
    pledge.wake()
    assert pledge.view().stage == "thanks"
    pledge.order("retract", fact="pledged")
    pledge.sleep(hours(2)).record("pledged")
    assert pledge.view().next_wakeup == pledge.now + hours(24)


def test_one_that_expires_is_closed_as_expired(pledge: Practice) -> None:
    seen = pledge.view()
    assert (seen.next and seen.next.what) == "Pledge: reminder to the primary contact"
    mails = pledge.live(days(20))
    assert [(mail.kind, mail.to) for mail in mails] == [("reminder", "primary_contact"), ("escalation", "team")]
    # Five business days from Monday: Thanksgiving on the 26th is beyond.
    assert mails[-1].at == at(date(2026, 11, 23))
    assert (pledge.view().status, pledge.view().headline) == ("expired", "Expired: nobody pledged in time")
    with pytest.raises(Refused, match=r"has expired; start a new onboarding for the practice\.$"):
        pledge.record("pledged")
    assert pledge.view().next is None


def test_after_a_downtime_no_mail_is_sent_about_a_stage_that_the_clock_has_ended(pledge: Practice) -> None:
    pledge.sleep(days(30)).wake()
    assert [(mail.kind, mail.to) for mail in pledge.mails] == [("escalation", "team")]
    assert pledge.view().status == "expired"


def test_a_fact_in_time_prevents_the_expiry(pledge: Practice) -> None:
    pledge.sleep(days(3)).record("pledged")
    pledge.live(days(1))
    pledge.record("thanked")
    assert pledge.view().status == "complete"


def test_reports_leave_out_a_stage_that_waits_on_nobody(pledge: Practice) -> None:
    pledge.record("pledged")
    pledge.live(days(1))
    assert [each["stage"] for each in visits(PLEDGE, pledge.onboarding)] == ["pledging", "thanks"]


@pytest.mark.parametrize("late", [False, True])
def test_it_can_be_rehearsed(late: bool) -> None:
    texts = [scene.text for scene in rehearse(PLEDGE, request(), TEAM, PRACTICE, MONDAY, late=late)]
    assert ("Pledge stands" in texts, "Nobody pledged in time" in texts) == (not late, late)


def test_it_is_in_the_diagram_and_the_summary() -> None:
    drawn = diagram(PLEDGE)
    assert "by the clock: pledge_stands after 24 hours" in drawn
    assert 'pledging -.->|"lapsed"| pledging_expired["Expired"]:::over' in drawn
    assert [stage.by_the_clock for stage in rules(PLEDGE).stages[:2]] == [
        ("lapsed after 5 business days",),
        ("pledge_stands after 24 hours",),
    ]
