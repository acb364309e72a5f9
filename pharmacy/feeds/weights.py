"""Parses weights in any unit to grams, and refuses those that no such animal has or that can be read in two ways."""

from __future__ import annotations

import re
from functools import lru_cache

from pharmacy.feeds.numbers import NUMBER, Decimal, Readings, read_number
from pharmacy.feeds.values import MAX_LENGTH, UNKNOWN, InvalidValue

_UNITS = {
    1000.0: "kg kgs kilo kilos kilogram kilograms k",
    453.59237: "lb lbs pound pounds #",
    28.349523: "oz ozs ounce ounces",
    1.0: "g gr grs gm gms gram grams",
}
GRAMS_PER_UNIT = {unit: grams for grams, units in _UNITS.items() for unit in units.split()}
_POUND, _OUNCE, _GRAM = GRAMS_PER_UNIT["lb"], GRAMS_PER_UNIT["oz"], GRAMS_PER_UNIT["g"]
_PARTS = {_POUND: (_OUNCE, 16), GRAMS_PER_UNIT["kg"]: (1.0, 1000)}
"""The smaller unit that may follow a larger one, and how many of it make one of the larger."""

_SPECIES = {
    (50, 25_000): "cat feline kitten",
    (50, 160_000): "dog canine puppy",
    (10, 15_000): "rabbit lapine bunny",
    (5, 5_000): "ferret",
    (1, 2_500): "hamster gerbil mouse rat hedgehog guinea-pig chinchilla",
    (8_000, 1_500_000): "horse equine cow cattle bovine",
    (2_000, 1_000_000): "pony donkey mule foal llama alpaca",
}
GRAMS_OF_SPECIES = {species: grams for grams, names in _SPECIES.items() for species in names.split()}
"""The lightest and heaviest that a patient of a species may be. The heaviest cat known had 21 kg."""
GRAMS_OF_ANY = (1, 1_500_000)

_NO_PARTS = "is not a weight; write it as 12 lb 4 oz"
_AMBIGUOUS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}[.,]\d{3}(?![\d.,])")
_WEIGHT = re.compile(rf"(-?{NUMBER})\s*([a-z#]*)\.?(?:\s*(?:,|and|&|\+)?\s*({NUMBER})\s*([a-z]+)\.?)?", re.IGNORECASE)


def is_ambiguous(text: str) -> bool:
    """Returns whether a weight has a number that can be read in two ways, as 1,100 or 1.100."""
    return ("." in text or "," in text) and bool(_AMBIGUOUS.search(text))


def is_pound(unit: str) -> bool:
    return GRAMS_PER_UNIT.get(unit.strip().lower().rstrip(".")) == _POUND


def with_ounces(pounds: str, ounces: str) -> str:
    """Returns the weight of which pounds and ounces stand in two columns, as `12 lb 4 oz`."""
    pounds, ounces = (
        text if any(map(str.isalpha, text)) or "#" in text else f"{text} {unit}"
        for text, unit in ((pounds, "lb"), (ounces, "oz"))
    )
    number = read_number(pounds.split(" ")[0])
    return ounces if number and max(number) == 0 else f"{pounds} {ounces}"


@lru_cache(10_000)
def parse_weight(text: str, unit: str, species: str | None, decimal: Decimal | None = None) -> int | None:
    """Returns grams; None for no weight, which many systems write as 0.

    `unit` is that of the column or of the row; a unit in the text itself takes precedence. `decimal` is the decimal
    mark of the column, if its numbers prove one. Raises `InvalidValue`.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidValue(f"is {len(text):,} letters long")
    if text.lower() in UNKNOWN:
        return None
    parts = _WEIGHT.fullmatch(text)
    number = read_number(parts[1]) if parts else None
    if text.startswith("-") and parts:
        raise InvalidValue("is not a possible weight for an animal")
    if not parts or number is None:
        raise InvalidValue("is not a weight; write it as 12.5 with the unit, kg or lb")
    if max(number) == 0 and not parts[3]:
        return None
    factor = _grams_per(parts[2] or unit)
    if parts[3]:
        # What is followed by a smaller unit has no decimals.
        whole, rest = max(number), _part(parts[3], _grams_per(parts[4]), factor if parts[2] else 0)
        if rest and not whole.is_integer():
            raise InvalidValue(_NO_PARTS)
        weights = Readings(whole * factor + rest, whole * factor + rest)
    else:
        weights = Readings(number.point * factor, number.comma * factor)
    name = (species or "").lower().replace("guinea pig", "guinea-pig")
    weight = _choose(weights, parts[1], factor, name, decimal)
    if weight == 0:
        return None
    lightest, heaviest = GRAMS_OF_SPECIES.get(name, GRAMS_OF_ANY)
    animal = name if name in GRAMS_OF_SPECIES else "animal"
    if weight < GRAMS_OF_ANY[0]:
        raise InvalidValue("is not a possible weight for an animal")
    if weight < lightest:
        raise InvalidValue(f"is less than any {animal} weighs (is the unit right?)")
    if weight > heaviest:
        raise InvalidValue(f"is more than any {animal} weighs (is the unit right?)")
    return round(weight)


def _grams_per(unit: str) -> float:
    unit = unit.strip().lower().rstrip(".")
    if not unit:
        raise InvalidValue("has no unit; name the column weight_kg or weight_lb, or write it as 12.5 kg")
    if unit not in GRAMS_PER_UNIT:
        raise InvalidValue(f"has the unit '{unit[:20]}'; write kg, lb, oz or g")
    return GRAMS_PER_UNIT[unit]


def _part(text: str, grams: float, larger: float) -> float:
    """Returns the grams of the second part of a weight, as the ounces in `12 lb 4 oz`."""
    number = read_number(text)
    smaller, most = _PARTS.get(larger, (0.0, 0))
    if number is None or not number.is_certain or grams != smaller or number.point >= most:
        raise InvalidValue(_NO_PARTS)
    return number.point * grams


def _choose(weights: Readings, text: str, factor: float, species: str, decimal: Decimal | None) -> float:
    """Returns the weight that a number means which can be read in two ways, as `1,100`. Raises `InvalidValue`."""
    if weights.is_certain or decimal == ".":
        return weights.point
    lightest, heaviest = GRAMS_OF_SPECIES.get(species, GRAMS_OF_ANY)
    large, small = max(weights), min(weights)
    is_large, is_small = lightest <= large <= heaviest, lightest <= small <= heaviest
    # Where pounds are used, commas stand between thousands, and nobody writes thousandths of a gram. Programs write
    # three decimals after a point.
    if decimal == "," and not (is_large and "," in text and factor in (_POUND, _GRAM)):
        return weights.comma
    if decimal is None and "," in text and is_large and (not is_small or factor in (_POUND, _GRAM)):
        return large
    if decimal is None and "." in text and is_small and (not is_large or factor > _OUNCE):
        return small
    raise InvalidValue("can be read in two ways, as thousands or with decimals; write it without a comma")
