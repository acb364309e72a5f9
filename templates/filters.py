"""How values read in a mail: moments in the reader's zone, counts, lists. All of it is filters for the templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jinja2.runtime import Context
from jinja2.utils import pass_context
from markupsafe import Markup

NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@pass_context
def moment(context: Context, iso: str) -> str:
    """`Tuesday 3 March, 10:12 AM CST`: in the reader's zone, and with the year unless it is this one."""
    return f"{day(context, iso)}, {time(context, iso)}"


@pass_context
def time(context: Context, iso: str) -> str:
    """`10:12 AM CST`, in the reader's zone."""
    at = _local(context, iso)
    zone = at.tzname() or "UTC"
    if zone[0] in "+-":
        zone = f"UTC{zone}"
    return f"{at.hour % 12 or 12}:{at:%M} {'AM' if at.hour < 12 else 'PM'} {zone}"


@pass_context
def day(context: Context, iso: str) -> str:
    """`Tuesday 3 March`, in the reader's zone."""
    at = _local(context, iso)
    year = "" if at.year == _local(context, context["now"]).year else f" {at.year}"
    return f"{at:%A} {at.day} {at:%B}{year}"


@pass_context
def lateness(context: Context, iso: str) -> str:
    """How long ago that was, for a sentence to end with: `, 2 days ago`. Less than an hour is not worth saying."""
    late = datetime.fromisoformat(context["now"]) - datetime.fromisoformat(iso)
    if late < timedelta(hours=1):
        return ""
    if late < timedelta(days=1):
        return f", {counted(late // timedelta(hours=1), 'hour')} ago"
    return f", {counted(late // timedelta(days=1), 'day')} ago"


@pass_context
def passed(context: Context, iso: str) -> bool:
    """Whether that moment is over."""
    return datetime.fromisoformat(iso) <= datetime.fromisoformat(context["now"])


def _local(context: Context, iso: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(ZoneInfo(context["zone"]))


def squash(text: str) -> str:
    """On one line, with single spaces: line breaks of a template are none of the reader's."""
    flat = re.sub(r"\s+", " ", text).strip()
    return Markup(flat) if isinstance(text, Markup) else flat  # noqa: S704 - it was markup before


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def listed(parts: Iterable[str]) -> str:
    """`a, b and c`."""
    names = list(parts)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def named(rows: Iterable[Mapping[str, str]], names: Mapping[str, str]) -> list[str]:
    """Facts by the name that `names` has for them, else by their own title."""
    return [names.get(row["fact"], row["title"]) for row in rows]


def tallied(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """How many wait on each party, for a table."""
    return [(capital(row["party"]), grouped(row["count"])) for row in rows]


def counted(number: int, thing: str) -> str:
    """`1 mail`, `2 mails`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def grouped(number: int) -> str:
    """`12,500`."""
    return f"{number:,}"


def spelled(number: int) -> str:
    """`Two`, for the beginning of a sentence."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def dialled(number: str) -> str:
    """A phone number as a `tel:` link takes it."""
    return re.sub(r"[^\d+,;*#]", "", number)


FILTERS = {
    each.__name__: each
    for each in (
        moment,
        day,
        time,
        lateness,
        passed,
        squash,
        capital,
        listed,
        named,
        tallied,
        counted,
        grouped,
        spelled,
        dialled,
    )
}
