"""Daylight saving in both directions: the wall clock holds for business days, the stopwatch for hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from playbooks.calendar.arithmetic import due, next_working_morning, working_moment
from playbooks.calendar.values import BusinessDays, Calendar, Elapsed, Pause

ONE_DAY = BusinessDays(days=1)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


def at(text: str, zone: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def hours_between(start: datetime, end: datetime) -> float:
    return (end.astimezone(UTC) - start.astimezone(UTC)) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "friday", "skipped"),
    [
        ("America/Chicago", "2026-03-06", 1),
        ("America/Chicago", "2026-10-30", -1),
        ("Europe/Berlin", "2026-03-27", 1),
        ("Europe/Berlin", "2026-10-23", -1),
        ("Australia/Lord_Howe", "2026-10-02", 0.5),
        ("Australia/Lord_Howe", "2026-04-03", -0.5),
        ("Pacific/Auckland", "2026-09-25", 1),
        ("Pacific/Auckland", "2026-04-03", -1),
        ("Asia/Jerusalem", "2026-10-23", -1),
        ("Asia/Kolkata", "2026-03-27", 0),
        ("UTC", "2026-03-27", 0),
    ],
)
def test_over_the_weekend_on_which_the_clocks_change(zone: str, friday: str, skipped: float) -> None:
    place, start = Calendar(time_zone=zone), at(f"{friday}T15:00", zone)
    monday = (date.fromisoformat(friday) + timedelta(days=3)).isoformat()

    business = due(place, start, ONE_DAY)
    assert business == at(f"{monday}T15:00", zone)
    assert hours_between(start, business) == 72 - skipped

    stopwatch = due(place, start, Elapsed(hours=72))
    assert hours_between(start, stopwatch) == 72
    assert stopwatch.replace(tzinfo=None) == datetime.fromisoformat(f"{monday}T15:00") + timedelta(hours=skipped)

    # A pause over the change costs the stopwatch its real length, the business day nothing at a weekend.
    weekend = [Pause(start=start + timedelta(days=1), end=start + timedelta(days=2, hours=5))]
    assert due(place, start, ONE_DAY, weekend) == business
    assert hours_between(start, due(place, start, Elapsed(hours=72), weekend)) == 72 + hours_between(
        weekend[0].start, weekend[0].end
    )


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        pytest.param("Asia/Jerusalem", "2026-03-26T15:00", "2026-03-27T15:00:00+03:00", id="a Friday of 23 hours"),
        pytest.param("Asia/Jerusalem", "2026-03-26T02:30", "2026-03-27T03:00:00+03:00", id="02:30 is skipped"),
        pytest.param("Asia/Jerusalem", "2026-03-26T02:00", "2026-03-27T03:00:00+03:00", id="02:00 is skipped"),
        pytest.param("Asia/Jerusalem", "2026-03-26T01:59", "2026-03-27T01:59:00+02:00", id="a minute earlier"),
        pytest.param("Asia/Jerusalem", "2026-03-26T03:00", "2026-03-27T03:00:00+03:00", id="the first one after"),
        pytest.param("Africa/Cairo", "2026-04-23T00:00", "2026-04-24T01:00:00+03:00", id="no midnight"),
        pytest.param("Africa/Cairo", "2026-04-23T23:59", "2026-04-24T23:59:00+03:00", id="the day without midnight"),
        pytest.param("Africa/Cairo", "2026-04-24T01:00", "2026-04-27T01:00:00+03:00", id="its first moment"),
        pytest.param("Africa/Cairo", "2026-10-28T23:30", "2026-10-29T23:30:00+03:00", id="23:30 comes twice"),
        pytest.param("Africa/Cairo", "2026-10-28T15:00", "2026-10-29T15:00:00+03:00", id="a Thursday of 25 hours"),
        pytest.param("America/Sao_Paulo", "2018-11-02T00:00", "2018-11-05T00:00:00-02:00", id="a Sunday without it"),
    ],
)  # fmt: skip
def test_clocks_that_change_on_a_business_day(zone: str, start: str, expected: str) -> None:
    assert due(Calendar(time_zone=zone), at(start, zone), ONE_DAY).isoformat() == expected


def test_the_second_reading_of_a_time_is_never_taken_back_to_the_first() -> None:
    cairo = Calendar(time_zone="Africa/Cairo")
    second = at("2026-10-29T23:10", "Africa/Cairo", fold=1)
    assert due(cairo, second, ONE_DAY).isoformat() == "2026-10-30T23:10:00+02:00"
    # Fifteen minutes later the wall shows 23:25, for the second time too.
    assert due(cairo, second, ONE_DAY, portion=1 / 96).isoformat() == "2026-10-29T23:25:00+02:00"
    assert due(cairo, second, Elapsed(hours=0.25)).isoformat() == "2026-10-29T23:25:00+02:00"


def test_a_deadline_in_the_repeated_hour_is_not_inside_a_pause() -> None:
    cairo = Calendar(time_zone="Africa/Cairo")
    paused = Pause(start=at("2026-10-29T23:10", "Africa/Cairo"), end=at("2026-10-29T23:20", "Africa/Cairo", fold=1))
    # The pause takes 70 minutes, ten of which the wall clock counts.
    assert due(cairo, at("2026-10-28T23:15", "Africa/Cairo"), ONE_DAY, [paused]).isoformat() == (
        "2026-10-29T23:25:00+02:00"
    )


def test_a_pause_at_a_repeated_time_before_the_one_the_clock_started_at() -> None:
    chicago = Calendar(time_zone="America/Chicago", workdays=EVERY_DAY)
    paused = Pause(
        start=at("2026-11-01T01:05", "America/Chicago", fold=1), end=at("2026-11-01T01:10", "America/Chicago", fold=1)
    )
    assert due(chicago, at("2026-11-01T01:50", "America/Chicago"), ONE_DAY, [paused]).isoformat() == (
        "2026-11-02T01:50:00-06:00"
    )


def test_a_pause_over_a_change_costs_what_the_wall_clock_shows() -> None:
    chicago = Calendar(time_zone="America/Chicago", workdays=EVERY_DAY)
    for start, begin, end in (
        ("2026-03-07T12:00", "2026-03-08T01:00", "2026-03-08T04:00"),
        ("2026-10-31T12:00", "2026-11-01T00:00", "2026-11-01T03:00"),
    ):
        paused = Pause(start=at(begin, "America/Chicago"), end=at(end, "America/Chicago"))
        at_wall = due(chicago, at(start, "America/Chicago"), ONE_DAY, [paused]).replace(tzinfo=None)
        assert at_wall == datetime.fromisoformat(start) + timedelta(days=1, hours=3)


def test_seconds_and_their_parts_survive() -> None:
    start = datetime(2026, 3, 6, 21, 0, 7, 123456, tzinfo=UTC)
    assert due(Calendar(time_zone="America/Chicago"), start, ONE_DAY).isoformat() == (
        "2026-03-09T15:00:07.123456-05:00"
    )


def test_opening_in_an_hour_that_is_skipped_or_repeated() -> None:
    night = Calendar(time_zone="America/Chicago", workdays=EVERY_DAY, opens=time(2, 30), closes=time(5))
    assert working_moment(night, at("2026-03-08T01:00", "America/Chicago")).isoformat() == ("2026-03-08T03:00:00-05:00")
    early = Calendar(time_zone="America/Chicago", workdays=EVERY_DAY, opens=time(1, 30), closes=time(5))
    assert working_moment(early, at("2026-11-01T01:10", "America/Chicago", fold=1)).isoformat() == (
        "2026-11-01T01:30:00-06:00"
    )
    assert next_working_morning(early, at("2026-10-31T01:10", "America/Chicago")).isoformat() == (
        "2026-11-01T01:30:00-05:00"
    )
