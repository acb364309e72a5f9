"""Parses whether an animal is deceased, and since when, from all the columns that say so."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from pharmacy.feeds.dates import DateOrder, NoDate, parse_date, without_words
from pharmacy.feeds.values import UNKNOWN, InvalidValue

_DEAD = frozenset({"deceased", "dead", "died", "euthanized", "euthanised", "euthanasia"})
_DEAD_TEXTS = _DEAD | {"pts", "put to sleep", "passed away"}
_WORD = re.compile(r"[a-z]+")
_ALIVE = frozenset({"alive", "living", "active"})
_YES = _DEAD_TEXTS | {"passed", "expired", "rip", "yes", "y", "true", "t", "1", "1.0", "-1"}
_NO = _ALIVE | {"no", "n", "false", "f", "0", "0.0", "live", "current", "not deceased"}


@lru_cache(10_000)
def parse_deceased(text: str, today: date, order: DateOrder | None) -> tuple[bool | None, date | None]:
    """Returns whether an animal is deceased, and since when if the cell has a date instead of yes or no, or with it."""
    plain = text.strip(" .!").lower()
    if plain in _NO:
        return False, None
    if plain in UNKNOWN:
        return None, None
    if plain in _YES:
        return True, None
    when = without_words(text)
    words = text[: len(text) - len(when)].lower().strip(" :,(-").removesuffix(" on").strip()
    if words and words not in _YES:
        raise InvalidValue("is neither yes nor no")
    try:
        return True, parse_date(when.rstrip(")"), today, order)
    except NoDate:
        raise InvalidValue("is neither yes nor no") from None


def parse_status(text: str) -> bool | None:
    """Returns whether a patient's status says that it is deceased; None if it says something else."""
    plain = text.strip(" .!").lower()
    words = set(_WORD.findall(plain))
    if plain in _DEAD_TEXTS or (words & _DEAD and "not" not in words):
        return True
    return False if plain in _ALIVE else None
