"""Compares two addresses, part by part."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Indel

from pharmacy.merge.address import DIRECTIONS, DWELLINGS, PLACE_TYPES, STREET_TYPES, Address
from pharmacy.merge.levels import Level

_MIN_SIMILARITY = 0.84
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FIRST_LETTERS = frozenset("abcd")
_UNTOLD = STREET_TYPES | DIRECTIONS
"""Words of a street that do not tell it from another."""


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
    left_words, right_words = set(left.split()) - _UNTOLD, set(right.split()) - _UNTOLD
    if _differ_in_type(left, right):
        return Level.SIMILAR
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
    """Compares what tells neighbours apart: flats, boxes, numbered streets, directions, and homes on one lot.

    One side may lack some, but not the cottage, the rear or the letter and fraction of a number: without it, it is the
    main house.
    """
    if one.units != other.units and _dwellings(one) != _dwellings(other):
        return Level.DIFFERENT
    if one.number != other.number and _differ_in_letter(one, other):
        return Level.DIFFERENT
    if one.street != other.street and _differ_in_type(one.street, other.street):
        return Level.DIFFERENT
    units, directions = _compare_parts(one.units, other.units), _compare_parts(one.directions, other.directions)
    return Level.DIFFERENT if directions == Level.DIFFERENT else units


def _dwellings(address: Address) -> frozenset[str]:
    return DWELLINGS.intersection(address.units) - {"main"}


def _differ_in_letter(one: Address, other: Address) -> bool:
    """Returns whether two house numbers differ in a letter only that is no flat's: 12A and 12, 12A and 12B."""
    left, right = _split_number(one.number), _split_number(other.number)
    if left[0] != right[0] or not left[0] or left[1] in other.units or right[1] in one.units:
        return False
    # A letter of the street is sometimes typed to the number, so on one side only it needs the very street.
    return bool(left[1] and right[1]) or ((left[1] or right[1]) in _FIRST_LETTERS and one.street == other.street)


def _split_number(number: str) -> tuple[str, str]:
    digits = number.rstrip(_LETTERS)
    return digits, number[len(digits) :]


def _differ_in_type(one: str, other: str) -> bool:
    """Returns whether two streets differ in their type only: Alder Court and Alder Street."""
    (*left, left_type), (*right, right_type) = _without_directions(one), _without_directions(other)
    if left != right or not left or left_type.rstrip("s") == right_type.rstrip("s"):
        return False
    return all(each in PLACE_TYPES or each.rstrip("s") in PLACE_TYPES for each in (left_type, right_type))


def _without_directions(street: str) -> list[str]:
    return [word for word in street.split() if word not in DIRECTIONS] or [""]


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
