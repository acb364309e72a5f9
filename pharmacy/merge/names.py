"""How two given names, or two surnames, compare.

The question is never "do they look alike" alone but "could it be another person of the same household": Mark and Mary
differ by one letter and are two people, Bob and Robert share two letters and are one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from enum import IntEnum
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz.distance import OSA

_WORDS = Path(__file__).parent / "words"


_DOUBLED = frozenset(
    {
        "ana",
        "ann",
        "anna",
        "jean",
        "john",
        "jose",
        "juan",
        "juana",
        "luis",
        "maria",
        "marie",
        "mary",
        "mohamed",
        "mohammad",
        "mohammed",
        "muhammad",
    }
)
"""Names so often followed by a second one that only both together tell a person."""

_NAMESAKES = 3
_SLIPS_OF_A_HUNDRED = 100


class Given(IntEnum):
    """What two given names say about being one person, the strongest last."""

    CONFLICT = 0  # two names: John and Kieran
    DOUBTFUL = 1  # could be either: Mark and Mary, Ann and Anna Maria, Sam and Samantha
    INITIAL = 2
    MISSING = 3
    TYPO = 4
    NICKNAME = 5  # or another spelling
    SAME = 6


class Surname(IntEnum):
    CONFLICT = 0
    MISSING = 1
    TYPO = 2
    PART = 3  # Smith and Smith-Jones
    SAME = 4


@cache
def _lines(name: str) -> tuple[str, ...]:
    text = (_WORDS / name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def own_names() -> frozenset[str]:
    """Names that people are given at birth, short forms left out."""
    return frozenset(" ".join(_lines("given_names.txt")).split())


@cache
def _called() -> dict[str, frozenset[str]]:
    """Who may be called by each name: the numbers of the nickname lines that it stands in."""
    called: dict[str, set[str]] = defaultdict(set)
    for line in _lines("nicknames.txt"):
        formal, _, short = line.partition(":")
        for name in (formal, *short.split()):
            called[name].add(formal)
    return {name: frozenset(formal) for name, formal in called.items()}


@cache
def _spelled() -> dict[str, frozenset[int]]:
    spelled: dict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(_lines("spellings.txt")):
        for name in line.split():
            spelled[name].add(number)
    return {name: frozenset(numbers) for name, numbers in spelled.items()}


@cache
def _either_sex() -> frozenset[str]:
    return frozenset(" ".join(_lines("either_sex.txt")).split())


@cache
def known_names() -> frozenset[str]:
    """Every string that is somebody's given name, and so no slip of the pen for another."""
    return own_names() | _called().keys() | _spelled().keys()


def compare_given(one: str, other: str, counts: Mapping[str, int] | None = None) -> Given:
    """How two folded given names compare; `counts` tells how many clients have a name, and so that it is one."""
    if one == other:
        return Given.MISSING if not one else Given.INITIAL if _initial(one) else Given.SAME
    if not one or not other:
        return Given.MISSING
    if one > other:
        one, other = other, one
    if counts is None:
        return _compare_given(one, other, False, False)
    ones, others = counts.get(one, 0), counts.get(other, 0)
    return _compare_given(one, other, _is_name(ones, others), _is_name(others, ones))


def _is_name(count: int, of_other: int) -> bool:
    """Whether so many clients have a name that it is no slip of the pen for the other one."""
    return count >= _NAMESAKES and count * _SLIPS_OF_A_HUNDRED >= of_other


@lru_cache(maxsize=50_000)
def _compare_given(one: str, other: str, one_common: bool, other_common: bool) -> Given:
    left, right = one.split(), other.split()
    joined_left, joined_right = "".join(left), "".join(right)
    if joined_left == joined_right:
        return Given.SAME
    if len(left) == 1 and len(right) == 1:
        return _single(one, other, one_common, other_common)
    if not any(len(words) > 1 and words[0] in known_names() for words in (left, right)):
        # No double name but one with a blank in it that fell in by mistake.
        return _single(joined_left, joined_right, False, False)
    return _several(left, right)


