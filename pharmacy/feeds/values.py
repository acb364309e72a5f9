"""What stands in a cell: text, dates, ages, yes and no. What cannot be is a `Wrong`, with the reason in words."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from unicodedata import normalize

LONGEST = 500
"""Letters that a value may have, or 64 if it is an id."""
LONGEST_ID = 64
OLDEST_YEARS = 120

_NOTHING = frozenset({"", "-", "n/a", "na", "none", "null", "unknown", "?"})
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_AGE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(years?|yrs?|y|months?|mos?|m|weeks?|wks?|w|days?|d)\b\.?", re.IGNORECASE)
_MONTHS = {"y": 12.0, "m": 1.0, "w": 12 / 52.18, "d": 12 / 365.25}
_YES = frozenset({"yes", "y", "true", "t", "1", "deceased", "dead"})
_NO = frozenset({"no", "n", "false", "f", "0", "alive", "active"})


class Wrong(ValueError):
    """The value cannot be; `str(wrong)` says why."""


def is_plain(text: str) -> bool:
    """Whether nothing has to be looked at: short, and all of it letters that everybody has. Most cells are."""
    return len(text) <= LONGEST and text.isascii() and text.isprintable()


def words(text: str, between: str = " ") -> str | None:
    """The text as it is written, on one line, composed (NFC) and without what cannot be shown; None for nothing."""
    if not text:
        return None
    if len(text) > LONGEST:
        text = text.strip()
        if len(text) > LONGEST:
            raise Wrong(f"is {len(text):,} letters long; {LONGEST} is the most")
    if not (text.isascii() and text.isprintable()):
        lines = (" ".join(line.split()) for line in normalize("NFC", text).splitlines())
        text = between.join(line for line in lines if line)
        text = "".join(letter for letter in text if letter.isprintable())
    return text.strip() or None


def identity(text: str) -> str | None:
    """An id of the practice's own. Raises `Wrong` if it is too long to be one."""
    found = words(text)
    if found is not None and len(found) > LONGEST_ID:
        raise Wrong(f"has {len(found)} letters; an id has {LONGEST_ID} at most")
    return found


def email(text: str) -> str | None:
    """An address, or None for the many ways to say that there is none."""
    found = words(text)
    if found is None or found.lower() in _NOTHING:
        return None
    if len(found) > 254 or not _EMAIL.fullmatch(found):
        raise Wrong("is no e-mail address")
    return found


def day(text: str, today: date) -> date | None:
    """A day as 2021-05-31 or, as it is written in the United States, 5/31/2021; never in the future."""
    text = text.strip()
    if not text or text.lower() in _NOTHING:
        return None
    try:
        if "/" in text and (found := _US_DATE.match(text)):
            when = date(int(found[3]), int(found[1]), int(found[2]))
        else:
            when = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text).date()
    except ValueError:
        raise Wrong("is no date; write it as 2021-05-31") from None
    # The practice may be a day ahead of us.
    if when > today + timedelta(days=1):
        raise Wrong("lies in the future")
    if when.year < today.year - OLDEST_YEARS:
        raise Wrong(f"is more than {OLDEST_YEARS} years ago")
    return when


def age(text: str) -> int | None:
    """Months, from years (`3`, `3.5`) or words (`3 years 2 months`, `10 weeks`)."""
    text = text.strip()
    if not text or text.lower() in _NOTHING:
        return None
    try:
        months = float(text.replace(",", ".")) * 12
    except ValueError:
        parts = _AGE.findall(text)
        if not parts or _AGE.sub("", text).strip(" ,.and"):
            raise Wrong("is no age; write it in years, as 3.5, or as 3 years 2 months") from None
        months = sum(float(number.replace(",", ".")) * _MONTHS[unit[0].lower()] for number, unit in parts)
    if not 0 <= months <= OLDEST_YEARS * 12:
        raise Wrong("is no age that an animal has")
    return int(months + 0.01)


def yes(text: str, today: date) -> tuple[bool | None, date | None]:
    """Whether, and since when if a day is given instead of yes or no."""
    plain = text.strip().lower()
    if plain in _NO:
        return False, None
    if not plain or plain in _NOTHING:
        return None, None
    if plain in _YES:
        return True, None
    try:
        return True, day(text, today)
    except Wrong as wrong:
        reason = "is neither yes nor no" if "no date" in str(wrong) else str(wrong)
        raise Wrong(reason) from None


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """A name written in one cell, as given name and surname: `Lee, Ann` and `Ann Lee` alike; one word is a given
    name."""
    if name is None:
        return None, None
    surname, comma, given = name.partition(",")
    if comma and given.strip():
        return given.strip(), surname.strip() or None
    given, _, surname = name.rpartition(" ")
    return (given.strip(), surname) if given else (name, None)
