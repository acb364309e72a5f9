"""Pausing reminders until a day, and resuming them; deadlines are not affected (DP14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from desk.service import Desk
from playbooks.calendar.wall_clock import instant
from practice_page.actions.base import Action, Outcome, send_command
from practice_page.actions.fields import InvalidAnswer, Values
from practice_page.overview import overview_of
from practice_page.visitor import Visitor
from templates.languages import WITH_YEAR, day, say

MAX_PAUSE = timedelta(days=180)


class PauseReminders(Action):
    name = "pause-reminders"

    def is_for(self, visitor: Visitor) -> bool:
        overview = overview_of(visitor)
        return super().is_for(visitor) and (overview.reminded or overview.quiet_until is not None)

    async def context(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        today = visitor.now.astimezone(visitor.zone).date()
        return {"first": today + timedelta(days=1), "last": today + MAX_PAUSE, "morning": _morning}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        today = visitor.now.astimezone(visitor.zone).date()
        first, last = (day(each, WITH_YEAR) for each in (today + timedelta(days=1), today + MAX_PAUSE))
        try:
            until = date.fromisoformat(given.get("until", "").strip())
        except ValueError:
            choose = say(
                "Choose the day until which we do not remind you: from %(first)s to %(last)s.", first=first, last=last
            )
            raise InvalidAnswer({"until": choose}) from None
        if not today < until <= today + MAX_PAUSE:
            raise InvalidAnswer({"until": say("Choose a day from %(first)s to %(last)s.", first=first, last=last)})
        return {"until": until.isoformat()}

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        until = _morning(visitor, values)
        await send_command(desk, visitor, "quiet", key, role=visitor.role, until=until)
        return Outcome(say("We do not remind you before %(day)s.", day=day(until.date(), WITH_YEAR)))


class RemindAgain(Action):
    name = "remind-again"

    def is_for(self, visitor: Visitor) -> bool:
        return super().is_for(visitor) and overview_of(visitor).quiet_until is not None

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        await send_command(desk, visitor, "quiet", key, role=visitor.role)
        return Outcome(say("We remind you again, at most once a day and in your working hours."))


def _morning(visitor: Visitor, values: Mapping[str, str]) -> datetime:
    """Returns the start of the chosen day in the practice's zone."""
    return instant(datetime.combine(date.fromisoformat(values["until"]), time()), visitor.zone)
