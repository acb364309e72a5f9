"""Arithmetic on deadlines, business days and pauses. Pure: no clock is read, and holidays are part of the `Calendar`.

Every time passed in must have a zone, or is refused with a ValueError; every time returned is in the calendar's zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from playbooks.calendar.clocks import business_day, clock, length
from playbooks.calendar.values import Calendar, Duration, Pause, aware
from playbooks.calendar.wall_clock import instant, wall_clock, within_all_years


@within_all_years
def due(
    calendar: Calendar,
    start: datetime,
    duration: Duration,
    pauses: Sequence[Pause] = (),
    *,
    portion: float = 1.0,
) -> datetime:
    """Returns when `portion` of `duration` has run from `start`, in the calendar's time zone (DP1, DP3, DP5).

    Pauses may overlap and come in any order. Business days run on the wall clock, across daylight saving: a start
    outside a business day counts from the beginning of the next; a local time that is skipped moves forward to the
    first that exists; of one that occurs twice the first is meant, unless it is before `start`.
    """
    aware(start, "The start")
    if not 0 < portion <= 1:
        raise ValueError(f"A portion is more than 0 and at most 1; {portion:g} was given.")
    running = clock(calendar, start, duration, pauses)
    return running.moment(running.after(length(duration) * portion))


@within_all_years
def working_moment(calendar: Calendar, moment: datetime) -> datetime:
    """Returns `moment` if it is in working hours, else the next opening. Closing time is outside."""
    aware(moment, "The moment")
    wall = wall_clock(moment, calendar.zone)
    if wall.time() >= calendar.closes:
        return next_working_morning(calendar, moment)
    day = business_day(calendar, wall.date())
    if day == wall.date() and wall.time() >= calendar.opens:
        return moment.astimezone(calendar.zone)
    return instant(datetime.combine(day, calendar.opens), calendar.zone, not_before=moment)


@within_all_years
def next_working_morning(calendar: Calendar, moment: datetime) -> datetime:
    """Returns the opening time of the first business day after the day of `moment`."""
    aware(moment, "The moment")
    tomorrow = wall_clock(moment, calendar.zone).date() + timedelta(days=1)
    return instant(datetime.combine(business_day(calendar, tomorrow), calendar.opens), calendar.zone)
