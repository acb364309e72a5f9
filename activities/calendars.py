"""The holidays of the next two years, computed outside the workflow and recorded in it."""

from __future__ import annotations

import asyncio

from temporalio import activity

from partners.holidays import calendar_for
from playbooks.calendar.values import Calendar
from workflows.contracts import Calendars, Places


@activity.defn(name="compute_calendars")
async def compute_calendars(places: Places) -> Calendars:
    """Both calendars anew, from the given day on."""

    # The first call imports the library, a fifth of a second in which the other activities go on.
    return await asyncio.to_thread(_compute, places)


def _compute(places: Places) -> Calendars:
    def anew(calendar: Calendar) -> Calendar:
        known = calendar_for(calendar.time_zone, calendar.country, calendar.state, first_day=places.first_day.date())
        return calendar.model_copy(update={"holidays": known.holidays, "known_until": known.known_until})

    return Calendars(team=anew(places.team), practice=anew(places.practice))
