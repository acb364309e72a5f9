"""Presets of dates: working mornings of the practice, whatever the weekday, the holidays and the viewer's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from desk.date_presets import earlier, later, moved
from partners.holidays import calendar_for
from web.date_presets import Place, later_values

CHICAGO = calendar_for("America/Chicago", "US", "IL", first_day=date(2026, 11, 1), years=1)
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def titles(day: int, hour: int = 12, month: int = 11) -> list[str]:
    return [title for title, _ in later(datetime(2026, month, day, hour, tzinfo=CHICAGO.zone), CHICAGO)]


def test_they_are_working_mornings_at_the_practice() -> None:
    weeks = ["In two weeks (Thu 3 Dec)", "In four weeks (Thu 17 Dec)"]
    thanks = "In a week (Fri 27 Nov, as Thu 26 Nov is a holiday: Thanksgiving Day)"
    assert titles(19) == ["Tomorrow (Fri 20 Nov)", "Monday (Mon 23 Nov)", thanks, *weeks]
    assert titles(20)[:2] == ["Monday (Mon 23 Nov)", "In a week (Fri 27 Nov)"], "Saturday is no working day"
    assert titles(29)[0] == "Tomorrow (Mon 30 Nov)"
    assert titles(22, month=12)[:2] == ["Tomorrow (Wed 23 Dec)", "Monday (Mon 28 Dec)"]
    for day in range(1, 30):
        for title, at in later(datetime(2026, 11, day, 23, tzinfo=UTC), CHICAGO):
            there = at.astimezone(CHICAGO.zone)
            assert (there.weekday() < 5, there.hour) == (True, 9), title


def test_those_of_a_deadline_count_from_it() -> None:
    deadline = datetime(2026, 12, 1, 9, 37, tzinfo=CHICAGO.zone)
    assert [title for title, _ in later(deadline, CHICAGO, is_deadline=True)] == [
        "One day later (Wed 2 Dec)",
        "Monday (Mon 7 Dec)",
        "One week later (Tue 8 Dec)",
        "Two weeks later (Tue 15 Dec)",
        "Four weeks later (Tue 29 Dec)",
    ]


def test_a_deadline_moves_to_the_same_time_of_a_working_day() -> None:
    friday, now = datetime(2026, 12, 4, 16, 30, tzinfo=CHICAGO.zone), datetime(2026, 12, 1, 8, tzinfo=UTC)
    monday = datetime(2026, 12, 7, 16, 30, tzinfo=CHICAGO.zone)
    assert moved(friday, 1, CHICAGO, now) == monday
    assert moved(friday, 7, CHICAGO, now) == datetime(2026, 12, 11, 16, 30, tzinfo=CHICAGO.zone)
    late = datetime(2026, 12, 5, 12, tzinfo=CHICAGO.zone)
    assert moved(friday, 1, CHICAGO, late) == monday, "one that has passed counts from today"


def test_the_input_has_them_by_the_viewers_clocks() -> None:
    now = datetime(2026, 11, 17, 12, tzinfo=UTC)
    chicago = Place("America/Chicago", "US", "IL")
    assert later_values(chicago, now, LOS_ANGELES)[0] == ("Tomorrow (Wed 18 Nov)", "2026-11-18T07:00")
    assert later_values(Place("Mars/Base", None, None), now, LOS_ANGELES) == []


def test_what_happened_has_passed() -> None:
    early = datetime(2026, 11, 17, 8, 30, tzinfo=LOS_ANGELES)
    assert [title for title, _ in earlier(early, LOS_ANGELES)] == ["An hour ago", "Yesterday, 09:00"]
    assert all(at < early for _, at in earlier(early, LOS_ANGELES))
    late = datetime(2026, 11, 17, 18, tzinfo=LOS_ANGELES)
    assert "This morning, 09:00" in [title for title, _ in earlier(late, LOS_ANGELES)]
