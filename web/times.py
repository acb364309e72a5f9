"""Times as people read them, in the viewer's zone; templates use these as filters.

    {{ row.due_at | when }}     Tue 24 Nov, 10:12 CST
    {{ row.due_at | day }}      Tue 24 Nov
    {{ row.due_at | ago }}      in 5 hours; 3 days ago
    {{ mail.sent_at | past }}   3 days ago; the day, if a practice's clock was moved and the page's was not
    {{ took | duration }}      5 hours
    {{ line.by | who }}        ana; automatic

Each is a `<time>` that tells the exact time to programs and on hovering. None is a dash. A template with macros of
its own imports them `with context`, as the zone and the clock are the page's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from desk.clock import AHEAD
from desk.explain import duration
from desk.labels import time_in, who
from playbooks.calendar.time_format import format_time

NOTHING = Markup("–")


@pass_context
def when(context: Context, moment: datetime | None) -> Markup:
    """Day and time of day; the year if it is not this one."""
    return _time(context, moment)


@pass_context
def day(context: Context, moment: datetime | None) -> Markup:
    """The day alone."""
    return _time(context, moment, day_alone=True)


@pass_context
def ago(context: Context, moment: datetime | None) -> Markup:
    """How long it is from the page's `now`, before or after it."""
    if moment is None:
        return NOTHING
    length = moment - context["now"]
    said = duration(length)
    if said == "less than a minute":
        return _marked(context, moment, "now")
    return _marked(context, moment, f"in {said}" if length > timedelta() else f"{said} ago")


@pass_context
def past(context: Context, moment: datetime | None) -> Markup:
    """How long ago something happened; the day alone where that was on a clock ahead of the page's."""
    return day(context, moment) if moment and moment - context["now"] > AHEAD else ago(context, moment)


def length(value: timedelta | None) -> str | Markup:
    """About how long, in one unit."""
    return NOTHING if value is None else duration(value)


@pass_context
def detail(context: Context, value: object) -> object:
    """What a fact's details say: a time, which they hold as text, is told as other times are."""
    at = time_in(value)
    return when(context, at) if at else value


FILTERS: dict[str, Any] = {
    "when": when,
    "day": day,
    "ago": ago,
    "past": past,
    "detail": detail,
    "duration": length,
    "who": who,
}


def _time(context: Context, moment: datetime | None, *, day_alone: bool = False) -> Markup:
    if moment is None:
        return NOTHING
    shown = format_time(moment, context["zone"], context["now"])
    return _marked(context, moment, shown.partition(",")[0] if day_alone else shown)


def _marked(context: Context, moment: datetime, text: str) -> Markup:
    there = moment.astimezone(context["zone"])
    title = f"{there:%A} {there.day} {there:%B %Y, %H:%M:%S %Z}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment.isoformat(), title, text)
