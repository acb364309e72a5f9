"""Formats times in the viewer's zone, as filters for templates.

    {{ row.due_at | when }}     Tue 24 Nov, 10:12 CST
    {{ row.due_at | day }}      Tue 24 Nov
    {{ row.due_at | ago }}      in 5 hours; 3 days ago
    {{ mail.sent_at | past }}   3 days ago; the day, if a practice's clock was moved and the page's was not
    {{ took | duration }}       5 hours 20 minutes

Each is a `<time>` with the exact time for programs and as a tooltip; None is a dash. Macros that use them must be
imported `with context`, because the zone and the clock are the page's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from desk.clock import AHEAD
from desk.explain import duration, exact_duration, time_left
from desk.labels import time_in
from playbooks.calendar.time_format import format_time

NOTHING = Markup("–")


@pass_context
def when(context: Context, moment: datetime | None) -> Markup:
    """Day and time, with the year if it is not this one."""
    return _time(context, moment)


@pass_context
def day(context: Context, moment: datetime | None) -> Markup:
    """The day only."""
    return _time(context, moment, day_only=True)


@pass_context
def ago(context: Context, moment: datetime | None) -> Markup:
    """The time from the page's `now`, before or after it."""
    if moment is None:
        return NOTHING
    length = moment - context["now"]
    ahead = length > timedelta()
    text = time_left(length) if ahead else duration(length)
    if text == "less than a minute":
        return _marked(context, moment, "now")
    return _marked(context, moment, f"in {text}" if ahead else f"{text} ago")


@pass_context
def past(context: Context, moment: datetime | None) -> Markup:
    """How long ago something happened; the day only, if that was on a clock ahead of the page's."""
    return day(context, moment) if moment and moment - context["now"] > AHEAD else ago(context, moment)


def length(value: timedelta | None) -> str | Markup:
    return NOTHING if value is None else exact_duration(value)


@pass_context
def detail(context: Context, value: object) -> object:
    """A value of a fact's payload; times, which are text there, are formatted."""
    at = time_in(value)
    return when(context, at) if at else value


FILTERS: dict[str, Any] = {
    "when": when,
    "day": day,
    "ago": ago,
    "past": past,
    "detail": detail,
    "duration": length,
}


def _time(context: Context, moment: datetime | None, *, day_only: bool = False) -> Markup:
    if moment is None:
        return NOTHING
    text = format_time(moment, context["zone"], context["now"])
    return _marked(context, moment, text.partition(",")[0] if day_only else text)


def _marked(context: Context, moment: datetime, text: str) -> Markup:
    there = moment.astimezone(context["zone"])
    title = f"{there:%A} {there.day} {there:%B %Y, %H:%M:%S %Z}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment.isoformat(), title, text)
