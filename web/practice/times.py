"""Formats times as mails do, in the practice's zone and the reader's language, for pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_time
from markupsafe import Markup

from playbooks.calendar.time_format import zone_name
from templates.languages import FORMATS, WITH_YEAR, YEARLESS, day, language, marked, ngettext, say


@dataclass(frozen=True)
class Clock:
    """`now` and the reader's zone. The year is added if it is not this one."""

    zone: ZoneInfo
    now: datetime

    def moment(self, at: datetime) -> Markup:
        """`Tuesday 3 March, 10:12 AM CST`."""
        local = at.astimezone(self.zone)
        # By hand for the zone: Babel does not know its short name in every language.
        time = format_time(local.time(), say("h:mm a"), locale=FORMATS[language()])
        return self._marked(at, f"{self._day(at)}, {time} {zone_name(local)}")

    def day(self, at: datetime) -> Markup:
        """`Tuesday 3 March`."""
        return self._marked(at, self._day(at))

    def zone_name(self) -> str:
        """`CST (America/Chicago)`."""
        return f"{zone_name(self.now.astimezone(self.zone))} ({self.zone.key})"

    def ago(self, at: datetime) -> str:
        """`3 days ago`, or `just now`; in one unit, of which there are at least two, as `desk.explain.duration`."""
        minutes = int((self.now - at).total_seconds() // 60)
        if minutes < 1:
            return say("just now")
        if minutes >= 2 * 24 * 60:
            count = minutes // (24 * 60)
            return ngettext("%(count)s day ago", "%(count)s days ago", count) % {"count": count}
        if minutes >= 2 * 60:
            count = minutes // 60
            return ngettext("%(count)s hour ago", "%(count)s hours ago", count) % {"count": count}
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": minutes}

    def amount(self, text: str) -> str:
        """An allowance as the engine writes it, such as `48 hours`, `1 business day` or `one week`."""
        found = re.fullmatch(r"(\d+) (business day|hour|week)s?", text)
        if found is None:
            return say(text)
        count = int(found[1])
        words = {
            "business day": ngettext("%(count)s business day", "%(count)s business days", count),
            "hour": ngettext("%(count)s hour", "%(count)s hours", count),
            "week": ngettext("%(count)s week", "%(count)s weeks", count),
        }
        return words[found[2]] % {"count": count}

    def _day(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        return day(local.date(), YEARLESS if local.year == self.now.astimezone(self.zone).year else WITH_YEAR)

    def _marked(self, at: datetime, text: str) -> Markup:
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), text)


SPELLED = (marked("one week"), marked("two weeks"))
"""Allowances that the engine spells out."""
