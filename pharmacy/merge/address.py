"""Addresses, read into the parts that are compared.

Parts move: what is a house's name in one file stands before the street in another, a flat's number stands behind it or
in front with a slash. So the street is all words that are no number, flat or box, with kinds of streets written short.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pharmacy.merge.fold import fold

_SHORT = {
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
    """An address as it is compared; empty where unknown."""

    number: str
    flat: str
    street: str
    city: str
    postcode: str
    state: str


@lru_cache(maxsize=20_000)
def _city(city: str) -> str:
    return " ".join(_SHORT.get(word, word) for word in _PART.findall(fold(city).translate(_QUOTES)))


@lru_cache(maxsize=20_000)
def _postcode(postcode: str) -> str:
    """Letters and digits; of an American code with four more digits the first five."""
    code = "".join(filter(str.isalnum, fold(postcode)))
    return code[:5] if len(code) == 9 and code.isdigit() else code


def read_address(street: str, city: str, state: str, postcode: str) -> Address:
    """The parts of an address as people wrote it; nothing is looked up."""
    number = flat = name = ""
    if _has_digit(city) and not _has_digit(street):
        # The two columns were exchanged: houses have numbers, and towns have none.
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
        number, flat, name = _street(_PART.findall(text), number, flat)
    return Address(number, flat, name, _city(city) if city else "", _postcode(postcode), fold(state).strip())


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _street(parts: list[str], number: str, flat: str) -> tuple[str, str, str]:
    named: list[str] = []
    before = ""
    for part in parts:
        if part == "#":
            before = "#"
            continue
        if (before in _FLAT or before == "#") and (part[0].isdigit() or len(part) == 1):
            flat = flat or part
            if named and named[-1] == before:
                named.pop()
        elif part[0].isdigit() and not number:
            number = part
        elif part[0].isdigit() and not named and not flat:
            # A second number before the street is the house's, the first the flat's.
            flat, number = number, part
        else:
            named.append(_SHORT.get(part, part))
        before = part
    return number, flat, " ".join(named)
