"""Daylight saving, distant time zones, times without a zone, and downtime."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from playbooks.calendar.values import Calendar
from playbooks.engine import steps
from playbooks.engine.onboarding import Entry
from playbooks.engine.transition import Refused
from playbooks.engine.view import view
from tests.playbooks.practice import CHICAGO, MONDAY, NEW_YORK, Practice, at, days, hours

FAR_EAST = ZoneInfo("Pacific/Kiritimati")
SPRING, AUTUMN = date(2027, 3, 14), date(2026, 11, 1)


def test_dp3_forty_eight_hours_are_elapsed_hours_though_the_clocks_change() -> None:
    practice = Practice(now=at(date(2026, 10, 31), 12)).records("queued")
    assert practice.view().due_at == at(date(2026, 11, 2), 11)
    practice = Practice(now=at(date(2027, 3, 13), 12)).records("queued")
    assert practice.view().due_at == at(date(2027, 3, 15), 13)


def test_dp1_a_business_day_keeps_the_wall_clock_though_the_clocks_change() -> None:
    assert Practice(now=at(date(2026, 10, 30), 15)).view().due_at == at(date(2026, 11, 2), 15)
    assert Practice(now=at(date(2027, 3, 12), 15)).view().due_at == at(date(2027, 3, 15), 15)


def test_timers_in_the_repeated_hour_are_in_order() -> None:
    # 1:30 in summer time and, an hour later, 1:15 in winter time: by local time the order is reversed.
    early = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    late = datetime(2026, 11, 1, 1, 15, tzinfo=NEW_YORK, fold=1)
    assert early.astimezone(UTC) < late.astimezone(UTC)
    practice = Practice(now=at(date(2026, 10, 30), 1.5)).records("queued")
    assert practice.due_at().astimezone(UTC) == early.astimezone(UTC)
    practice.now = late
    assert practice.view().sla == "breached"
    practice.wake()
    assert [mail.kind for mail in practice.mails[1:]] == ["invitation_overdue", "escalation"]
    practice.record("invitation_sent", at=early)
    assert practice.view().progress[1].kept is True
    practice.record("invitation_sent", at=early)
    with pytest.raises(Refused, match="contradicts"):
        practice.record("invitation_sent", at=late)


@pytest.mark.parametrize("day", [AUTUMN, SPRING])
def test_dp4_reminders_around_a_change_of_clocks_stay_in_working_hours(day: date) -> None:
    practice = Practice(now=at(day, 0.5) - days(5)).records("queued", "invitation_sent")
    mails = practice.live(days(30))
    local = [mail.at.astimezone(CHICAGO) for mail in mails]
    assert len(local) == 4
    assert all(9 <= moment.hour < 17 and moment.weekday() < 5 for moment in local)
    assert len({moment.date() for moment in local}) == 4


def test_dp4_a_practice_on_the_other_side_of_the_date_line_is_reminded_in_its_own_morning() -> None:
    place = Calendar(time_zone="Pacific/Kiritimati")
    practice = Practice(now=MONDAY, place=place).records("queued", "invitation_sent")
    (mail,) = practice.live(days(4))
    # Monday 10:00 in New York is Tuesday 5:00 there, and three days later Friday before work.
    assert mail.at == datetime(2026, 11, 20, 9, tzinfo=FAR_EAST)
    assert mail.context["zone"] == "Pacific/Kiritimati"


def test_a_team_on_the_other_side_of_the_date_line_has_its_own_business_day() -> None:
    team = Calendar(time_zone="Pacific/Kiritimati")
    friday_there = datetime(2026, 11, 20, 8, tzinfo=FAR_EAST)
    assert Practice(now=friday_there.astimezone(UTC), team=team).view().due_at == datetime(
        2026, 11, 23, 8, tzinfo=FAR_EAST
    )


def test_a_time_without_a_zone_is_refused() -> None:
    practice = Practice()
    naive = at(date(2026, 11, 17)).replace(tzinfo=None)
    for act in (
        lambda: steps.wake(practice.playbook, practice.onboarding, naive),
        lambda: view(practice.playbook, practice.onboarding, naive),
        lambda: Practice(now=naive),
    ):
        with pytest.raises(ValueError, match=r"2026-11-17 10:00:00, has no time zone; give it with an offset"):
            act()


def test_now_may_be_in_any_zone() -> None:
    practice = Practice().records("queued")
    there = practice.now.astimezone(FAR_EAST) + hours(48)
    turns = [steps.wake(practice.playbook, practice.onboarding, now) for now in (there, there.astimezone(UTC))]
    assert turns[0] == turns[1]


def test_after_a_downtime_each_person_gets_one_mail_the_most_urgent() -> None:
    practice = Practice().records("queued").sleep(days(60))
    practice.wake()
    assert [(mail.kind, mail.to) for mail in practice.mails[1:]] == [
        ("invitation_overdue", "primary_contact"),
        ("escalation", "manager"),
    ]
    assert practice.view().next_wakeup is None
    assert {entry.name for entry in practice.journal if entry.kind == "clock"} == {
        "due_soon",
        "breached",
        "escalated",
    }


def test_a_downtime_over_hold_and_breach_sends_at_most_one_mail_each() -> None:
    practice = Practice().records("queued").sleep(hours(10))
    practice.order("hold", until=practice.now + days(2))
    practice.sleep(days(30))
    effects = practice.wake()
    assert [effect.name for effect in effects if isinstance(effect, Entry)][:3] == [
        "hold_ends",
        "due_soon",
        "breached",
    ]
    assert len(practice.mails) == 3


def test_two_years_without_answer_bring_one_reminder_a_month_and_no_end() -> None:
    practice = Practice().records("queued", "invitation_sent")
    mails = practice.live(days(730))
    assert len(mails) == 4 + 23
    gaps = [(later.at - sooner.at).days for sooner, later in pairwise(mails[4:])]
    assert min(gaps) >= 25
    assert practice.view().status == "open"
