"""Weights, in whatever unit they were told, as grams; and those that no such animal has."""

from __future__ import annotations

import re
from functools import lru_cache

from pharmacy.feeds.values import Wrong

GRAMS = {
    "kg": 1000.0, "kgs": 1000.0, "kilogram": 1000.0, "kilograms": 1000.0, "k": 1000.0,
    "lb": 453.59237, "lbs": 453.59237, "pound": 453.59237, "pounds": 453.59237, "#": 453.59237,
    "oz": 28.349523, "ounce": 28.349523, "ounces": 28.349523,
    "g": 1.0, "gr": 1.0, "gram": 1.0, "grams": 1.0,
}  # fmt: skip
HEAVIEST = {"cat": 25_000, "feline": 25_000, "dog": 160_000, "canine": 160_000, "rabbit": 15_000, "ferret": 5_000}
"""In grams: beyond it the weight was told in another unit than was said. The heaviest cat known had 21 kg."""
HEAVIEST_OF_ALL = 1_500_000
LIGHTEST = 1

_WEIGHT = re.compile(r"(-?\d{1,9}(?:[.,]\d+)?)\s*([a-z#]*)\.?", re.IGNORECASE)


@lru_cache(10_000)
def grams(text: str, unit: str, species: str | None) -> int | None:
    """Grams; None where none is told, which many systems write as 0.

    `unit` is that of the column, or what the row says; one written with the value counts more. Raises `Wrong`.
    """
    text = text.strip()
    if not text:
        return None
    found = _WEIGHT.fullmatch(text)
    if not found:
        raise Wrong("is no weight; write it as 12.5 with the unit, kg or lb")
    number = float(found[1].replace(",", "."))
    if number == 0:
        return None
    told = (found[2] or unit.strip()).lower().rstrip(".")
    if not told:
        raise Wrong("has no unit; name the column weight_kg or weight_lb, or write it as 12.5 kg")
    if told not in GRAMS:
        raise Wrong(f"has the unit '{told[:20]}'; write kg, lb, oz or g")
    weight = number * GRAMS[told]
    animal = (species or "").strip().lower()
    if weight < LIGHTEST:
        raise Wrong("is no weight that an animal has")
    if weight > HEAVIEST.get(animal, HEAVIEST_OF_ALL):
        raise Wrong(f"is more than any {animal if animal in HEAVIEST else 'animal'} weighs (is the unit right?)")
    return round(weight)
