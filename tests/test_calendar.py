"""Business days and elapsed hours by example: weekends, holidays, pauses (DP1, DP3, DP5)."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from types import FrameType

import pytest

from playbooks.calendar.arithmetic import due, next_working_morning, working_moment
from playbooks.calendar.values import BusinessDays, Calendar, Elapsed, Pause
from tests.moments import CHICAGO, at, pause

ILLINOIS = Calendar(
    time_zone="America/Chicago",
    holidays={date(2026, 11, 26): "Thanksgiving Day", date(2026, 12, 25): "Christmas Day"},
)
ONE_DAY = BusinessDays(days=1)


def shown(moment: datetime) -> str:
    assert moment.tzinfo == CHICAGO
    return f"{moment:%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        pytest.param("2026-12-04T15:00", 1, "Mon 2026-12-07 15:00", id="Friday afternoon"),
        pytest.param("2026-12-05T10:00", 1, "Tue 2026-12-08 00:00", id="Saturday counts from Monday 00:00"),
        pytest.param("2026-12-06T23:59", 1, "Tue 2026-12-08 00:00", id="Sunday's last minute"),
        pytest.param("2026-12-07T00:00", 1, "Tue 2026-12-08 00:00", id="Monday's first moment"),
        pytest.param("2026-12-03T00:00", 1, "Fri 2026-12-04 00:00", id="Thursday's first moment"),
        pytest.param("2026-12-04T00:00", 1, "Mon 2026-12-07 00:00", id="Friday's first moment"),
        pytest.param("2026-12-04T00:00", 2, "Tue 2026-12-08 00:00", id="two days from Friday 00:00"),
        pytest.param("2026-12-04T23:59", 1, "Mon 2026-12-07 23:59", id="Friday 23:59"),
        pytest.param("2026-11-25T23:59", 1, "Fri 2026-11-27 23:59", id="23:59 before a holiday"),
        pytest.param("2026-11-25T15:00", 1, "Fri 2026-11-27 15:00", id="across a holiday"),
        pytest.param("2026-11-25T15:00", 2, "Mon 2026-11-30 15:00", id="across a holiday and a weekend"),
        pytest.param("2026-11-26T12:00", 1, "Mon 2026-11-30 00:00", id="start on a holiday"),
        pytest.param("2026-12-24T09:00", 5, "Fri 2027-01-01 09:00", id="a week, over the year"),
    ],
)
def test_business_days_come_due_at_the_same_wall_clock_time(start: str, days: int, expected: str) -> None:
    assert shown(due(ILLINOIS, at(start), BusinessDays(days=days))) == expected


def test_elapsed_hours_run_through_weekends_and_holidays() -> None:
    assert shown(due(ILLINOIS, at("2026-11-25T15:00"), Elapsed(hours=48))) == "Fri 2026-11-27 15:00"
    assert shown(due(ILLINOIS, at("2026-12-04T23:59"), Elapsed(hours=24.5))) == "Sun 2026-12-06 00:29"


def test_a_start_in_another_zone_is_read_in_the_calendars() -> None:
    start = datetime(2026, 12, 5, 5, 30, tzinfo=UTC)
    assert shown(due(ILLINOIS, start, ONE_DAY)) == "Mon 2026-12-07 23:30"
    assert due(Calendar(time_zone="Asia/Kolkata"), start, ONE_DAY).isoformat() == "2026-12-08T00:00:00+05:30"


def test_a_portion_of_the_time() -> None:
    soon = due(ILLINOIS, at("2026-12-04T15:00"), ONE_DAY, portion=0.75)
    assert shown(soon) == "Mon 2026-12-07 09:00"
    assert shown(due(ILLINOIS, at("2026-12-05T10:00"), ONE_DAY, portion=0.75)) == "Mon 2026-12-07 18:00"
    assert shown(due(ILLINOIS, at("2026-12-05T10:00"), Elapsed(hours=48), portion=0.75)) == "Sun 2026-12-06 22:00"


@pytest.mark.parametrize(
    ("start", "pauses", "expected"),
    [
        pytest.param(
            "2026-11-25T15:00", [("2026-11-25T18:00", "2026-11-27T06:00")], "Mon 2026-11-30 03:00",
            id="spanning a holiday: only the business hours in it are lost",
        ),
        pytest.param(
            "2026-12-04T15:00", [("2026-12-05T08:00", "2026-12-06T20:00")], "Mon 2026-12-07 15:00",
            id="within a weekend: nothing is lost",
        ),
        pytest.param(
            "2026-12-04T15:00", [("2026-12-04T12:00", "2026-12-04T16:00")], "Mon 2026-12-07 16:00",
            id="a start inside it",
        ),
        pytest.param(
            "2026-12-04T15:00", [("2026-12-01T12:00", "2026-12-04T15:00")], "Mon 2026-12-07 15:00",
            id="over when the clock starts",
        ),
        pytest.param(
            "2026-12-07T15:00",
            [("2026-12-08T10:00", "2026-12-08T12:00"), ("2026-12-07T16:00", "2026-12-07T18:00"),
             ("2026-12-08T11:00", "2026-12-08T13:00")],
            "Tue 2026-12-08 20:00",
            id="unsorted and overlapping",
        ),
        pytest.param(
            "2026-12-07T15:00", [("2026-12-08T15:00", "2026-12-09T15:00")], "Tue 2026-12-08 15:00",
            id="beginning at the deadline: it was reached",
        ),
        pytest.param(
            "2026-12-07T15:00", [("2026-12-09T10:00", "2026-12-11T15:00")], "Tue 2026-12-08 15:00",
            id="beginning and ending after the breach",
        ),
        pytest.param(
            "2026-12-07T15:00", [("2026-12-08T14:59", "2026-12-11T15:00")], "Fri 2026-12-11 15:01",
            id="a minute before the deadline: that minute is kept",
        ),
        pytest.param(
            "2026-12-07T15:00", [("2026-12-08T10:00", "2026-12-12T15:00")], "Mon 2026-12-14 05:00",
            id="ending on a weekend: what was left runs from Monday 00:00",
        ),
        pytest.param(
            "2026-12-04T00:00", [("2026-12-05T12:00", "2026-12-07T10:00")], "Mon 2026-12-07 10:00",
            id="a deadline that would fall inside it waits for its end",
        ),
        pytest.param(
            "2026-12-04T00:00", [("2026-12-07T00:00", "2026-12-07T10:00")], "Mon 2026-12-07 00:00",
            id="beginning at Monday 00:00, when it came due",
        ),
        pytest.param(
            "2026-12-04T00:00",
            [("2026-12-05T12:00", "2026-12-12T10:00"), ("2026-12-13T00:00", "2026-12-14T09:00")],
            "Mon 2026-12-14 09:00",
            id="one pause after another over two weekends",
        ),
        pytest.param(
            "2026-12-04T00:00", [("2026-12-05T12:00", "2026-12-07T00:00"), ("2026-12-07T00:00", "2026-12-07T10:00")],
            "Mon 2026-12-07 10:00",
            id="two that meet at the deadline are one",
        ),
    ],
)  # fmt: skip
def test_pauses_keep_what_was_left(start: str, pauses: list[tuple[str, str]], expected: str) -> None:
    assert shown(due(ILLINOIS, at(start), ONE_DAY, [pause(*each) for each in pauses])) == expected


def test_pauses_stop_elapsed_hours_day_and_night() -> None:
    start, two_days = at("2026-12-04T15:00"), Elapsed(hours=48)
    assert shown(due(ILLINOIS, start, two_days, [pause("2026-12-05T08:00", "2026-12-06T08:00")])) == (
        "Mon 2026-12-07 15:00"
    )
    assert shown(due(ILLINOIS, start, two_days, [pause("2026-12-06T15:00", "2026-12-09T15:00")])) == (
        "Sun 2026-12-06 15:00"
    )


def test_a_pause_without_end_matters_only_before_the_deadline() -> None:
    for duration in (Elapsed(hours=24), ONE_DAY):
        start, for_ever = at("2026-12-07T15:00"), datetime.max.replace(tzinfo=UTC)
        late = [Pause(start=at("2026-12-08T16:00"), end=for_ever)]
        early = [Pause(start=at("2026-12-08T14:00"), end=for_ever)]
        for zone in ("America/Chicago", "Pacific/Auckland"):
            place = Calendar(time_zone=zone)
            assert due(place, start, duration, late) == at("2026-12-08T15:00")
            with pytest.raises(ValueError, match="outside the years 1 to 9999"):
                due(place, start, duration, early)


def test_holidays_after_those_known_count_as_plain_weekdays() -> None:
    place = ILLINOIS.model_copy(update={"known_until": date(2026, 11, 25)})
    assert shown(due(place, at("2026-11-25T15:00"), ONE_DAY)) == "Thu 2026-11-26 15:00"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2026-12-04T08:59", "Fri 2026-12-04 09:00", id="before opening"),
        pytest.param("2026-12-04T09:00", "Fri 2026-12-04 09:00", id="at opening"),
        pytest.param("2026-12-04T16:59", "Fri 2026-12-04 16:59", id="in working hours"),
        pytest.param("2026-12-04T17:00", "Mon 2026-12-07 09:00", id="at closing, before a weekend"),
        pytest.param("2026-12-05T12:00", "Mon 2026-12-07 09:00", id="weekend"),
        pytest.param("2026-11-26T12:00", "Fri 2026-11-27 09:00", id="holiday"),
    ],
)
def test_working_moment(moment: str, expected: str) -> None:
    assert shown(working_moment(ILLINOIS, at(moment).astimezone(UTC))) == expected


def test_next_working_morning_is_never_today() -> None:
    assert shown(next_working_morning(ILLINOIS, at("2026-12-03T00:00"))) == "Fri 2026-12-04 09:00"
    assert shown(next_working_morning(ILLINOIS, at("2026-12-04T23:59"))) == "Mon 2026-12-07 09:00"
    assert shown(next_working_morning(ILLINOIS, at("2026-11-25T12:00"))) == "Fri 2026-11-27 09:00"


def test_thirty_years_ahead_take_a_moment() -> None:
    """Measured in calls, which are as many on every machine: a million and a half of these take half a second."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        assert due(ILLINOIS, at("2026-12-07T15:00"), BusinessDays(days=7800)).year == 2056
        assert due(ILLINOIS, at("2026-12-07T15:00"), Elapsed(hours=24 * 365 * 30)).year == 2056
    finally:
        sys.setprofile(before)
    assert calls < 1_000_000


def test_a_calendar_travels_as_json_unchanged() -> None:
    assert Calendar.model_validate_json(ILLINOIS.model_dump_json()) == ILLINOIS
