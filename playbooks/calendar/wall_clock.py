"""Converts between local (wall-clock) times and instants, across daylight saving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
FIRST = datetime.combine(date.min, time.min)
LAST = datetime.combine(date.max, time.max)

Stretch = tuple[datetime, datetime]
Params = ParamSpec("Params")
Returned = TypeVar("Returned")


def within_all_years(function: Callable[Params, Returned]) -> Callable[Params, Returned]:
    """Turns an OverflowError, for a time before the year 1 or after 9999, into a ValueError with a sentence."""

    @wraps(function)
    def bounded(*args: Params.args, **kwargs: Params.kwargs) -> Returned:
        try:
            return function(*args, **kwargs)
        except OverflowError:
            raise ValueError("No such moment exists: it lies outside the years 1 to 9999.") from None

    return bounded


def midnight(day: date) -> datetime:
    """Returns the local time at which `day` begins."""
    return datetime.combine(day, time.min)


def wall_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """Returns the local time in `zone`, as a datetime without a zone, which is safe to subtract."""
    try:
        return moment.astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:
        return LAST if moment.year > 1 else FIRST


def instant(
    wall: datetime, zone: ZoneInfo, *, not_before: datetime | None = None, outside: Sequence[Stretch] = ()
) -> datetime:
    """Returns the time, in `zone`, of a local time.

    A local time that is skipped moves forward to the first that exists. Of one that occurs twice the first is meant,
    unless it is before `not_before` or inside one of the stretches `outside` (in UTC).
    """
    first = wall.replace(tzinfo=zone, fold=0)
    second = first.replace(fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after or before is None or after is None:
        return first
    if before < after:
        return _end_of_gap(second.astimezone(UTC), first.astimezone(UTC), zone)
    # Datetimes of one zone compare by their local times, which are equal here: compare them in UTC.
    at = first.astimezone(UTC)
    if (not_before and at < not_before.astimezone(UTC)) or any(begin < at < end for begin, end in outside):
        return second
    return first


def exists(wall: datetime, zone: ZoneInfo) -> bool:
    return wall_clock(wall.replace(tzinfo=zone).astimezone(UTC), zone) == wall.replace(fold=0)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Returns the time between two UTC times at which the offset of `zone` changes; that is on a whole second."""
    before = before.replace(microsecond=0)
    after = after.replace(microsecond=0)
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.astimezone(zone)
