"""Calendars, durations and pauses, as values that travel with the onboarding."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MAX_DAYS = 36_525
WORKDAYS = (0, 1, 2, 3, 4)
WEEKEND = "weekend"
"""The name in a calendar's `holidays` of a day of the weekend whose weekday is worked at other times."""


class Frozen(BaseModel):
    """A frozen value; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Calendar(Frozen):
    """The working days, hours and holidays of one place (DP1).

    `workdays` counts from Monday, 0. `holidays` are the names by date up to `known_until`; later dates count as plain
    weekdays. `opens` and `closes` are local times, for mails to people; a business day runs from midnight to midnight.
    """

    time_zone: str = "UTC"
    country: str | None = None
    state: str | None = None
    workdays: tuple[int, ...] = WORKDAYS
    holidays: dict[date, str] = Field(default_factory=dict)
    known_until: date = date.max
    opens: time = time(9)
    closes: time = time(17)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"There is no time zone {name!r}; give one such as America/Chicago.") from None
        return name

    @field_validator("workdays")
    @classmethod
    def _some_day_is_worked(cls, workdays: tuple[int, ...]) -> tuple[int, ...]:
        if not workdays:
            raise ValueError("A calendar needs at least one working day a week; none was given.")
        if not all(0 <= day <= 6 for day in workdays):
            raise ValueError("Working days are numbers from 0 (Monday) to 6 (Sunday).")
        return workdays

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("Working hours are local times of the calendar's zone; give them without an offset.")
        if self.closes <= self.opens:
            raise ValueError(
                f"Working hours must end after they begin; {self.opens:%H:%M} to {self.closes:%H:%M} was given."
            )
        return self


class Pause(Frozen):
    """A stretch in which clocks do not run, from `start` (included) to `end` (excluded)."""

    start: datetime
    end: datetime

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if aware(self.end, "The end of a pause") < aware(self.start, "The start of a pause"):
            raise ValueError(f"A pause must end after it starts; {self.start} to {self.end} was given.")
        return self


class Elapsed(Frozen):
    """Hours that run day and night; more than 0, at most a hundred years."""

    kind: Literal["elapsed"] = "elapsed"
    hours: float

    @field_validator("hours")
    @classmethod
    def _some(cls, hours: float) -> float:
        if not 0 < hours <= MAX_DAYS * 24:
            raise ValueError(
                f"A duration is more than zero hours and at most a hundred years; {hours:g} hours was given."
            )
        return hours


class BusinessDays(Frozen):
    """Whole business days, due at the same wall-clock time (DP1); at least 1, at most `MAX_DAYS`."""

    kind: Literal["business_days"] = "business_days"
    days: int

    @field_validator("days")
    @classmethod
    def _some(cls, days: int) -> int:
        if not 0 < days <= MAX_DAYS:
            raise ValueError(f"A duration is at least one business day and at most {MAX_DAYS}; {days} was given.")
        return days


Duration = Annotated[Elapsed | BusinessDays, Field(discriminator="kind")]


def aware(moment: datetime, what: str) -> datetime:
    """Returns `moment`. Raises ValueError, with a sentence that begins with `what`, if it has no zone."""
    if moment.utcoffset() is None:
        raise ValueError(
            f"{what}, {moment.isoformat(' ')}, has no time zone; give it with an offset, "
            "for example 2026-11-27T15:00-06:00."
        )
    return moment