def _several(left: list[str], right: list[str]) -> Given:
    """Names of several words: first names must agree, and further ones must not contradict."""
    first = _single(left[0], right[0], False, False)
    if first >= Given.TYPO:
        if len(left) == 1 or len(right) == 1:
            rest = left[1:] or right[1:]
            # A middle name that one side lacks is nothing; but Maria and Maria Elena may be sisters.
            alone = len(rest[0]) == 1 or left[0] not in _DOUBLED
            return first if alone else Given.DOUBTFUL
        second = _single(left[1], right[1], False, False)
        agree = second >= Given.TYPO or (left[1][0] == right[1][0] and 1 in (len(left[1]), len(right[1])))
        return first if agree else Given.DOUBTFUL
    if set(left) & set(right):
        return Given.DOUBTFUL
    return first if first in (Given.INITIAL, Given.DOUBTFUL) else Given.CONFLICT


def _single(one: str, other: str, one_common: bool, other_common: bool) -> Given:
    if one == other:
        return Given.INITIAL if _initial(one) else Given.SAME
    if _initial(one) or _initial(other):
        return Given.INITIAL if one[0] == other[0] else Given.CONFLICT
    if _spelled().get(one, frozenset()) & _spelled().get(other, frozenset()):
        return Given.NICKNAME
    shared = _called().get(one, frozenset()) & _called().get(other, frozenset())
    if shared:
        both_short = one not in shared and other not in shared
        short = {name for name in (one, other) if name not in shared}
        if short & _either_sex() or short & own_names() or (both_short and len(shared) > 1):
            return Given.DOUBTFUL
        return Given.NICKNAME
    return _look_alike(one, other, one_common, other_common)


def _initial(name: str) -> bool:
    """Whether a name is one letter; a single sign of another script is a whole name."""
    return len(name) == 1 and name.isascii()


def _look_alike(one: str, other: str, one_common: bool, other_common: bool) -> Given:
    shorter = min(len(one), len(other))
    allowed = 2 if shorter >= 7 and one[0] == other[0] and one[-1] == other[-1] else 1
    distance = OSA.distance(one, other, score_cutoff=allowed + 1)
    known = known_names()
    short = one if len(one) == shorter else other
    truncated = shorter >= 4 and short not in known and one.startswith(short) and other.startswith(short)
    if (distance > allowed and not truncated) or shorter < 3:
        return Given.CONFLICT
    one_known, other_known = one in known or one_common, other in known or other_common
    if one_known and other_known:
        return Given.DOUBTFUL
    slip = one[0] == other[0] or one[:2] == other[1::-1]
    if one_known or other_known:
        # Names that rhyme are more often two than one with a wrong first letter: Jayden and Hayden.
        return Given.TYPO if slip and not _made_of(*((one, other) if one_known else (other, one))) else Given.DOUBTFUL
    # Two names that nobody has heard of: a letter inside a long one may be a slip, more may not.
    within = slip and distance == 1 and shorter >= 5 and one[-1] == other[-1]
    return Given.TYPO if within else Given.DOUBTFUL


def _made_of(known: str, unknown: str) -> bool:
    """Whether the unknown name may be a name of its own, made of the known one: Priyan, Mattheo, Thuc."""
    if unknown.startswith(known):
        return unknown[-1] in "aeiouyns"
    if len(known) != len(unknown):
        return False
    if known[:-1] == unknown[:-1] and unknown[-1] in "aeio":
        return True
    return len(known) <= 4 and sorted(known) != sorted(unknown)


def compare_surname(one: str, other: str) -> Surname:
    """How two folded surnames (words joined by blanks) compare."""
    if one == other:
        return Surname.SAME if one else Surname.MISSING
    if not one or not other:
        return Surname.MISSING
    if one > other:
        one, other = other, one
    return _compare_surname(one, other)


@lru_cache(maxsize=50_000)
def _compare_surname(one: str, other: str) -> Surname:
    left, right = one.replace(" ", ""), other.replace(" ", "")
    if left == right:
        return Surname.SAME
    shorter = min(len(left), len(right))
    allowed = 0 if shorter < 3 else 1 if shorter < 5 else 2
    if OSA.distance(left, right, score_cutoff=allowed + 1) <= allowed:
        return Surname.TYPO
    if shorter >= 4 and (left.startswith(right) or right.startswith(left)):
        return Surname.PART
    if " " in one or " " in other:
        shared = {word for word in one.split() if len(word) > 2} & set(other.split())
        if shared:
            return Surname.PART
    return Surname.CONFLICT
