"""Parses the cells of a feed: text, ids, contacts, ages. A blank cell gives None."""

from __future__ import annotations

import re
from unicodedata import normalize

from pharmacy.feeds.encoding import LOST, is_encoded_twice
from pharmacy.feeds.spreadsheets import is_destroyed_id, is_error, is_scientific
from pharmacy.merge.contact import is_placeholder_email, is_placeholder_phone, restore_number
from pharmacy.merge.full_name import split_full_name

MAX_LENGTH = 500
"""Characters that a value may have; an id may have 64."""
MAX_ID_LENGTH = 64
MAX_AGE_YEARS = 120
UNKNOWN = frozenset({"unknown", "unk", "?", "??", "na", "not known", "no address", "address unknown", "tbd"})
"""Words of people for what they do not know."""
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_AGE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(years?|yrs?|y|months?|mos?|m|weeks?|wks?|w|days?|d)\b\.?", re.IGNORECASE)
_MONTHS_PER_UNIT = {"y": 12.0, "m": 1.0, "w": 12 / 52.18, "d": 12 / 365.25}
_USUAL_ID = re.compile(r"(?=.{1,64}$)[A-Za-z]{0,4}[0-9]+(?:-[0-9]+)*")
_NO_POSTCODES = frozenset({"00000", "99999"})
_TOTAL = re.compile(
    r"(?:grand |sub-?)?totals?\b.*|(?:record |row )?count\b.*|\(?\d+ (?:rows?|records?|clients|patients)\b.*|end of .*",
    re.IGNORECASE,
)


class InvalidValue(ValueError):
    """The value cannot be right; the message says why and continues a sentence that begins with its name."""


class DestroyedId(InvalidValue):
    """A spreadsheet made a number, a date or an error of an id."""

    def __init__(self) -> None:
        super().__init__("has an id that a spreadsheet destroyed: we cannot tell which it was")


def is_plain(text: str) -> bool:
    """Returns whether a text needs no cleaning: short, printable ASCII. Most cells are."""
    return len(text) <= MAX_LENGTH and text.isascii() and text.isprintable()


def clean_text(text: str, separator: str = " ") -> str | None:
    """Returns the text on one line, in NFC, without unprintable characters. Raises `InvalidValue`."""
    if is_plain(text):
        return text or None
    if len(text) > MAX_LENGTH:
        raise InvalidValue(f"is {len(text):,} letters long; {MAX_LENGTH} is the most")
    if LOST in text:
        raise InvalidValue("has letters that were lost when the file was written")
    if is_encoded_twice(text):
        raise InvalidValue("has letters that were encoded twice")
    lines = (" ".join(line.split()) for line in normalize("NFC", text).splitlines())
    text = separator.join(line for line in lines if line)
    text = "".join(letter for letter in text if letter.isprintable())
    return text.strip() or None


def parse_id(text: str) -> str | None:
    """Returns an id of the practice's. Raises `InvalidValue` for one that nobody has, or that was destroyed."""
    if _USUAL_ID.fullmatch(text):
        return text
    if is_error(text):
        raise DestroyedId
    id = clean_text(text)
    if id is None or not any(map(str.isalnum, id)):
        return None
    if len(id) > MAX_ID_LENGTH:
        raise InvalidValue(f"has an id of {len(id)} letters; an id has {MAX_ID_LENGTH} at most")
    if is_destroyed_id(id):
        raise DestroyedId
    if _TOTAL.fullmatch(id):
        raise InvalidValue("is a total or the end of a list, and nobody")
    return id


def parse_email(text: str) -> str | None:
    """Returns an e-mail address; None also for the many ways to say that there is none."""
    address = clean_text(text)
    if address is None or address.lower() in UNKNOWN:
        return None
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise InvalidValue("is not an e-mail address")
    if is_placeholder_email(address):
        raise InvalidValue("is typed where there is none")
    return address


def parse_phone(text: str) -> str | None:
    """Returns a telephone number as it was written. Raises `InvalidValue` for what people type who have none."""
    phone = restore_number(text) if "." in text or "E" in text else text
    if "+" in phone and is_scientific(phone):
        raise InvalidValue("was cut by a spreadsheet")
    if phone.lower() in UNKNOWN:
        return None
    if is_placeholder_phone(phone):
        raise InvalidValue("is typed where there is none")
    return clean_text(phone)


def parse_postcode(text: str) -> str | None:
    """Returns a postcode, without the `.0` of a spreadsheet."""
    if text.isdigit() and text not in _NO_POSTCODES:
        return text
    if is_scientific(text):
        raise InvalidValue("was cut by a spreadsheet")
    code = clean_text(text)
    if code is None or code in _NO_POSTCODES or code.lower() in UNKNOWN:
        return None
    return code[:-2] if code.endswith(".0") and code[:-2].isdigit() else code


def parse_age(text: str) -> int | None:
    """Returns an age in months, written in years (`3`, `3.5`) or with units (`3 years 2 months`, `10 weeks`)."""
    if text.lower() in UNKNOWN:
        return None
    try:
        months = float(text.replace(",", ".")) * 12
    except ValueError:
        parts = _AGE.findall(text)
        if not parts or _AGE.sub("", text).strip(" ,.and"):
            raise InvalidValue("is not an age; write it in years, as 3.5, or as 3 years 2 months") from None
        months = sum(float(number.replace(",", ".")) * _MONTHS_PER_UNIT[unit[0].lower()] for number, unit in parts)
    if not 0 <= months <= MAX_AGE_YEARS * 12:
        raise InvalidValue("is not a possible age for an animal")
    return int(months + 0.01)


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """Returns given name and surname of a whole name, such as `Lee, Ann` or `Ann Lee Jr.`."""
    if name is None:
        return None, None
    given, surname = split_full_name(name)
    return given or None, surname or None
