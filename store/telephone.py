"""Telephone numbers as people type them into a search, however they are written."""

from __future__ import annotations

import re

SHORTEST = 7
"""Digits from the end by which a number is known, with or without what is dialled before them."""
LONGEST = 10
"""Digits from the end that have to agree, where both numbers have them: before them is the country's code."""
_WRITTEN = re.compile(r"(?:tel:)?([+(]?\d[\d\s()./‐‑–-]{4,}?)(?:\s*(?:x|ext\.?)\s*\d+)?", re.IGNORECASE)


def telephone_digits(search: str) -> str | None:
    """Returns the digits of a telephone number without its extension; None for anything else."""
    found = _WRITTEN.fullmatch(search.strip())
    return "".join(each for each in found[1] if each.isascii() and each.isdigit()) if found else None


def same_number(one: str, other: str) -> bool:
    """Returns whether two numbers, as digits, are one, with or without the country's code."""
    size = min(LONGEST, len(one), len(other))
    return size >= SHORTEST and one[-size:] == other[-size:]
