"""Computes the holidays of the next two years, outside the workflow, which records the result."""

from __future__ import annotations

import asyncio

from temporalio import activity

from partners.holidays import calendar_for
from playbooks.calendar.values import Calendar
from workflows.contracts import Calendars, Places


@activity.defn(name="compute_calendars")
async def compute_calendars(places: Places) -> Calendars:
    """Refreshes both calendars, from the given day on."""

    # In a thread: the first call imports the library, which takes a fifth of a second.
    return await asyncio.to_thread(_compute, places)


def _compute(places: Places) -> Calendars:
    def refresh(calendar: Calendar) -> Calendar:
        latest = calendar_for(calendar.time_zone, calendar.country, calendar.state, first_day=places.first_day.date())
        found = {name: getattr(latest, name) for name in ("workdays", "holidays", "known_until")}
        return calendar.model_copy(update=found)

    return Calendars(team=refresh(places.team), practice=refresh(places.practice))
