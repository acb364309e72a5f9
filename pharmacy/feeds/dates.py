"""Parses dates. Which of two numbers is the day must be proven by the column."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from pharmacy.feeds.values import MAX_AGE_YEARS, InvalidValue

DateOrder = Literal["day", "month"]
"""What stands first in a date such as 03/08/2020."""

_TIME = r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]\.?m\.?)?)?"
_NUMBERS = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.IGNORECASE)
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.IGNORECASE)
_DAY_AND_NAME = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[-. /]*([a-z]{{3,9}})[-., /]*(\d{{4}}){_TIME}", re.IGNORECASE)
_NAME_AND_DAY = re.compile(rf"([a-z]{{3,9}})[-. ]*(\d{{1,2}})(?:st|nd|rd|th)?,?[- ]+(\d{{4}}){_TIME}", re.IGNORECASE)
_SERIAL = re.compile(r"[1-6]\d{4}(?:\.\d+)?")
_SHORT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|\d{1,2}[- ][a-z]{3}[- ]\d{2}", re.IGNORECASE)
_WORDS_BEFORE = re.compile(r"[a-z ]+[a-z:,(-]* +(?=\d)", re.IGNORECASE)
_MONTHS = (
    ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
    ("july", "jul"), ("august", "aug"), ("september", "sept", "sep"), ("october", "oct"), ("november", "nov"),
    ("december", "dec"),
)  # fmt: skip


class NoDate(InvalidValue):
    """The value is no date at all."""


@lru_cache(10_000)
def order_of(text: str) -> DateOrder | None:
    """Returns what stands first in this date, if its numbers prove it."""
    found = _NUMBERS.fullmatch(text)
    if not found:
        return None
    first, second = int(found[1]), int(found[3])
    if first > 12 >= second > 0:
        return "day" if first <= 31 else None
    return "month" if second > 12 >= first > 0 and second <= 31 else None


def without_words(text: str) -> str:
    """Returns the date in `Deceased 3/4/2024` or `died on 2024-03-04`."""
    return _WORDS_BEFORE.sub("", text)


@lru_cache(10_000)
def parse_date(text: str, today: date, order: DateOrder | None) -> date:
    """Returns a date of any usual form with a year of four digits. It must not be in the future.

    `order` is what stands first in the dates of this column, None if nothing proves it. Raises `InvalidValue`.
    """
    when = _read(text, order)
    # The practice may be a day ahead of us.
    if when > today + timedelta(days=1):
        raise InvalidValue("lies in the future")
    if when.year < today.year - MAX_AGE_YEARS:
        raise InvalidValue(f"is more than {MAX_AGE_YEARS} years ago")
    return when


def _read(text: str, order: DateOrder | None) -> date:
    try:
        if len(text) == 10 and text[4] == "-":
            return date.fromisoformat(text)
        if found := _NUMBERS.fullmatch(text):
            first, second, year = int(found[1]), int(found[3]), int(found[4])
            order = order_of(text) or order
            if order is None and first != second:
                raise InvalidValue("may be day or month first; write it as 2021-05-31")
            return date(year, first, second) if order == "month" else date(year, second, first)
        if found := _YEAR_FIRST.fullmatch(text):
            return date(int(found[1]), int(found[3]), int(found[4]))
        if found := _DAY_AND_NAME.fullmatch(text):
            return date(int(found[3]), _month(found[2]), int(found[1]))
        if found := _NAME_AND_DAY.fullmatch(text):
            return date(int(found[3]), _month(found[1]), int(found[2]))
        return datetime.fromisoformat(text).date()
    except InvalidValue:
        raise
    except ValueError:
        if _SERIAL.fullmatch(text):
            raise NoDate("is a spreadsheet's number of a day; write it as 2021-05-31") from None
        if _SHORT_YEAR.fullmatch(text):
            raise NoDate("has a year of two digits; write it as 2021-05-31") from None
        raise NoDate("is not a date; write it as 2021-05-31") from None


def _month(name: str) -> int:
    return next((number for number, names in enumerate(_MONTHS, start=1) if name.lower() in names), 0)
