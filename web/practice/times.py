"""Formats times as mails do, in the practice's zone, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from desk.explain import duration


@dataclass(frozen=True)
class Clock:
    """`now` and the reader's zone. The year is added if it is not this one."""

    zone: ZoneInfo
    now: datetime

    def moment(self, at: datetime) -> Markup:
        """`Tuesday 3 March, 10:12 AM CST`."""
        there = at.astimezone(self.zone)
        name = there.tzname() or "UTC"
        half = "AM" if there.hour < 12 else "PM"
        time = f"{there.hour % 12 or 12}:{there:%M} {half} {f'UTC{name}' if name[0] in '+-' else name}"
        return self._marked(at, f"{self._day(there)}, {time}")

    def day(self, at: datetime) -> Markup:
        """`Tuesday 3 March`."""
        return self._marked(at, self._day(at.astimezone(self.zone)))

    def zone_name(self) -> str:
        """`CST (America/Chicago)`."""
        name = self.now.astimezone(self.zone).tzname() or "UTC"
        return f"{f'UTC{name}' if name[0] in '+-' else name} ({self.zone.key})"

    def since(self, at: datetime) -> str:
        """`for 3 days`, or `just now`."""
        return f"for {duration(self.now - at)}" if self.now - at >= timedelta(minutes=1) else "just now"

    def _day(self, there: datetime) -> str:
        year = "" if there.year == self.now.astimezone(self.zone).year else f" {there.year}"
        return f"{there:%A} {there.day} {there:%B}{year}"

    def _marked(self, at: datetime, text: str) -> Markup:
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), text)
