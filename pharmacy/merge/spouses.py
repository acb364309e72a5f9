"""Tells surnames apart that a husband and his wife, or a father and his daughter, have by custom."""

from __future__ import annotations

import re

from pharmacy.merge.name_lists import unisex_given_names

_MIN_STEM = 3
_LONG_ENDING = 4
"""Letters of an ending that is one also after a shorter stem: Orel and Orlova."""
_MASCULINE = frozenset(
    (
        *("", "c", "ec", "ek", "el", "ok", "i", "ii", "iy", "yi", "yy", "ij", "y", "oi", "oy", "oj", "o", "e", "k"),
        *("a", "s", "is", "as", "us", "os", "son"),
    )
)
"""What is left of the surname of a man without the stem that both have."""
_FEMININE = re.compile(
    r"a|[kcnlrj]?[oe]?[vw]n?a|[cdz]*ka|s(?:ka|kaya|kaia)|a[yi]a|[iye]na|(?:i|j|u)?(?:en|on)e|(?:a|ai|i|y|u|iu)te|ne|dottir"
)
"""The same of the surname of a woman."""
_OF_MAN_IN_S = {"": ("s",), "u": ("s",), "e": ("s", "is"), "te": ("s",)}
"""Short endings of women, with those of men: Pappa and Pappas, Alexiou and Alexios, Lace and Lacis,
Adamkute and Adamkus."""
_VOWELS = "aeiou"
_GAELIC = (("mac", "nic"), ("mc", "nic"), ("mac", "ni"), ("o", "ni"), ("o", "ui"))


def may_be_spouses(given_name: str, one: str, other: str) -> bool:
    """Returns whether two people of one given name and these two surnames may be husband and wife."""
    return given_name in unisex_given_names() or are_spouses(one.replace(" ", ""), other.replace(" ", ""))


def are_spouses(one: str, other: str) -> bool:
    """Returns whether two folded surnames are one stem with the ending of a man and that of a woman, or the like."""
    if {one, other} == {"singh", "kaur"}:
        return True
    stem = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        stem += 1
    if stem < _MIN_STEM and not (stem == _MIN_STEM - 1 and max(len(one), len(other)) - stem >= _LONG_ENDING):
        # Most pairs.
        return any(_are_gaelic(*pair, *prefixes) for prefixes in _GAELIC for pair in ((one, other), (other, one)))
    left, right, before = one[stem:], other[stem:], one[stem - 1]
    return _are_endings(left, right, before) or _are_endings(right, left, before)


def _are_endings(man: str, woman: str, before: str) -> bool:
    """Returns whether these are endings of a man and of a woman, after a stem whose last letter is `before`."""
    if woman in _OF_MAN_IN_S:
        return man in _OF_MAN_IN_S[woman] and before in {"": "ai", "u": "o", "te": "aiu"}.get(woman, before)
    if man not in _MASCULINE or not _FEMININE.fullmatch(woman):
        return False
    if woman == "a":
        # Garcia without its last letter is a typo; that of Berzina is Berzin, and her husband is Berzins.
        # Edwards with the neighbouring key, too.
        if man in ("", "s"):
            return before not in _VOWELS and (man == "" or before in "nlkgmvt")
        return man in ("i", "ii", "iy", "y", "yi", "yy", "oy", "as")
    return man != "a" or woman in ("ova", "owa", "eva", "ina")


def _are_gaelic(man: str, woman: str, son: str, daughter: str) -> bool:
    rest = man.removeprefix(son)
    return rest != man and len(rest) > _MIN_STEM and woman in (daughter + rest, f"{daughter}{rest[0]}h{rest[1:]}")
