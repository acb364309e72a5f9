"""When something comes due, and why: what `onboard calendar due` prints."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from partners.holidays import check_time_zone
from playbooks.calendar.arithmetic import due
from playbooks.calendar.explain import explain
from playbooks.calendar.values import Calendar, Duration
from playbooks.calendar.wall_clock import exists, instant
from playbooks.engine.fields import YEARS


def calendar_due(start: datetime, duration: Duration, calendar: Calendar) -> dict[str, Any]:
    """`start` and `due` in ISO 8601, in the calendar's zone, and the `explanation`, one line a day.

    A ValueError says in a sentence why there is none.
    """
    return {
        "due": due(calendar, start, duration).isoformat(),
        "start": start.astimezone(calendar.zone).isoformat(),
        "explanation": explain(calendar, start, duration),
    }


def parse_time(text: str, zone: ZoneInfo | str) -> datetime:
    """A time as people write it, ISO 8601, with its offset or else as clocks in `zone` show it; returned in `zone`.

    A date alone is its first minute, 00:00. Of a time that occurs twice when the clocks go back, the first is meant:
    give the offset for the second. A ValueError says in a sentence what is wrong with the text, as when the clocks
    skip that time.
    """
    place = zone if isinstance(zone, ZoneInfo) else ZoneInfo(check_time_zone(zone))
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time; write it like 2026-11-27T15:00, or with an offset, 2026-11-27T15:00-06:00."
        ) from None
    try:
        if given.tzinfo is not None:
            return given.astimezone(place)
        if not exists(given, place):
            raise ValueError(
                f"{given:%Y-%m-%d %H:%M} does not exist in {place.key}, where the clocks go forward past it; "
                f"the next time that does is {instant(given, place):%Y-%m-%d %H:%M}."
            )
        return instant(given, place)
    except OverflowError:
        raise ValueError(f"{text!r} must lie in the years {YEARS[0]} to {YEARS[-1]}.") from None
