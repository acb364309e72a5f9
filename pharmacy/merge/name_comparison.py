"""Compares two given names, or two surnames.

The question is not only whether two names look alike, but whether they may be two people of one household: Mark and
Mary differ by one letter and are two people, Bob and Robert share two letters and are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rapidfuzz.distance import OSA

from pharmacy.merge.levels import GivenNameLevel, SurnameLevel
from pharmacy.merge.name_lists import (
    DIGITS,
    common_surnames,
    formal_given_names,
    formal_names_by_name,
    known_given_names,
    spelling_groups,
    unisex_short_names,
    word_list,
)
from pharmacy.merge.spouses import are_spouses

_OFTEN_DOUBLE = word_list("often_double.txt")
_MAX_TITLE = 4
_MIN_NAMESAKES = 3
_TYPOS_PER_NAME = 100


def compare_given_names(one: str, other: str, counts: Mapping[str, int] | None = None) -> GivenNameLevel:
    """Compares two folded given names. `counts`, the clients with each name, tells rare names from typos."""
    if not one or not other:
        return GivenNameLevel.MISSING
    if not (one.isalpha() and other.isalpha()):
        one, other = one.translate(DIGITS), other.translate(DIGITS)
    if one == other:
        return GivenNameLevel.INITIAL if _is_initial(one) else GivenNameLevel.SAME
    if one > other:
        one, other = other, one
    if counts is None:
        return _compare_given_names(one, other, False, False)
    ones, others = counts.get(one, 0), counts.get(other, 0)
    return _compare_given_names(one, other, _is_name(ones, others), _is_name(others, ones))


def _is_name(count: int, of_other: int) -> bool:
    """Returns whether too many clients have a name for it to be a typo for the other one."""
    return count >= _MIN_NAMESAKES and count * _TYPOS_PER_NAME >= of_other


@lru_cache(maxsize=50_000)
def _compare_given_names(one: str, other: str, one_common: bool, other_common: bool) -> GivenNameLevel:
    left, right = one.split(), other.split()
    joined_left, joined_right = "".join(left), "".join(right)
    if joined_left == joined_right:
        return GivenNameLevel.SAME
    if len(left) == 1 and len(right) == 1:
        return _compare_single(one, other, one_common, other_common)
    shared = min(len(left), len(right))
    if left[:shared] == right[:shared]:
        if _are_middle_names(left[shared:] or right[shared:]):
            return _compare_multiple(left, right)
        return GivenNameLevel.DOUBTFUL
    if not any(len(names) > 1 and names[0] in known_given_names() for names in (left, right)):
        # Not a double name, but one with a stray blank; or a title or the like beside a name.
        if set(left) & set(right):
            return GivenNameLevel.DOUBTFUL
        return _compare_single(joined_left, joined_right, False, False)
    return _compare_multiple(left, right)


def _are_middle_names(words: list[str]) -> bool:
    """Returns whether the words that one of two names has more are an initial or given names, so that none may be
    a second person or what tells parent and child apart."""
    if len(words) == 1 and len(words[0]) == 1:
        return True
    return all(word in known_given_names() or word in common_surnames() for word in words)


def _compare_multiple(left: list[str], right: list[str]) -> GivenNameLevel:
    """Compares names of several words: the first must agree, and the next must not contradict."""
    first = _compare_single(left[0], right[0], False, False)
    if first == GivenNameLevel.TYPO and min(len(left[0]), len(right[0])) <= _MAX_TITLE:
        # Two titles that are not known, perhaps.
        return GivenNameLevel.DOUBTFUL
    if first >= GivenNameLevel.TYPO:
        if len(left) == 1 or len(right) == 1:
            rest = left[1:] or right[1:]
            # A middle name may be missing on one side; but Maria and Maria Elena may be sisters.
            optional = len(rest[0]) == 1 or left[0] not in _OFTEN_DOUBLE
            return first if optional else GivenNameLevel.DOUBTFUL
        second = _compare_single(left[1], right[1], False, False)
        agree = second >= GivenNameLevel.TYPO or (left[1][0] == right[1][0] and 1 in (len(left[1]), len(right[1])))
        return first if agree else GivenNameLevel.DOUBTFUL
    if set(left) & set(right):
        return GivenNameLevel.DOUBTFUL
    return first if first in (GivenNameLevel.INITIAL, GivenNameLevel.DOUBTFUL) else GivenNameLevel.CONFLICT


def _compare_single(one: str, other: str, one_common: bool, other_common: bool) -> GivenNameLevel:
    if one == other:
        return GivenNameLevel.INITIAL if _is_initial(one) else GivenNameLevel.SAME
    if _is_initial(one) or _is_initial(other):
        return GivenNameLevel.INITIAL if one[0] == other[0] else GivenNameLevel.CONFLICT
    if _without_umlauts(one) == _without_umlauts(other):
        return GivenNameLevel.NICKNAME
    if spelling_groups().get(one, frozenset()) & spelling_groups().get(other, frozenset()):
        return GivenNameLevel.NICKNAME
    shared = formal_names_by_name().get(one, frozenset()) & formal_names_by_name().get(other, frozenset())
    if shared:
        both_short = one not in shared and other not in shared
        short = {name for name in (one, other) if name not in shared}
        if short & unisex_short_names() or short & formal_given_names() or (both_short and len(shared) > 1):
            return GivenNameLevel.DOUBTFUL
        return GivenNameLevel.NICKNAME
    return _compare_spelling(one, other, one_common, other_common)


def _without_umlauts(name: str) -> str:
    return name.replace("ue", "u").replace("oe", "o").replace("ae", "a")


def _is_initial(name: str) -> bool:
    """Returns whether a name is one letter. A single character of another script is a whole name."""
    return len(name) == 1 and name.isascii()


def _compare_spelling(one: str, other: str, one_common: bool, other_common: bool) -> GivenNameLevel:
    shorter = min(len(one), len(other))
    allowed = 2 if shorter >= 7 and one[0] == other[0] and one[-1] == other[-1] else 1
    distance = OSA.distance(one, other, score_cutoff=allowed + 1)
    known = known_given_names()
    short = one if len(one) == shorter else other
    is_beginning = shorter >= 4 and one.startswith(short) and other.startswith(short)
    if (distance > allowed and not is_beginning) or shorter < 3:
        return GivenNameLevel.CONFLICT
    long = other if short is one else one
    if is_beginning and distance > 1 and (shorter < 6 or short in known):
        return GivenNameLevel.DOUBTFUL
    if _differ_in_ending(one, other):
        # Lia and Liam, Petr and Petra, Eugene and Eugenie: another name, or that of the other gender.
        return GivenNameLevel.DOUBTFUL
    one_known, other_known = one in known or one_common, other in known or other_common
    if one_known and other_known:
        return GivenNameLevel.DOUBTFUL
    same_start = one[0] == other[0] or one[:2] == other[1::-1]
    if (one_known or other_known) and shorter >= 4 and long.endswith(short):
        # A letter more or less at the beginning.
        return GivenNameLevel.TYPO
    if one_known or other_known:
        # Rhyming names are more often two names than one with a wrong first letter: Jayden and Hayden.
        variant = _may_be_variant(one, other) if one_known else _may_be_variant(other, one)
        return GivenNameLevel.TYPO if same_start and not variant else GivenNameLevel.DOUBTFUL
    # Two unknown names: one letter inside a long name may be a typo, more may not.
    within = same_start and distance == 1 and shorter >= 5 and one[-1] == other[-1]
    return GivenNameLevel.TYPO if within else GivenNameLevel.DOUBTFUL


_ENDINGS = frozenset(
    (
        *("", "a", "e", "i", "o", "y", "n", "s", "m", "ia", "ie", "io", "ya", "ja", "ah", "ey", "ee", "ea", "eo", "le"),
        *("la", "lla", "ta", "ra", "da", "ne", "na", "no", "ina", "ine", "ino", "ita", "ette", "elle", "lle", "tte"),
        *("nne", "us", "os", "as", "is"),
    )
)
"""What names of one stem end in, those of men and those of women."""


def _differ_in_ending(one: str, other: str) -> bool:
    """Returns whether two names are one stem with two endings that names have."""
    length = next((n for n, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), None)
    length = min(len(one), len(other)) if length is None else length
    return one[length:] in _ENDINGS and other[length:] in _ENDINGS


def _may_be_variant(known: str, unknown: str) -> bool:
    """Returns whether the unknown name may be a name of its own, formed from the known one: Mattheo, Thuc."""
    if len(known) != len(unknown):
        return False
    if known[:-1] == unknown[:-1] and unknown[-1] in "aeio":
        return True
    return len(known) <= 4 and sorted(known) != sorted(unknown)


def compare_surnames(one: str, other: str) -> SurnameLevel:
    """Compares two folded surnames, their words joined by blanks."""
    if one == other:
        return SurnameLevel.SAME if one else SurnameLevel.MISSING
    if not one or not other:
        return SurnameLevel.MISSING
    if one > other:
        one, other = other, one
    return _compare_surnames(one, other)


@lru_cache(maxsize=50_000)
def _compare_surnames(one: str, other: str) -> SurnameLevel:
    left, right = one.replace(" ", ""), other.replace(" ", "")
    if left == right:
        return SurnameLevel.SAME
    if are_spouses(left, right) or _differ_in_given_names(one.split(), other.split()):
        return SurnameLevel.CONFLICT
    shorter = min(len(left), len(right))
    allowed = 0 if shorter < 3 else 1 if shorter < 5 else 2
    if OSA.distance(left, right, score_cutoff=allowed + 1) <= allowed:
        return SurnameLevel.TYPO
    if shorter >= 4 and (left.startswith(right) or right.startswith(left)):
        return SurnameLevel.PART
    if " " in one or " " in other:
        shared = {word for word in one.split() if len(word) > 2} & set(other.split())
        if shared:
            return SurnameLevel.PART
    return SurnameLevel.CONFLICT


def _differ_in_given_names(one: list[str], other: list[str]) -> bool:
    """Returns whether two surnames of several words differ in one that is a given name: Foster Ann and Foster Amy."""
    if len(one) != len(other) or len(one) < 2:
        return False
    differing = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and all(word in known_given_names() for word in differing[0])
