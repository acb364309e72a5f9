"""Business days, deadlines and pauses: all arithmetic on time that the product does.

Pure: no clock is read, and holidays come in as data (a `Calendar` is a value that travels with the onboarding).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """A value: never changed, only replaced; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Calendar(Frozen):
    """Working days and hours of one place, as a value: the dates are computed once and carried along."""

    time_zone: str = "UTC"
    country: str | None = None
    state: str | None = None
    workdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: dict[date, str] = Field(default_factory=dict)
    known_until: date = date.max
    opens: time = time(9)
    closes: time = time(17)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Pause(Frozen):
    """A stretch in which clocks stand still, from `start` (included) to `end` (not included)."""

    start: datetime
    end: datetime


class Elapsed(Frozen):
    """Hours as a stopwatch counts them, day and night."""

    kind: Literal["elapsed"] = "elapsed"
    hours: float


class BusinessDays(Frozen):
    """Whole business days: the clock runs only on them, and comes due at the same wall-clock time."""

    kind: Literal["business_days"] = "business_days"
    days: int


Duration = Annotated[Elapsed | BusinessDays, Field(discriminator="kind")]


def due(calendar: Calendar, start: datetime, duration: Duration, pauses: Sequence[Pause] = (), *, portion: float = 1.0) -> datetime:
    """The moment at which `portion` of `duration` has run from `start`, in the calendar's time zone."""
    raise NotImplementedError


def explain(calendar: Calendar, start: datetime, duration: Duration, pauses: Sequence[Pause] = ()) -> list[str]:
    """One line a day that the clock ran or stood still, and why."""
    raise NotImplementedError


def next_business_day(calendar: Calendar, moment: datetime, days: int = 1) -> datetime:
    raise NotImplementedError


def working_moment(calendar: Calendar, moment: datetime) -> datetime:
    """`moment` itself if it lies in working hours, otherwise the next opening."""
    raise NotImplementedError


def next_working_morning(calendar: Calendar, moment: datetime) -> datetime:
    """The opening of the first business day after the day of `moment`."""
    raise NotImplementedError
