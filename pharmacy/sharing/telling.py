"""What the entries of a client's history say, also those about what no rule of feeds is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pharmacy.records.json_values import format_value
from pharmacy.records.update_rules import rule

_TITLES = {
    "home": "home location",
    "opt_out": "mail",
    "shared": "shared with",
    "joined": "one person from then on",
    "told_apart": "two people from then on",
}

Value = Mapping[str, Any] | None


def title_of(kind: str, field: str) -> str:
    return _TITLES.get(field) or rule(kind, field).title


def clinics_in(value: Value) -> list[str]:
    """Returns the clinics that a value names."""
    given = value or {}
    named = [given.get("home"), given.get("with"), *(practice for practice, _ in given.get("clients", ()))]
    return [each for each in named if each]


def in_words(field: str, value: Value, clinics: Mapping[str, str]) -> str:
    """Returns a value as people read it; `-` for none. `clinics` are the names of those in it."""
    if field == "opt_out":
        return "not wanted" if (value or {}).get("opt_out") else "wanted"
    names = " and ".join(clinics.get(each, each) for each in clinics_in(value))
    return f"{'the clients of ' if 'clients' in (value or {}) else ''}{names}" or format_value(field, value or {})
