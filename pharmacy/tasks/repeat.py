"""On which day a repeated task is due again: recurrence rules of RFC 5545, by whole days.

dateutil finds the days. It accepts rules without any day, for which it looks until the year 9999, so each part of a
rule is checked first. COUNT is how often the task is still done; it is counted here, one less for each next task.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from dateutil.rrule import rrulestr

from playbooks.engine.fields import YEARS

LONGEST = 300
HORIZON: Final = timedelta(days=3660)
"""The next day is at most so far away: 29 February may be eight years away."""
MOST: Final = 1000
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_DAY = re.compile(r"([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[1-9]\d{0,3}")
_CYCLE: Final = 400
"""The calendar repeats itself after so many years, weekdays too."""


class InvalidRepeat(ValueError):
    """A rule by which no task can be repeated; the message is a sentence that says why."""


def check_repeat(text: str, due_on: date) -> str:
    """Returns the rule as it is stored. Raises `InvalidRepeat` also if it has no day after `due_on`."""
    parts = _parts(text)
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    if parts.get("COUNT") != "1" and _next(parts, due_on, due_on) is None:
        raise InvalidRepeat(f"The rule {rule} has no day in the ten years after {due_on}, or ends before it.")
    return rule


def next_due(rule: str, due_on: date, today: date) -> tuple[date, str] | None:
    """Returns when a task that is done `today` is due again, and the rule from then on; None if it is over.

    Days that have passed in the meantime are left out.
    """
    parts = _parts(rule)
    if "COUNT" in parts:
        if parts["COUNT"] == "1":
            return None
        parts["COUNT"] = str(int(parts["COUNT"]) - 1)
    found = _next(parts, due_on, max(due_on, today - timedelta(days=1)))
    return (found, ";".join(f"{name}={value}" for name, value in parts.items())) if found else None


def _next(parts: Mapping[str, str], due_on: date, after: date) -> date | None:
    """Returns the first day after `after` of the rule that begins on `due_on`."""
    # dateutil ends its search with the year 9999: close to it, a rule without any day costs little.
    years = (9999 - after.year) // _CYCLE * _CYCLE
    begin = datetime(due_on.year + years, due_on.month, due_on.day, tzinfo=UTC)
    rule = ";".join(f"{name}={value}" for name, value in parts.items() if name not in ("COUNT", "UNTIL"))
    late = rrulestr(rule, dtstart=begin).after(datetime(after.year + years, after.month, after.day, tzinfo=UTC))
    if late is None:
        return None
    found = date(late.year - years, late.month, late.day)
    until = _day(parts["UNTIL"]) if "UNTIL" in parts else date.max
    return found if found <= until and found - after <= HORIZON else None


def _parts(text: str) -> dict[str, str]:
    """Returns the parts of a rule, in capitals. Raises `InvalidRepeat`."""
    if len(text) > LONGEST:
        raise InvalidRepeat(f"A repeat rule has at most {LONGEST} characters.")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").removesuffix(";").split(";"):
        name, _, value = part.partition("=")
        if name in parts:
            raise InvalidRepeat(f"A repeat rule has {name} once.")
        if name not in _CHECKS:
            raise InvalidRepeat(
                f"'{part[:40]}' is not part of a repeat rule: write a rule by RFC 5545, for example"
                " FREQ=WEEKLY;BYDAY=MO or FREQ=MONTHLY;BYMONTHDAY=15, or leave it empty."
            )
        if problem := _CHECKS[name](value):
            raise InvalidRepeat(f"{name} {problem}, not '{value[:40]}'.")
        parts[name] = value
    if "FREQ" not in parts:
        raise InvalidRepeat(f"A repeat rule says FREQ, one of {', '.join(FREQUENCIES)}.")
    if {"COUNT", "UNTIL"} <= set(parts):
        raise InvalidRepeat("A repeat rule has COUNT or UNTIL, not both.")
    _check_together(parts)
    return parts


def _check_together(parts: Mapping[str, str]) -> None:
    frequency = parts["FREQ"]
    if frequency in ("DAILY", "WEEKLY") and (extra := {"BYMONTH", "BYMONTHDAY", "BYSETPOS"} & set(parts)):
        raise InvalidRepeat(f"{min(extra)} goes with FREQ=MONTHLY or FREQ=YEARLY, not with {frequency}.")
    numbered = any(day[0] not in "MTWFS" for day in parts.get("BYDAY", "MO").split(","))
    if numbered and (frequency in ("DAILY", "WEEKLY")):
        raise InvalidRepeat("A numbered day like 2MO goes with FREQ=MONTHLY or FREQ=YEARLY.")
    if "BYSETPOS" in parts and not {"BYDAY", "BYMONTHDAY"} & set(parts):
        raise InvalidRepeat("BYSETPOS chooses among days: give BYDAY or BYMONTHDAY too.")


def _frequency(value: str) -> str | None:
    return None if value in FREQUENCIES else f"is one of {', '.join(FREQUENCIES)}: tasks are repeated by whole days"


def _days(value: str) -> str | None:
    fine = all(_DAY.fullmatch(day) for day in value.split(","))
    return None if fine else "lists days as MO,WE or 2MO (the second Monday) or -1FR (the last Friday)"


def _until(value: str) -> str | None:
    try:
        _day(value)
    except ValueError:
        return "is a day like 20271231, without a time"
    return None


def _day(value: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", value):
        raise ValueError(value)
    return date(int(value[:4]), int(value[4:6]), int(value[6:]))


def _week_begin(value: str) -> str | None:
    return None if value in ("MO", "SU") else "is MO or SU"


def _numbers(least: int, most: int, *, several: bool = True) -> Callable[[str], str | None]:
    """Returns a check for whole numbers; those below zero count from the end."""

    def check(value: str) -> str | None:
        each = value.split(",") if several else [value]
        if all(_NUMBER.fullmatch(one) and least <= int(one) <= most for one in each):
            return None
        kind = "is a whole number" if not several else "lists whole numbers"
        return f"{kind} from {least} to {most}{', without 0' if least < 0 else ''}"

    return check


_CHECKS: dict[str, Callable[[str], str | None]] = {
    "FREQ": _frequency,
    "INTERVAL": _numbers(1, MOST, several=False),
    "COUNT": _numbers(1, MOST, several=False),
    "UNTIL": _until,
    "BYDAY": _days,
    "BYMONTHDAY": _numbers(-31, 31),
    "BYMONTH": _numbers(1, 12),
    "BYSETPOS": _numbers(-31, 31),
    "WKST": _week_begin,
}


def check_due(due_on: date) -> date:
    """Raises `ValueError` for a mistyped year."""
    if due_on.year not in YEARS:
        raise ValueError(f"must lie in the years {YEARS[0]} to {YEARS[-1]}")
    return due_on
