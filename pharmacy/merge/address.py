"""Splits addresses into the parts that are compared.

Files order these parts differently: a house name may stand before the street, and a flat's number behind it or in front
with a slash. So the street is every word that is no number, flat or box, with street types abbreviated.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pharmacy.merge.fold import fold

_ABBREVIATIONS = {
    long: short
    for line in """st street str strt sreet
ave avenue av aven
rd road
dr drive drv
ln lane
ct court crt
pl place
cres crescent cr crsnt
cct circuit circ
cir circle
blvd boulevard blv boul
ter terrace tce terr
pde parade
hwy highway
pkwy parkway pky
sq square
cl close
gr grove gve
way wy
trl trail
pike pk
xing crossing
hts heights
pt point
mt mount
ft fort
n north
s south
e east
w west
ne northeast
nw northwest
se southeast
sw southwest
strasse straße
vlge village vlg vill""".splitlines()
    for short in [line.split()[0]]
    for long in line.split()
}
_FLAT = frozenset(
    {
        "apt",
        "apartment",
        "unit",
        "suite",
        "ste",
        "flat",
        "fl",
        "floor",
        "room",
        "rm",
        "lot",
        "villa",
    }
)
_BOX = re.compile(r"\b(?:p\s*\.?\s*o\s*\.?\s*box|post\s*box|postfach|pob)\s*(\d+)")
_SLASHED = re.compile(r"\b(\d+[a-z]?)\s*/\s*(\d+)")
_PART = re.compile(r"#|\d+[a-z]?\b|[^\W\d_]+|\d+")
_QUOTES = str.maketrans("", "", "'’´`.")


class Address(NamedTuple):
    """A normalized address; unknown parts are empty."""

    number: str
    flat: str
    street: str
    city: str
    postcode: str
    state: str


@lru_cache(maxsize=20_000)
def _normalize_city(city: str) -> str:
    return " ".join(_ABBREVIATIONS.get(word, word) for word in _PART.findall(fold(city).translate(_QUOTES)))


@lru_cache(maxsize=20_000)
def _normalize_postcode(postcode: str) -> str:
    """Returns letters and digits only; a ZIP+4 code is cut to its first five digits."""
    code = "".join(filter(str.isalnum, fold(postcode)))
    return code[:5] if len(code) == 9 and code.isdigit() else code


def parse_address(street: str, city: str, state: str, postcode: str) -> Address:
    """Splits a written address into its parts. Nothing is looked up."""
    number = flat = name = ""
    if _has_digit(city) and not _has_digit(street):
        # The two columns are swapped: towns have no numbers.
        street, city = city, street
    if street:
        text = fold(street).translate(_QUOTES)
        if "box" in text or "pob" in text or "postfach" in text:
            box = _BOX.search(text)
            if box:
                number, text = f"box{box[1]}", text.replace(box[0], " ", 1)
        if "/" in text:
            slashed = _SLASHED.search(text)
            if slashed:
                flat, text = slashed[1], text.replace(slashed[0], slashed[2], 1)
        number, flat, name = _parse_street(_PART.findall(text), number, flat)
    city = _normalize_city(city) if city else ""
    return Address(number, flat, name, city, _normalize_postcode(postcode), fold(state).strip())


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _parse_street(parts: list[str], number: str, flat: str) -> tuple[str, str, str]:
    words: list[str] = []
    before = ""
    for part in parts:
        if part == "#":
            before = "#"
            continue
        if (before in _FLAT or before == "#") and (part[0].isdigit() or len(part) == 1):
            flat = flat or part
            if words and words[-1] == before:
                words.pop()
        elif part[0].isdigit() and not number:
            number = part
        elif part[0].isdigit() and not words and not flat:
            # Of two numbers before the street, the first is the flat and the second the house.
            flat, number = number, part
        else:
            words.append(_ABBREVIATIONS.get(part, part))
        before = part
    return number, flat, " ".join(words)
