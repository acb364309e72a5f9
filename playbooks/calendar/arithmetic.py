"""Business days, deadlines and pauses: all arithmetic on time that the product does.

Pure: no clock is read, and holidays come in as data (a `Calendar` is a value that travels with the onboarding).
Every moment taken must say its zone, and every moment returned is in the calendar's zone; what cannot be computed is
a ValueError with a sentence that says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from playbooks.calendar.clocks import business_day, clock, length
from playbooks.calendar.values import BusinessDays, Calendar, Duration, Pause, aware
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
    """The moment at which `portion` of `duration` has run from `start`, in the calendar's time zone (DP1, DP3, DP5).

    Pauses may overlap and come in any order; one that begins when the time has already run changes nothing. With
    business days, a moment outside a business day counts from the first moment of the next, the wall clock holds
    across daylight saving, a time that is skipped moves forward to the first one that exists, and of a time that
    occurs twice the first is meant, as long as it is not before `start`.
    """
    aware(start, "The start")
    if not 0 < portion <= 1:
        raise ValueError(f"A portion is more than 0 and at most 1; {portion:g} was given.")
    running = clock(calendar, start, duration, pauses)
    return running.moment(running.after(length(duration) * portion))


def next_business_day(calendar: Calendar, moment: datetime, days: int = 1) -> datetime:
    """The same wall-clock time `days` business days later: what `due` says for that many business days."""
    return due(calendar, moment, BusinessDays(days=days))


@within_all_years
def working_moment(calendar: Calendar, moment: datetime) -> datetime:
    """`moment` itself if it lies in working hours, otherwise the next opening. Closing time is outside."""
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
    """The opening of the first business day after the day of `moment`."""
    aware(moment, "The moment")
    tomorrow = wall_clock(moment, calendar.zone).date() + timedelta(days=1)
    return instant(datetime.combine(business_day(calendar, tomorrow), calendar.opens), calendar.zone)
