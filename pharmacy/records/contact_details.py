"""Telephones and postal codes as people type them: what can be none is refused, and pages say so beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pharmacy.records.errors import RecordsError
from store.telephone import FEWEST, has_number

SHORTEST_CODE = 3
"""Characters of the shortest postal code in any country."""
SENTENCES = {
    "phone": f"Phone must have at least {FEWEST} digits, as in 312 555 0100.",
    "postcode": f"ZIP or postal code must have at least {SHORTEST_CODE} characters and a digit, as in 60611.",
}


def check_details(given: Mapping[str, Any], present: Mapping[str, Any] | None = None) -> None:
    """Raises `RecordsError` for what `wrong_details` finds: the forms of a practice's people go through this."""
    if wrong := wrong_details(given, present):
        raise RecordsError(" ".join(wrong.values()))


def wrong_details(given: Mapping[str, Any], present: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Returns by field what is wrong with what was typed; nothing is with what is empty or `present` already."""
    typed = {name: (given.get(name) or "").strip() for name in SENTENCES}
    return {
        name: SENTENCES[name]
        for name, text in typed.items()
        if text and text != ((present or {}).get(name) or "").strip() and not _can_be(name, text)
    }


def _can_be(name: str, text: str) -> bool:
    if name == "phone":
        return has_number(text)
    # Every country's postal codes have a digit.
    return sum(each.isalnum() for each in text) >= SHORTEST_CODE and any(each.isdecimal() for each in text)
