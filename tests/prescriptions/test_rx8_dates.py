"""RX8: dates are epoch seconds that show the right day in the practice's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.prescriptions.life.calls import Create
from pharmacy.prescriptions.life.dates import epoch, instant_of, months_later
from tests.prescriptions.life import Life, approved

LATER = datetime(2027, 1, 1, tzinfo=UTC)
ZONES = ["America/Chicago", "Pacific/Auckland", "Pacific/Apia", "Pacific/Kiritimati", "America/Adak", "Asia/Kathmandu"]


def shown_day(seconds: int, zone: str) -> date:
    """Returns the day that a page in this zone shows."""
    return datetime.fromtimestamp(seconds, ZoneInfo(zone)).date()


def written(zone: str, at: Any) -> int:
    life = Life(time_zone=zone, written_at=at, now=LATER)
    life.do("approve", by="lee")
    (call,) = life.sent()
    assert isinstance(call, Create)
    return call.written


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", ["2026-03-08", "2026-04-05", "2026-09-27", "2026-11-01", "2026-12-31"])
def test_rx8_a_day_is_that_day_in_the_practices_zone(zone: str, day: str) -> None:
    assert shown_day(written(zone, day), zone) == date.fromisoformat(day)


@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)), zone=st.sampled_from(ZONES))
def test_rx8_every_day_shows_as_itself(day: date, zone: str) -> None:
    shown = shown_day(epoch(instant_of(day, ZoneInfo(zone), datetime(2100, 1, 1, tzinfo=UTC))), zone)
    # Samoa crossed the date line, and had no 30 December 2011.
    assert shown == (date(2011, 12, 31) if (zone, day) == ("Pacific/Apia", date(2011, 12, 30)) else day)


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2026-11-28T23:30:00-06:00", "America/Chicago", date(2026, 11, 28)),
        ("2026-11-28T23:30:00-06:00", "Pacific/Auckland", date(2026, 11, 29)),
        ("2026-11-01T01:30:00-05:00", "America/Chicago", date(2026, 11, 1)),
        ("2026-11-01T01:30:00-06:00", "America/Chicago", date(2026, 11, 1)),
        ("2026-11-29T10:30:00+14:00", "America/Adak", date(2026, 11, 28)),
    ],
)
def test_rx8_a_time_stays_that_time(at: str, zone: str, day: date) -> None:
    seconds = written(zone, at)
    assert seconds == int(datetime.fromisoformat(at).timestamp())
    assert shown_day(seconds, zone) == day


def test_rx8_today_is_now_and_never_ahead() -> None:
    life = Life(time_zone="Pacific/Auckland")
    today = life.now.astimezone(ZoneInfo("Pacific/Auckland")).date().isoformat()
    life.do("approve", by="lee")
    life.do("dispense", product="A", qty=3, remaining=2, at=today)
    assert life.item().last_dispensed_at == int(life.now.timestamp())


def test_what_has_not_happened_yet_is_refused() -> None:
    life = approved()
    assert "is in the future" in life.refused(
        "dispense", product="A", qty=3, remaining=2, at="2026-06-11T17:00:00+00:00"
    )
    assert "is in the future" in life.refused("dispense", product="A", qty=3, remaining=2, at="2026-06-11")


def test_part_of_a_second_never_becomes_the_next_day() -> None:
    assert epoch(datetime(2026, 11, 28, 23, 59, 59, 999_999, tzinfo=UTC)) == epoch(
        datetime(2026, 11, 28, 23, 59, 59, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31T12:00-06:00", 1, "2026-03-01T00:00-06:00"),
        ("2026-06-10T12:00-05:00", 12, "2027-06-11T00:00-05:00"),
        ("2026-10-31T12:00-05:00", 1, "2026-12-01T00:00-06:00"),
    ],
)
def test_validity_ends_with_the_same_day_of_a_later_month(start: str, months: int, end: str) -> None:
    zone = ZoneInfo("America/Chicago")
    assert months_later(datetime.fromisoformat(start), months, zone) == datetime.fromisoformat(end)
