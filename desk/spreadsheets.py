"""Guards values in CSV files from being read as formulas by spreadsheets."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a value begins that spreadsheets calculate, the wide forms of some keyboards among them."""
GUARD = "'"


def guarded(value: str) -> str:
    """The value, behind a quote if a spreadsheet would calculate it.

    Also where what looks like a formula stands behind blanks or behind such a quote, so that `unguarded` knows what
    was there.
    """
    bare = value.lstrip(" " + GUARD)
    return GUARD + value if bare.startswith(FORMULA) else value


def unguarded(value: str) -> str:
    """What `guarded` was given."""
    bare = value.lstrip(" " + GUARD)
    return value[1:] if value.startswith(GUARD) and bare.startswith(FORMULA) else value
