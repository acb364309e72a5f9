"""Telephone numbers as people type them, however they are written, alone or among other words of a search."""

from __future__ import annotations

import re

FEWEST = 5
"""Digits of the shortest telephone number in any country."""
SHORTEST = 7
"""Digits from the end by which a number is known, with or without what is dialled before them."""
LONGEST = 10
"""Digits from the end that have to agree, where both numbers have them: before them is the country's code."""
_NUMBER = r"[+(]?\d[\d\s()./‐‑–-]{4,}"
_BESIDE = ".,;:!?\"'<>"
"""What stands beside words and is no part of them."""
# "Bell 2 312 555 0118": a digit by itself is of the words before, but for that which is dialled first.
_WORD = re.compile(rf"((?![2-9]\s)[+(]?\d(?:[\s()./‐‑–-]*\d){{{SHORTEST - 1},}})(?=[{re.escape(_BESIDE)}]*(?!\S))|\S+")
_WRITTEN = re.compile(rf"(?:tel:)?({_NUMBER}?)(?:\s*(?:x|ext\.?)\s*\d+)?", re.IGNORECASE)


def telephone_digits(search: str) -> str | None:
    """Returns the digits of a telephone number without its extension; None for anything else."""
    found = _WRITTEN.fullmatch(search.strip())
    return _digits(found[1]) if found else None


def words_of(search: str) -> list[str]:
    """Returns what a search asks for, each once: words without what stands beside them, and telephone numbers whole."""
    if telephone_digits(search):
        return [search.strip()]
    words = ((each[1] or each[0].strip(_BESIDE)) for each in _WORD.finditer(search))
    # What is nothing but marks is looked for as it is.
    return list(dict.fromkeys(filter(None, words))) or search.split()


def numbers_in(text: str) -> list[str]:
    """Returns the telephone numbers in a text, each as its digits."""
    return [_digits(each) for each in re.findall(_NUMBER, text)]


def has_number(text: str) -> bool:
    """Returns whether a text can hold a telephone number, whatever words stand beside it: "call me" cannot."""
    return sum(each.isdecimal() for each in text) >= FEWEST


def same_number(one: str, other: str) -> bool:
    """Returns whether two numbers, as digits, are one, with or without the country's code."""
    size = min(LONGEST, len(one), len(other))
    return size >= SHORTEST and one[-size:] == other[-size:]


def _digits(number: str) -> str:
    return "".join(each for each in number if each.isascii() and each.isdigit())
