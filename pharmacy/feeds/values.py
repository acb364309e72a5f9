"""Parses the cells of a feed: text, dates, ages, yes and no. Blank cells give None."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from unicodedata import normalize

from pharmacy.merge.person_name import split_full_name

MAX_LENGTH = 500
"""Characters that a value may have; an id may have 64."""
MAX_ID_LENGTH = 64
MAX_AGE_YEARS = 120
_BLANKS = frozenset({"", "-", "n/a", "na", "none", "null", "unknown", "?"})
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_AGE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(years?|yrs?|y|months?|mos?|m|weeks?|wks?|w|days?|d)\b\.?", re.IGNORECASE)
_MONTHS_PER_UNIT = {"y": 12.0, "m": 1.0, "w": 12 / 52.18, "d": 12 / 365.25}
_YES = frozenset({"yes", "y", "true", "t", "1", "deceased", "dead"})
_NO = frozenset({"no", "n", "false", "f", "0", "alive", "active"})


class InvalidValue(ValueError):
    """The value cannot be right; the message says why and continues a sentence that begins with its name."""


class NoDate(InvalidValue):
    """The value is no date at all."""


def is_plain(text: str) -> bool:
    """Returns whether a text needs no cleaning: short, printable ASCII. Most cells are."""
    return len(text) <= MAX_LENGTH and text.isascii() and text.isprintable()


def clean_text(text: str, separator: str = " ") -> str | None:
    """Returns the text on one line, in NFC, without unprintable characters. Raises `InvalidValue` if it is too long."""
    if not text:
        return None
    if len(text) > MAX_LENGTH:
        text = text.strip()
        if len(text) > MAX_LENGTH:
            raise InvalidValue(f"is {len(text):,} letters long; {MAX_LENGTH} is the most")
    if not (text.isascii() and text.isprintable()):
        lines = (" ".join(line.split()) for line in normalize("NFC", text).splitlines())
        text = separator.join(line for line in lines if line)
        text = "".join(letter for letter in text if letter.isprintable())
    return text.strip() or None


def parse_id(text: str) -> str | None:
    """Returns an id of the practice's. Raises `InvalidValue` if it is too long."""
    id = clean_text(text)
    if id is not None and len(id) > MAX_ID_LENGTH:
        raise InvalidValue(f"has {len(id)} letters; an id has {MAX_ID_LENGTH} at most")
    return id


def parse_email(text: str) -> str | None:
    """Returns an e-mail address; None also for the many ways to say that there is none."""
    address = clean_text(text)
    if address is None or address.lower() in _BLANKS:
        return None
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise InvalidValue("is no e-mail address")
    return address


def parse_date(text: str, today: date) -> date | None:
    """Returns a date written as 2021-05-31, or the American way as 5/31/2021. It must not be in the future."""
    text = text.strip()
    if not text or text.lower() in _BLANKS:
        return None
    try:
        if "/" in text and (parts := _US_DATE.match(text)):
            when = date(int(parts[3]), int(parts[1]), int(parts[2]))
        else:
            when = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text).date()
    except ValueError:
        raise NoDate("is no date; write it as 2021-05-31") from None
    # The practice may be a day ahead of us.
    if when > today + timedelta(days=1):
        raise InvalidValue("lies in the future")
    if when.year < today.year - MAX_AGE_YEARS:
        raise InvalidValue(f"is more than {MAX_AGE_YEARS} years ago")
    return when


def parse_age(text: str) -> int | None:
    """Returns an age in months, written in years (`3`, `3.5`) or with units (`3 years 2 months`, `10 weeks`)."""
    text = text.strip()
    if not text or text.lower() in _BLANKS:
        return None
    try:
        months = float(text.replace(",", ".")) * 12
    except ValueError:
        parts = _AGE.findall(text)
        if not parts or _AGE.sub("", text).strip(" ,.and"):
            raise InvalidValue("is no age; write it in years, as 3.5, or as 3 years 2 months") from None
        months = sum(float(number.replace(",", ".")) * _MONTHS_PER_UNIT[unit[0].lower()] for number, unit in parts)
    if not 0 <= months <= MAX_AGE_YEARS * 12:
        raise InvalidValue("is no age that an animal has")
    return int(months + 0.01)


def parse_deceased(text: str, today: date) -> tuple[bool | None, date | None]:
    """Returns whether an animal is deceased, and since when if the cell has a date instead of yes or no."""
    plain = text.strip().lower()
    if plain in _NO:
        return False, None
    if not plain or plain in _BLANKS:
        return None, None
    if plain in _YES:
        return True, None
    try:
        return True, parse_date(text, today)
    except NoDate:
        raise InvalidValue("is neither yes nor no") from None


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """Returns given name and surname of a whole name, such as `Lee, Ann` or `Ann Lee Jr.`."""
    if name is None:
        return None, None
    given, surname = split_full_name(name)
    return given or None, surname or None
