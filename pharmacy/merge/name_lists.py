"""Given names, nicknames, spellings, surnames and what stands beside them, from the lists in `names/`, all folded."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "names"
DIGITS = str.maketrans("015", "ols")
"""Letters that are read as digits."""


@cache
def formal_given_names() -> frozenset[str]:
    """Returns names that people are given at birth, without short forms."""
    return word_list("given_names.txt")


@cache
def unisex_short_names() -> frozenset[str]:
    return word_list("unisex_short_names.txt")


@cache
def unisex_given_names() -> frozenset[str]:
    """Returns names, short or not, that a husband and his wife may both have."""
    return unisex_short_names() | word_list("unisex_given_names.txt")


@cache
def masculine_given_names() -> frozenset[str]:
    """Returns names of men that no woman is likely to have."""
    return word_list("masculine_given_names.txt")


@cache
def feminine_given_names() -> frozenset[str]:
    """Returns names of women that are no man's second name."""
    return word_list("feminine_given_names.txt")


@cache
def common_surnames() -> frozenset[str]:
    return word_list("common_surnames.txt")


@cache
def formal_names_by_name() -> dict[str, frozenset[str]]:
    """Returns for each name the formal names that it may stand for: `bill` for `william`, `william` for itself.

    Another spelling of a short name stands for the same: `shelley` as `shelly` for `michelle`.
    """
    formal_names: dict[str, set[str]] = defaultdict(set)
    for line in lines_of("nicknames.txt"):
        formal, _, short = line.partition(":")
        for name in (formal, *short.split()):
            formal_names[name].add(formal)
    spellings: dict[str, set[str]] = defaultdict(set)
    for line in lines_of("spellings.txt"):
        together = set().union(*(formal_names.get(name, ()) for name in line.split()))
        for name in line.split() if together else ():
            spellings[name] |= together
    for name, together in spellings.items():
        formal_names[name] |= together
    return {name: frozenset(formal) for name, formal in formal_names.items()}


@cache
def spelling_groups() -> dict[str, frozenset[int]]:
    """Returns for each name the numbers of the groups of spellings that it belongs to."""
    groups: dict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(lines_of("spellings.txt")):
        for name in line.split():
            groups[name].add(number)
    return {name: frozenset(numbers) for name, numbers in groups.items()}


@cache
def known_given_names() -> frozenset[str]:
    """Returns everything that is somebody's given name, and so no typo for another name."""
    listed = formal_given_names() | word_list("given_names_of_the_world.txt")
    return listed | formal_names_by_name().keys() | spelling_groups().keys()


def lines_of(file: str) -> tuple[str, ...]:
    """Returns the lines of a list, without its comments."""
    text = (_FOLDER / file).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def word_list(file: str) -> frozenset[str]:
    return frozenset(" ".join(lines_of(file)).split())
