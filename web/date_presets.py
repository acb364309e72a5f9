"""Presets of inputs for dates and times, as filters for templates.

    {{ detail.practice | later }}     working mornings where a practice is; {{ team_place | later }} where the team is
    {{ now | earlier }}               times that have passed

Each is a list of pairs: what it is called, and the value of an input, by the viewer's clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

from desk import date_presets
from partners.holidays import UnknownPlace, calendar_for
from playbooks.calendar.values import Calendar
from playbooks.engine.onboarding import Practice


@dataclass(frozen=True)
class Place:
    """Where the team is; a practice says the same of itself."""

    time_zone: str
    country: str | None
    state: str | None


@pass_context
def later(context: Context, place: Place | Practice, since: datetime | None = None) -> list[tuple[str, str]]:
    """`since` is a deadline that is to be moved, if it has not passed."""
    now, zone = context["now"], context["zone"]
    if since and since > now:
        return later_values(place, since, zone, is_deadline=True)
    return later_values(place, now, zone)


@pass_context
def earlier(context: Context, now: datetime) -> list[tuple[str, str]]:
    return _typed(date_presets.earlier(now, context["zone"]), context["zone"])


FILTERS: dict[str, Any] = {"later": later, "earlier": earlier}


def later_values(
    place: Place | Practice, begin: datetime, zone: ZoneInfo, *, is_deadline: bool = False
) -> list[tuple[str, str]]:
    try:
        calendar = _calendar(place.time_zone, place.country, place.state, begin.date())
    except UnknownPlace:
        # What was right when the practice was started may not be with a newer library.
        return []
    return _typed(date_presets.later(begin, calendar, is_deadline=is_deadline), zone)


def _typed(presets: list[date_presets.Preset], zone: ZoneInfo) -> list[tuple[str, str]]:
    return [(title, f"{at.astimezone(zone):%Y-%m-%dT%H:%M}") for title, at in presets]


@lru_cache(maxsize=256)
def _calendar(time_zone: str, country: str | None, state: str | None, first_day: date) -> Calendar:
    return calendar_for(time_zone, country, state, first_day=first_day, years=1)
