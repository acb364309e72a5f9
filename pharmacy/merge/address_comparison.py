"""Compares two addresses, part by part."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Indel

from pharmacy.merge.address import Address
from pharmacy.merge.levels import Level

_MIN_SIMILARITY = 0.84
STREET_TYPES = frozenset(
    {
        "st",
        "ave",
        "rd",
        "dr",
        "ln",
        "ct",
        "pl",
        "cres",
        "cct",
        "cir",
        "blvd",
        "ter",
        "pde",
        "hwy",
        "pkwy",
        "sq",
        "cl",
        "gr",
        "way",
        *("n", "s", "e", "w", "ne", "nw", "se", "sw"),
        "vlge",
    }
)


def compare_street(one: Address, other: Address) -> Level:
    """Compares streets, which include house and district names that the other file may lack or put elsewhere."""
    left, right = one.street, other.street
    if left == right:
        return Level.SAME if left else Level.UNKNOWN
    if not left or not right:
        return Level.UNKNOWN
    joined_left, joined_right = left.replace(" ", ""), right.replace(" ", "")
    if joined_left == joined_right:
        return Level.SAME
    if Indel.normalized_similarity(joined_left, joined_right, score_cutoff=_MIN_SIMILARITY):
        return Level.SIMILAR
    left_words, right_words = set(left.split()) - STREET_TYPES, set(right.split()) - STREET_TYPES
    if left_words and right_words and (left_words <= right_words or right_words <= left_words):
        return Level.SIMILAR
    if min(len(joined_left), len(joined_right)) >= 8 and (
        fuzz.partial_ratio(joined_left, joined_right, score_cutoff=85)
        or fuzz.token_sort_ratio(left, right, score_cutoff=82)
        or fuzz.token_sort_ratio(f"{left} {one.city}", f"{right} {other.city}", score_cutoff=85)
    ):
        return Level.SIMILAR
    return Level.DIFFERENT


def compare_number(one: Address, other: Address) -> Level:
    left, right = one.number, other.number
    if left == right:
        return Level.SAME if left else Level.UNKNOWN
    if not left or not right:
        return Level.UNKNOWN
    if (left in other.units and (right in one.units or not one.units)) or (right in one.units and not other.units):
        return Level.SAME
    bare_left, bare_right = left.rstrip("abcdefgh"), right.rstrip("abcdefgh")
    if bare_left == bare_right or (len(bare_left) == len(bare_right) > 1 and sorted(bare_left) == sorted(bare_right)):
        return Level.SIMILAR
    return Level.DIFFERENT


def compare_units(one: Address, other: Address) -> Level:
    """Compares what tells neighbours apart: flats, boxes, numbered streets and directions. One side may lack some."""
    units, directions = _compare_parts(one.units, other.units), _compare_parts(one.directions, other.directions)
    return Level.DIFFERENT if directions == Level.DIFFERENT else units


def _compare_parts(one: tuple[str, ...], other: tuple[str, ...]) -> Level:
    if not one or not other:
        return Level.UNKNOWN
    left, right = Counter(one), Counter(other)
    if left == right:
        return Level.SAME
    return Level.UNKNOWN if left <= right or right <= left else Level.DIFFERENT


def compare_city(one: Address, other: Address) -> Level:
    left, right = one.city, other.city
    if left == right:
        return Level.SAME if left else Level.UNKNOWN
    if not left or not right:
        return Level.UNKNOWN
    level = _compare_city(left, right) if left < right else _compare_city(right, left)
    if level == Level.DIFFERENT and (left in other.street or right in one.street):
        return Level.UNKNOWN
    return level


@lru_cache(maxsize=20_000)
def _compare_city(left: str, right: str) -> Level:
    left, right = left.replace(" ", ""), right.replace(" ", "")
    if left == right:
        return Level.SAME
    if left in right or right in left:
        return Level.SIMILAR
    return Level.SIMILAR if Indel.normalized_similarity(left, right, score_cutoff=0.8) else Level.DIFFERENT


def compare_postcode(one: Address, other: Address) -> Level:
    left, right = one.postcode, other.postcode
    if left == right:
        return Level.SAME if left else Level.UNKNOWN
    if not left or not right:
        return Level.UNKNOWN
    near = min(len(left), len(right)) >= 4 and OSA.distance(left, right, score_cutoff=2) == 1
    return Level.SIMILAR if near else Level.DIFFERENT
