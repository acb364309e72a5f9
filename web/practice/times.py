"""Formats times as mails do, in the practice's zone, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from desk.explain import duration
from playbooks.calendar.time_format import contact_day, contact_time, zone_name


@dataclass(frozen=True)
class Clock:
    """`now` and the reader's zone. The year is added if it is not this one."""

    zone: ZoneInfo
    now: datetime

    def moment(self, at: datetime) -> Markup:
        """`Tuesday 3 March, 10:12 AM CST`."""
        return self._marked(at, f"{contact_day(at, self.zone, self.now)}, {contact_time(at, self.zone)}")

    def day(self, at: datetime) -> Markup:
        """`Tuesday 3 March`."""
        return self._marked(at, contact_day(at, self.zone, self.now))

    def zone_name(self) -> str:
        """`CST (America/Chicago)`."""
        return f"{zone_name(self.now.astimezone(self.zone))} ({self.zone.key})"

    def ago(self, at: datetime) -> str:
        """`3 days ago`, or `just now`."""
        return f"{duration(self.now - at)} ago" if self.now - at >= timedelta(minutes=1) else "just now"

    def _marked(self, at: datetime, text: str) -> Markup:
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), text)
