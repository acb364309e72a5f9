"""The usual answers where a time is typed: until when something waits, and when something happened."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from playbooks.calendar.clocks import business_day
from playbooks.calendar.values import WEEKEND, Calendar
from playbooks.calendar.wall_clock import instant

WEEKS = (1, 2, 4)
FROM_NOW = ("Tomorrow", "In a week", "In two weeks", "In four weeks")
FROM_DEADLINE = ("One day later", "One week later", "Two weeks later", "Four weeks later")
DAYS_LATER = dict(zip(FROM_DEADLINE, (1, *(7 * number for number in WEEKS)), strict=True))
MORNING = time(9)

Preset = tuple[str, datetime]
"""What it is called, and when that is."""


def later(since: datetime, calendar: Calendar, *, is_deadline: bool = False) -> list[Preset]:
    """Returns working mornings at the place of the calendar: the next, that after the weekend, and some weeks on.

    `is_deadline`: `since` is a deadline that is still ahead, so their names count from there.
    """
    next_day, *weeks_on = FROM_DEADLINE if is_deadline else FROM_NOW
    today = since.astimezone(calendar.zone).date()
    tomorrow = today + timedelta(days=1)
    next_monday = today + timedelta(days=7 - today.weekday())
    near = {business_day(calendar, wanted): wanted for wanted in (tomorrow, next_monday)}
    found = [(next_day if day == tomorrow else f"{day:%A}", day, wanted) for day, wanted in near.items()]
    for number, title in zip(WEEKS, weeks_on, strict=True):
        wanted = today + timedelta(weeks=number)
        if (day := business_day(calendar, wanted)) not in near:
            found.append((title, day, wanted))
    return [
        (
            f"{title} ({_short(day)}{_moved(wanted, day, calendar)})",
            instant(datetime.combine(day, calendar.opens), calendar.zone),
        )
        for title, day, wanted in found
    ]


def moved(deadline: datetime, days: int, calendar: Calendar, now: datetime) -> datetime:
    """Returns a deadline some days later, at the same time of a working day; counted from today if it has passed."""
    there, today = deadline.astimezone(calendar.zone), now.astimezone(calendar.zone).date()
    day = business_day(calendar, max(there.date(), today) + timedelta(days=days))
    return instant(datetime.combine(day, there.time()), calendar.zone)


def earlier(now: datetime, zone: ZoneInfo) -> list[Preset]:
    """Returns times that have passed, by the clocks of a zone."""
    today = now.astimezone(zone).date()
    mornings = [("This morning", today), ("Yesterday", today - timedelta(days=1))]
    found = [(f"{title}, {MORNING:%H:%M}", instant(datetime.combine(day, MORNING), zone)) for title, day in mornings]
    return [("An hour ago", now - timedelta(hours=1)), *((title, at) for title, at in found if at < now)]


def _moved(wanted: date, day: date, calendar: Calendar) -> str:
    """Returns for which holiday a day is later than was wanted; weekends are plain."""
    between = (wanted + timedelta(days=number) for number in range((day - wanted).days))
    named = {each: calendar.holidays.get(each, WEEKEND) for each in between if each.weekday() in calendar.workdays}
    return next((f", as {_short(off)} is a holiday: {name}" for off, name in named.items() if name != WEEKEND), "")


def _short(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
