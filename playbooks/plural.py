"""Counts in texts."""

from __future__ import annotations


def count_of(number: int, thing: str) -> str:
    """`1 mail`, `2 mails`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
