"""Recognizes what spreadsheets and databases write in place of a value, and what they make of ids and numbers."""

from __future__ import annotations

import re

_WORDS = (
    r"- -- --- ---- n/a n.a. n/d none (none) <none> null (null) <null> [null] {null} \n nil (nil) nan (nan) <na>",
    "undefined (blank) (empty) #n/a #nv",
)
BLANK_WORDS = {
    form for words in _WORDS for word in words.split() for form in (word, word.upper(), word.title(), word.capitalize())
} | {"NaN", "<NaN>", "<nan>", "not available", "Not Available", "NOT AVAILABLE"}
"""What programs write for no value, besides nothing."""
NAMES = frozenset({"Nan", "Nil", "Null", "NAN", "NIL"})
"""People and pets are called so; in their names they are no blank words."""

_ERROR = re.compile(r"#{3,}|#¡?[A-ZÄÖÜÉÇ][A-ZÄÖÜÉÇ0-9/_ ]*[!?]|#(?:GETTING_DATA|CONNECT|BUSY)|Err:\d{3}")
_FORMULA = re.compile(r"=\s*\"(.*)\"|='(.*)'", re.DOTALL)
_SCIENTIFIC = re.compile(r"-?\d+(?:[.,]\d+)?[eE]\+\d{1,3}|-?\d+[.,]\d+[eE]\d{1,3}")
_LIKE_DATE = re.compile(
    r"\d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:-\d{2,4})?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-\d{2,4}|\d{1,2}/\d{1,2}/\d{4}",
    re.IGNORECASE,
)
_CUT = re.compile(r"[1-9]\d{14}0+")
EXACT_DIGITS = 15
"""Digits that a spreadsheet keeps of a number; the others become zeros."""


def is_error(text: str) -> bool:
    """Returns whether this is an error of a spreadsheet, such as `#REF!` or `########`."""
    return bool(_ERROR.fullmatch(text))


def without_formula(text: str) -> str:
    """Returns the text in a formula such as `="02134"`, by which spreadsheets keep zeros; else the text as it is."""
    found = _FORMULA.fullmatch(text)
    return (found[1] if found[1] is not None else found[2]).replace('""', '"').strip() if found else text


def is_destroyed_id(text: str) -> bool:
    """Returns whether a spreadsheet made a number or a date of this id, so that nobody can tell which it was."""
    return bool(_SCIENTIFIC.fullmatch(text) or _LIKE_DATE.fullmatch(text))


def is_float_id(text: str) -> bool:
    """Returns whether an id ends in `.0`, because a program took it for a number."""
    return text.endswith(".0") and text[:-2].isdigit()


def is_cut_id(text: str) -> bool:
    """Returns whether a number has nothing but zeros after the digits that a spreadsheet keeps."""
    return bool(_CUT.fullmatch(text))


def is_scientific(text: str) -> bool:
    """Returns whether a number is written with an exponent, as `7.4E+09`."""
    return bool(_SCIENTIFIC.fullmatch(text))
