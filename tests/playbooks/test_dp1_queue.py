"""DP1 and DP2: in DataPoint's queue within a business day of the team's calendar, with one confirmation."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from playbooks.calendar.values import Calendar
from tests.playbooks.practice import ANA, CHICAGO, MONDAY, PRACTICE, TEAM, THANKSGIVING, Practice, at, days, hours

FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)
WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("requested", "due"),
    [
        (MONDAY, at(date(2026, 11, 17))),
        (at(FRIDAY, 15), at(date(2026, 11, 23), 15)),
        (at(SATURDAY, 10), at(date(2026, 11, 24), 0)),
        (at(WEDNESDAY, 15), at(date(2026, 11, 27), 15)),
        (at(THANKSGIVING, 12), at(date(2026, 11, 28), 0)),
    ],
    ids=["Monday", "over a weekend", "on a Saturday", "over a holiday", "on a holiday"],
)
def test_dp1_the_target_is_one_business_day_of_the_teams_calendar(requested: datetime, due: datetime) -> None:
    practice = Practice(now=requested)
    # A day that ends on a Friday at midnight comes due on Monday.
    expected = at(date(2026, 11, 30), 0) if due == at(date(2026, 11, 28), 0) else due
    assert practice.view().due_at == expected
    assert practice.view().stage == "queue_entry"
    assert practice.view().waiting_on == "team"


def test_dp1_the_practices_own_holidays_and_zone_do_not_matter() -> None:
    place = Calendar(time_zone="Pacific/Kiritimati", holidays={date(2026, 11, 17): "A day of theirs"})
    assert Practice(place=place).view().due_at == at(date(2026, 11, 17))


def test_dp1_the_clock_runs_from_the_request_not_from_the_start() -> None:
    practice = Practice(now=MONDAY)
    asked = practice.asked.model_copy(update={"requested_at": MONDAY - days(3)})
    late = Practice(now=MONDAY, asked=asked)
    assert late.view().entered_at == MONDAY - days(3)
    assert late.view().due_at == MONDAY
    assert late.view().sla == "breached"


def test_dp1_a_request_dated_a_moment_ahead_is_taken_as_now() -> None:
    practice = Practice()
    ahead = practice.asked.model_copy(update={"requested_at": MONDAY + hours(5)})
    assert Practice(asked=ahead).onboarding.requested_at == MONDAY


def test_dp1_a_miss_is_escalated_to_the_assignee_then_the_manager_the_next_business_day() -> None:
    practice = Practice(now=at(FRIDAY, 15))
    mails = practice.live(days(10))
    assert [(mail.kind, mail.to, mail.at) for mail in mails] == [
        ("escalation", "assignee", at(date(2026, 11, 23), 15)),
        ("escalation", "manager", at(date(2026, 11, 24), 15)),
    ]
    assert mails[0].handle == "sam"
    assert "Ask DataPoint for a place" in mails[0].context["asks"]
    assert mails[0].context["allowance"] == "1 business day"
    assert practice.view().next_wakeup is None


def test_dp1_due_soon_is_three_quarters_of_the_time_on_the_teams_clock() -> None:
    practice = Practice(now=at(FRIDAY, 12))
    soon = at(date(2026, 11, 23), 6)
    assert practice.view().next_wakeup == soon
    practice.sleep(soon - practice.now)
    assert practice.view().sla == "due_soon"
    practice.wake()
    assert [(entry.name, entry.at) for entry in practice.journal[-1:]] == [("due_soon", soon)]
    assert practice.mails == []


def test_dp1_nobody_assigned_still_escalates() -> None:
    asked = Practice().asked.model_copy(update={"assignee": None})
    practice = Practice(asked=asked)
    assert [(mail.to, mail.handle) for mail in practice.live(days(1))] == [("assignee", None)]


def test_dp2_the_confirmation_goes_once_to_the_primary_contact() -> None:
    practice = Practice().records("queued")
    (mail,) = practice.mails
    assert (mail.kind, mail.email, mail.name, mail.stage) == ("queue_confirmation", ANA, "Ana Ruiz", None)
    assert mail.context["stage"] == "invitation"
    assert mail.context["due_at"] == practice.due_at().isoformat()
    assert mail.context["zone"] == "America/Chicago"
    practice.order("retract", fact="queued")
    practice.record("queued", at=MONDAY - hours(1))
    assert practice.kinds == ["queue_confirmation"]


def test_dp2_no_confirmation_of_the_queue_to_a_practice_that_is_long_past_it() -> None:
    practice = Practice().records("eula_accepted", "queued")
    assert practice.kinds == []


def test_dp2_an_implied_queue_entry_is_confirmed_when_it_is_reported() -> None:
    practice = Practice().records("invitation_sent")
    assert practice.kinds == []
    practice.record("queued", at=MONDAY - hours(2))
    assert practice.kinds == ["queue_confirmation"]


def test_dp2_times_reach_each_reader_in_their_own_zone() -> None:
    practice = Practice().records("queued")
    practice.live(days(3))
    zones = {mail.to: mail.context["zone"] for mail in practice.mails}
    assert zones == {"primary_contact": str(CHICAGO), "assignee": TEAM.time_zone, "manager": TEAM.time_zone}
    assert PRACTICE.time_zone == str(CHICAGO)
