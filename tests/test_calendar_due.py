"""What `onboard calendar due` answers, and the times it takes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from desk.calendar_due import calendar_due, parse_time
from partners.holidays import UnknownPlace, calendar_for
from playbooks.calendar.values import Elapsed

CHICAGO = "America/Chicago"


def test_start_and_due_are_told_in_the_calendars_zone() -> None:
    place = calendar_for("Asia/Kolkata", first_day=datetime(2026, 12, 1, tzinfo=ZoneInfo("UTC")).date())
    answer = calendar_due(parse_time("2026-12-04T22:00Z", "UTC"), Elapsed(hours=48), place)
    assert answer["start"] == "2026-12-05T03:30:00+05:30"
    assert answer["due"] == "2026-12-07T03:30:00+05:30"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-27T15:00", "2026-11-27T15:00:00-06:00"),
        (" 2026-07-01 15:00:30 ", "2026-07-01T15:00:30-05:00"),
        ("2026-11-27T15:00Z", "2026-11-27T09:00:00-06:00"),
        ("2026-11-27T15:00+05:30", "2026-11-27T03:30:00-06:00"),
        ("2026-11-27", "2026-11-27T00:00:00-06:00"),
        ("2026-03-08T03:00", "2026-03-08T03:00:00-05:00"),
        ("2026-11-01T01:30", "2026-11-01T01:30:00-05:00"),
        ("2026-11-01T01:30-06:00", "2026-11-01T01:30:00-06:00"),
    ],
)
def test_times_with_and_without_offset(text: str, expected: str) -> None:
    assert parse_time(text, CHICAGO).isoformat() == expected
    assert parse_time(text, ZoneInfo(CHICAGO)).tzinfo == ZoneInfo(CHICAGO)


@pytest.mark.parametrize(
    ("text", "zone", "sentence"),
    [
        ("2026-03-08T02:30", CHICAGO, "2026-03-08 02:30 does not exist in America/Chicago, .* is 2026-03-08 03:00"),
        ("2026-04-24", "Africa/Cairo", "2026-04-24 00:00 does not exist in Africa/Cairo, .* is 2026-04-24 01:00"),
        ("tomorrow", CHICAGO, "'tomorrow' is not a time; write it like 2026-11-27T15:00"),
        ("2026-02-30T10:00", CHICAGO, "is not a time"),
        ("", CHICAGO, "'' is not a time"),
        ("0001-01-01T00:00Z", CHICAGO, "must lie in the years 2000 to 2099"),
        ("9999-12-31T23:59", CHICAGO, "must lie in the years 2000 to 2099"),
    ],
)
def test_times_that_are_refused(text: str, zone: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_time(text, zone)


def test_an_unknown_zone_is_refused_with_near_names() -> None:
    with pytest.raises(UnknownPlace, match="did you mean America/Chicago"):
        parse_time("2026-11-27T15:00", "America/Chicgo")
