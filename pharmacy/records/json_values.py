"""Converts values of clients and patients to JSON, and formats them for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pharmacy.records.update_rules import RULES
from playbooks.plural import count_of


def to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def format_value(field: str, values: Mapping[str, Any]) -> str:
    """Returns a value as people read it; `-` for none."""
    if field == "weight" and values.get("weight_grams"):
        grams = values["weight_grams"]
        return f"{grams / 1000:g} kg ({grams / 453.59237:.1f} lb)"
    if field == "deceased":
        since = f" ({values['deceased_on']})" if values.get("deceased_on") else ""
        return f"deceased{since}" if values.get("deceased") else "alive"
    if field == "age":
        if values.get("birth_date"):
            return f"born {values['birth_date']}"
        if values.get("age_months") is not None:
            years, months = divmod(values["age_months"], 12)
            return f"{count_of(years, 'year')} {count_of(months, 'month')} on {values.get('age_on')}"
        return "-"
    # JSON objects have no order; the rules do.
    ordered = [values.get(name) for rule in RULES if rule.field == field for name in rule.columns]
    separator = ", " if field == "address" else " "
    return separator.join(str(value) for value in ordered if value) or "-"
