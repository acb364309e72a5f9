"""Reads numbers with a decimal point or a decimal comma, and says where they can be read in two ways."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Decimal = Literal[".", ","]
"""The mark before the decimals; the other one may stand between thousands."""

NUMBER = r"(?:\d+(?:[ \u00a0\u202f'’.,]\d+)*|[.,]\d+)"
_DECIMAL = re.compile(r"(\d*)[.,](\d+)")
_GROUPED = {
    ".": re.compile(r"(\d{1,3}(?:[,' \u00a0\u202f’]\d{3})+)(?:\.(\d+))?"),
    ",": re.compile(r"(\d{1,3}(?:[.' \u00a0\u202f’]\d{3})+)(?:,(\d+))?"),
}
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_NO_DIGIT = re.compile(r"\D")


class Readings(NamedTuple):
    """What a number may be, by its decimal mark; the same twice if there is no doubt."""

    point: float
    comma: float

    @property
    def is_certain(self) -> bool:
        return self.point == self.comma


def read_number(text: str) -> Readings | None:
    """Returns the readings of a number without a sign; None if it is none, as `12,34.5` or `1,23,456`."""
    if text.isdigit() and text.isascii():
        return Readings(float(text), float(text))
    if _AMBIGUOUS.fullmatch(text):
        whole, part = float(_NO_DIGIT.sub("", text)), float(text.replace(",", "."))
        return Readings(part, whole) if "." in text else Readings(whole, part)
    if found := _DECIMAL.fullmatch(text):
        number = float(f"{found[1] or 0}.{found[2]}")
        return Readings(number, number)
    for grouped in _GROUPED.values():
        if found := grouped.fullmatch(text):
            number = float(f"{_NO_DIGIT.sub('', found[1])}.{found[2] or 0}")
            return Readings(number, number)
    return None


def decimal_of(text: str) -> Decimal | None:
    """Returns the decimal mark that this number proves by its form: `12.5`, `0,850`, `1.234,5` or `1,234,567`."""
    marks = [letter for letter in text if letter in ".,"]
    if not marks or _AMBIGUOUS.fullmatch(text) or read_number(text) is None:
        return None
    last: Decimal = "." if marks[-1] == "." else ","
    if len(marks) > 1 and len(set(marks)) == 1:
        return "," if last == "." else "."
    return last
