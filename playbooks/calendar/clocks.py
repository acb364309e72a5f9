"""The two clocks that deadlines run on.

The readings of an `ElapsedClock` are in UTC, those of a `BusinessClock` are local times without a zone. Only the result
gets its zone, because local times with a zone cannot be subtracted across daylight saving.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from playbooks.calendar.values import WEEKEND, BusinessDays, Calendar, Elapsed, Pause
from playbooks.calendar.wall_clock import FIRST, LAST, Stretch, instant, midnight, wall_clock

DAY = timedelta(days=1)


class ElapsedClock:
    """Runs day and night, except in pauses."""

    def __init__(self, calendar: Calendar, start: datetime, pauses: Sequence[Pause]) -> None:
        self.zone = calendar.zone
        self.start = start.astimezone(UTC)
        self.pauses = merged(pauses, self.start)

    def after(self, length: timedelta) -> datetime:
        """Returns the reading once `length` has run. A pause that begins at that reading changes nothing."""
        reading = self.start + length
        for begin, end in self.pauses:
            if reading <= begin:
                break
            reading += end - begin
        return reading

    def moment(self, reading: datetime) -> datetime:
        return reading.astimezone(self.zone)

    def reading(self, wall: datetime) -> datetime:
        """Returns the reading at a local time."""
        return instant(wall, self.zone).astimezone(UTC)

    def day_off(self, day: date) -> str | None:
        """Why the clock does not run on `day`, if it does not; pauses are ignored."""
        return None


class BusinessClock:
    """Runs on business days only, from midnight to midnight by the wall clock, except in pauses (DP1)."""

    def __init__(self, calendar: Calendar, start: datetime, pauses: Sequence[Pause]) -> None:
        self.calendar = calendar
        self.zone = calendar.zone
        self._from = start
        self._stops = merged(pauses, start.astimezone(UTC)) if pauses else []
        self.start = wall_clock(start, self.zone)
        # Merged again: when the clocks go back, separate stretches can overlap in local time.
        self.pauses = _joined(
            [(wall_clock(begin, self.zone), wall_clock(end, self.zone)) for begin, end in self._stops]
        )

    def after(self, length: timedelta) -> datetime:
        """Returns the reading once `length` has run.

        If that is the end of a business day, it is the beginning of the next; within a pause, it is the pause's end.
        """
        for begin, end in self._runs():
            if length <= end - begin:
                return self._running_from(begin + length)
            length -= end - begin
        raise OverflowError("the end of all dates")

    def moment(self, reading: datetime) -> datetime:
        return instant(reading, self.zone, not_before=self._from, outside=self._stops)

    def reading(self, wall: datetime) -> datetime:
        """Returns the reading at a local time: the same."""
        return wall

    def day_off(self, day: date) -> str | None:
        """Why the clock does not run on `day`, if it does not; pauses are ignored."""
        return day_off(self.calendar, day)

    def _runs(self) -> Iterator[Stretch]:
        """Yields the stretches in which the clock runs, none longer than a day."""
        reading = self.start
        for begin, end in (*self.pauses, (LAST, LAST)):
            while reading < begin:
                day = business_day(self.calendar, reading.date())
                reading = max(reading, midnight(day))
                stop = min(midnight(day + DAY), begin)
                if reading < stop:
                    yield reading, stop
                    reading = stop
            reading = max(reading, end)

    def _running_from(self, reading: datetime) -> datetime:
        """Returns the first reading from `reading` on that is on a business day and in no pause."""
        reading = max(reading, midnight(business_day(self.calendar, reading.date())))
        for begin, end in self.pauses:
            if begin < reading < end:
                reading = max(end, midnight(business_day(self.calendar, end.date())))
        return reading


Clock = ElapsedClock | BusinessClock


def clock(calendar: Calendar, start: datetime, duration: Elapsed | BusinessDays, pauses: Sequence[Pause]) -> Clock:
    if isinstance(duration, Elapsed):
        return ElapsedClock(calendar, start, pauses)
    return BusinessClock(calendar, start, pauses)


def length(duration: Elapsed | BusinessDays) -> timedelta:
    """Returns the duration as time on its own clock."""
    return timedelta(hours=duration.hours) if isinstance(duration, Elapsed) else timedelta(days=duration.days)


def day_off(calendar: Calendar, day: date) -> str | None:
    """Returns why `day` is no business day; None if it is one."""
    if day.weekday() not in calendar.workdays:
        return WEEKEND if calendar.country or day.weekday() >= 5 else "not a working day"
    if day in calendar.holidays and day <= calendar.known_until:
        name = calendar.holidays[day]
        return WEEKEND if name == WEEKEND else f"holiday ({name})"
    return None


def business_day(calendar: Calendar, day: date) -> date:
    """Returns `day` if it is a business day, else the next. Raises ValueError if a whole year has none."""
    last = day + 366 * DAY if day.year < date.max.year else date.max
    while day_off(calendar, day):
        if day >= last:
            raise ValueError(
                f"This calendar has no working day in the year up to {last}; give it fewer holidays or more workdays."
            )
        day += DAY
    return day


def merged(pauses: Sequence[Pause], start: datetime) -> list[Stretch]:
    """Returns the parts of `pauses` after `start` in UTC, sorted; those that overlap or touch are joined."""
    return _joined([(max(_utc(pause.start), start), _utc(pause.end)) for pause in pauses])


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for begin, end in sorted(stretches):
        if end <= begin:
            continue
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return joined


def _utc(moment: datetime) -> datetime:
    """Converts to UTC. A pause may last until `datetime.max`, which would overflow."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return (LAST if moment.year > 1 else FIRST).replace(tzinfo=UTC)
