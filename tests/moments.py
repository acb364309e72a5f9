"""Times and pauses as tests of calendars write them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from playbooks.calendar.values import Pause

CHICAGO = ZoneInfo("America/Chicago")


def at(text: str, zone: ZoneInfo = CHICAGO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def pause(start: str, end: str) -> Pause:
    return Pause(start=at(start), end=at(end))
