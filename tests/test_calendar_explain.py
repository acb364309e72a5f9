"""The explanation of a deadline: a line a day, whose hours add up, in words a specialist reads."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.calendar.arithmetic import due
from playbooks.calendar.explain import explain
from playbooks.calendar.values import BusinessDays, Calendar, Duration, Elapsed, Pause
from tests.moments import at, pause

CHICAGO = ZoneInfo("America/Chicago")
ILLINOIS = Calendar(time_zone="America/Chicago", holidays={date(2026, 11, 26): "Thanksgiving Day"})
ONE_DAY = BusinessDays(days=1)


def test_a_weekend() -> None:
    assert explain(ILLINOIS, at("2026-11-27T15:00"), ONE_DAY) == [
        "Fri 2026-11-27  before the start until 15:00, runs 15:00-24:00 (9 h; 9 of 24 h used)",
        "Sat 2026-11-28  stands still: weekend",
        "Sun 2026-11-29  stands still: weekend",
        "Mon 2026-11-30  runs 00:00-15:00 (15 h; 24 of 24 h used) - due 15:00",
    ]


def test_a_start_on_a_holiday_and_the_time_used_up_at_midnight() -> None:
    assert explain(ILLINOIS, at("2026-11-26T10:00"), ONE_DAY) == [
        "Thu 2026-11-26  before the start until 10:00, then stands still: holiday (Thanksgiving Day)",
        "Fri 2026-11-27  runs 00:00-24:00 (24 h; 24 of 24 h used)",
        "Sat 2026-11-28  stands still: weekend",
        "Sun 2026-11-29  stands still: weekend",
        "Mon 2026-11-30  due 00:00",
    ]


def test_pauses() -> None:
    pauses = [
        pause("2026-11-25T23:59:30", "2026-11-25T23:59:40"),
        pause("2026-11-27T10:00", "2026-11-27T12:30"),
        pause("2026-11-30T20:00", "2026-12-02T12:00"),
    ]
    assert explain(ILLINOIS, at("2026-11-25T23:59"), BusinessDays(days=2), pauses) == [
        "Wed 2026-11-25  before the start until 23:59, runs 23:59-23:59:30, paused 23:59:30-23:59:40, "
        "runs 23:59:40-24:00 (50 s; 50 s of 48 h used)",
        "Thu 2026-11-26  stands still: holiday (Thanksgiving Day)",
        "Fri 2026-11-27  runs 00:00-10:00, paused 10:00-12:30, runs 12:30-24:00 "
        "(21 h 30 min; 21 h 30 min 50 s of 48 h used)",
        "Sat 2026-11-28  stands still: weekend",
        "Sun 2026-11-29  stands still: weekend",
        "Mon 2026-11-30  runs 00:00-20:00, paused 20:00-24:00 (20 h; 41 h 30 min 50 s of 48 h used)",
        "Tue 2026-12-01  stands still: paused all day",
        "Wed 2026-12-02  paused 00:00-12:00, runs 12:00-18:29:10 (6 h 29 min 10 s; 48 of 48 h used) - due 18:29:10",
    ]


def test_a_start_in_a_pause_and_a_pause_of_a_whole_day() -> None:
    pauses = [pause("2026-11-30T08:00", "2026-12-01T00:00"), pause("2026-12-02T00:00", "2026-12-03T00:00")]
    assert explain(ILLINOIS, at("2026-11-30T10:00"), Elapsed(hours=36), pauses) == [
        "Mon 2026-11-30  before the start until 10:00, paused 10:00-24:00",
        "Tue 2026-12-01  runs 00:00-24:00 (24 h; 24 of 36 h used)",
        "Wed 2026-12-02  stands still: paused all day",
        "Thu 2026-12-03  runs 00:00-12:00 (12 h; 36 of 36 h used) - due 12:00",
    ]


def test_a_change_of_the_clocks_at_the_weekend_needs_no_word() -> None:
    assert explain(ILLINOIS, at("2026-03-06T15:00"), ONE_DAY)[1:] == [
        "Sat 2026-03-07  stands still: weekend",
        "Sun 2026-03-08  stands still: weekend",
        "Mon 2026-03-09  runs 00:00-15:00 (15 h; 24 of 24 h used) - due 15:00",
    ]


def test_elapsed_hours_while_the_clocks_go_forward() -> None:
    assert explain(ILLINOIS, at("2026-03-07T12:00"), Elapsed(hours=48)) == [
        "Sat 2026-03-07  before the start until 12:00, runs 12:00-24:00 (12 h; 12 of 48 h used)",
        "Sun 2026-03-08  runs 00:00-24:00 (23 h; 35 of 48 h used) - clocks go forward 1 h: the day has 23 h",
        "Mon 2026-03-09  runs 00:00-13:00 (13 h; 48 of 48 h used) - due 13:00",
    ]


def test_elapsed_hours_while_the_clocks_go_back() -> None:
    assert explain(ILLINOIS, at("2026-10-31T12:00"), Elapsed(hours=14)) == [
        "Sat 2026-10-31  before the start until 12:00, runs 12:00-24:00 (12 h; 12 of 14 h used)",
        "Sun 2026-11-01  runs 00:00-01:00 (UTC-06:00) (2 h; 14 of 14 h used) "
        "- clocks go back 1 h: the day has 25 h - due 01:00 (UTC-06:00)",
    ]


def test_a_business_day_on_which_the_clocks_change_counts_as_the_wall_clock_shows() -> None:
    jerusalem = Calendar(time_zone="Asia/Jerusalem")
    assert explain(jerusalem, at("2026-03-26T02:30", jerusalem.zone), ONE_DAY)[-1] == (
        "Fri 2026-03-27  runs 00:00-02:30 (2 h 30 min; 24 of 24 h used) - clocks go forward 1 h: the day has 23 h "
        "but counts as 24 h, by the wall clock - due 03:00, as the clocks skip 02:30"
    )


def test_days_whose_holidays_are_not_known_say_so() -> None:
    place = Calendar(time_zone="UTC", workdays=(0, 1, 2, 4), known_until=date(2026, 12, 4))
    lines = explain(place, at("2026-12-03T12:00", place.zone), BusinessDays(days=2))
    unknown = "holidays are known only until 2026-12-04: counted as a working day"
    assert lines == [
        "Thu 2026-12-03  before the start until 12:00, then stands still: not a working day",
        "Fri 2026-12-04  runs 00:00-24:00 (24 h; 24 of 48 h used)",
        "Sat 2026-12-05  stands still: weekend",
        "Sun 2026-12-06  stands still: weekend",
        f"Mon 2026-12-07  runs 00:00-24:00 (24 h; 48 of 48 h used) - {unknown}",
        f"Tue 2026-12-08  {unknown} - due 00:00",
    ]


def test_parts_of_seconds_are_left_out() -> None:
    start = at("2026-12-03T15:00:07.654321")
    assert explain(ILLINOIS, start, Elapsed(hours=1)) == [
        "Thu 2026-12-03  before the start until 15:00:07, runs 15:00:07-16:00:07 (1 h; 1 of 1 h used) - due 16:00:07"
    ]


ZONES = ("America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "Asia/Jerusalem")
MINUTES = st.integers(0, 8 * 24 * 60)


@given(
    zone=st.sampled_from(ZONES),
    near=st.sampled_from([date(2026, month, day) for month, day in ((3, 5), (3, 25), (4, 2), (4, 21), (10, 27))]),
    start=MINUTES,
    duration=st.one_of(st.builds(BusinessDays, days=st.integers(1, 4)), st.builds(Elapsed, hours=st.integers(1, 96))),
    pauses=st.lists(st.tuples(MINUTES, MINUTES), max_size=3),
)
@settings(deadline=None)
def test_a_line_a_day_and_the_hours_add_up(
    zone: str, near: date, start: int, duration: Duration, pauses: list[tuple[int, int]]
) -> None:
    place = Calendar(time_zone=zone)
    begin = datetime.combine(near, datetime.min.time(), ZoneInfo("UTC"))
    stops = [
        Pause(start=begin + timedelta(minutes=min(each)), end=begin + timedelta(minutes=max(each))) for each in pauses
    ]
    moment = begin + timedelta(minutes=start)
    lines = explain(place, moment, duration, stops)
    deadline = due(place, moment, duration, stops)

    first = moment.astimezone(place.zone).date()
    days = [(first + timedelta(days=number)) for number in range((deadline.date() - first).days + 1)]
    assert [line.split("  ")[0] for line in lines] == [f"{day:%a} {day}" for day in days]

    used = [match for line in lines if (match := re.search(r"\((\d[^;(]*); ", line))]
    hours = duration.hours if isinstance(duration, Elapsed) else duration.days * 24
    assert sum((amount(match[1]) for match in used), timedelta()) == timedelta(hours=hours)
    assert any(f"{hours:g} of {hours:g} h used" in line for line in lines)
    assert all(" - due " not in line for line in lines[:-1])
    assert f"due {deadline:%H:%M}" in lines[-1]


def amount(words: str) -> timedelta:
    units = {"h": 3600, "min": 60, "s": 1}
    return timedelta(seconds=sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+) (h|min|s)", words)))
