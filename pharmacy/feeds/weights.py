"""Parses weights in any unit to grams, and refuses those that no such animal has."""

from __future__ import annotations

import re
from functools import lru_cache

from pharmacy.feeds.values import InvalidValue

GRAMS_PER_UNIT = {
    "kg": 1000.0, "kgs": 1000.0, "kilogram": 1000.0, "kilograms": 1000.0, "k": 1000.0,
    "lb": 453.59237, "lbs": 453.59237, "pound": 453.59237, "pounds": 453.59237, "#": 453.59237,
    "oz": 28.349523, "ounce": 28.349523, "ounces": 28.349523,
    "g": 1.0, "gr": 1.0, "gram": 1.0, "grams": 1.0,
}  # fmt: skip
MAX_GRAMS = {"cat": 25_000, "feline": 25_000, "dog": 160_000, "canine": 160_000, "rabbit": 15_000, "ferret": 5_000}
"""Heavier animals were weighed in another unit than stated. The heaviest cat known had 21 kg."""
MAX_GRAMS_OF_ANY = 1_500_000
MIN_GRAMS = 1

_WEIGHT = re.compile(r"(-?\d{1,9}(?:[.,]\d+)?)\s*([a-z#]*)\.?", re.IGNORECASE)


@lru_cache(10_000)
def parse_weight(text: str, unit: str, species: str | None) -> int | None:
    """Returns grams; None for no weight, which many systems write as 0.

    `unit` is that of the column or of the row; a unit in the text itself takes precedence. Raises `InvalidValue`.
    """
    text = text.strip()
    if not text:
        return None
    parts = _WEIGHT.fullmatch(text)
    if not parts:
        raise InvalidValue("is no weight; write it as 12.5 with the unit, kg or lb")
    number = float(parts[1].replace(",", "."))
    if number == 0:
        return None
    unit = (parts[2] or unit.strip()).lower().rstrip(".")
    if not unit:
        raise InvalidValue("has no unit; name the column weight_kg or weight_lb, or write it as 12.5 kg")
    if unit not in GRAMS_PER_UNIT:
        raise InvalidValue(f"has the unit '{unit[:20]}'; write kg, lb, oz or g")
    weight = number * GRAMS_PER_UNIT[unit]
    species = (species or "").strip().lower()
    if weight < MIN_GRAMS:
        raise InvalidValue("is no weight that an animal has")
    if weight > MAX_GRAMS.get(species, MAX_GRAMS_OF_ANY):
        raise InvalidValue(
            f"is more than any {species if species in MAX_GRAMS else 'animal'} weighs (is the unit right?)"
        )
    return round(weight)
