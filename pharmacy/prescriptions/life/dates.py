"""Dates of a prescription: instants, or days of the practice, which show as that day in the practice's zone (RX8)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from playbooks.calendar.wall_clock import instant, midnight
from playbooks.engine.fields import YEARS, Instant

NOON = time(12)


def _in_our_years(day: date) -> date:
    if day.year not in YEARS:
        raise ValueError(f"must lie in the years {YEARS[0]} to {YEARS[-1]}; {day} was given")
    return day


When = Annotated[Instant | Annotated[date, AfterValidator(_in_our_years)], Field(union_mode="left_to_right")]
"""A time with its offset, or a day of the practice such as `2026-11-29`."""


def instant_of(when: datetime | date, zone: ZoneInfo, now: datetime) -> datetime:
    """Returns the instant in UTC. A day means its noon in the practice's zone, or now if it is today."""
    if isinstance(when, datetime):
        return when.astimezone(UTC)
    if when == now.astimezone(zone).date():
        return now.astimezone(UTC)
    return instant(datetime.combine(when, NOON), zone).astimezone(UTC)


def epoch(moment: datetime) -> int:
    """Returns the whole seconds since 1970, never of a later second and so never of a later day."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Returns the day that the practice sees."""
    return moment.astimezone(zone).date()


def months_later(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    """Returns the end, in UTC, of the day so many months later in the practice's zone, the month's last if shorter."""
    day = day_of(moment, zone)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return instant(midnight(last + timedelta(days=1)), zone).astimezone(UTC)
