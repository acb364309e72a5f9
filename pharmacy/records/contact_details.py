"""Telephones and postal codes as people type them: what can be none is said beside its field."""

from __future__ import annotations

from collections.abc import Mapping

from store.telephone import FEWEST, has_number

SHORTEST_CODE = 3
"""Characters of the shortest postal code in any country."""
SENTENCES = {
    "phone": f"Phone must have at least {FEWEST} digits, as in 312 555 0100.",
    "postcode": f"ZIP or postal code must have at least {SHORTEST_CODE} characters and a digit, as in 60611.",
}
MARKED = "Nothing is saved yet: correct what is marked."


def wrong_details(given: Mapping[str, str], present: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Returns by field what is wrong with what was typed; nothing is with what is empty or `present` already."""
    typed = {name: given.get(name, "").strip() for name in SENTENCES}
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
