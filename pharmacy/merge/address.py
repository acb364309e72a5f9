"""Splits addresses into the parts that are compared.

Files order these parts differently: a house name may stand before the street, and a flat's number behind it or in front
with a slash. So the street is every word that is no number, flat or box, with street types abbreviated.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pharmacy.merge.fold import MAX_LENGTH, fold
from pharmacy.merge.name_lists import lines_of, word_list

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
_UNIT = word_list("units.txt")
_ROUTE = frozenset(
    (
        *("rr", "hc", "hcr", "psc", "cmr", "route", "rte", "rt", "cr", "cty", "sr", "hwy", "highway", "fm", "us"),
        *("interstate", "i", "twp", "fs", "mile", "exit", "county road", "state road", "township road", "ranch road"),
    )
)
"""What comes before the number of a road or route, which is no house number."""
_DWELLING = {word: line.split()[0] for line in lines_of("dwellings.txt") for word in line.split()}
_PARTS_OF_HOUSE = frozenset({"upper", "basement", "front", "rear", "left", "right", "middle"})
DWELLINGS = frozenset(_DWELLING.values()) | {"1/2", "1/3", "2/3", "1/4", "3/4"}
"""What tells a second home on a lot from the main one, which is called "main" or nothing."""
STREET_TYPES = frozenset(
    (
        *("st", "ave", "rd", "dr", "ln", "ct", "pl", "cres", "cct", "cir", "blvd", "ter", "pde", "hwy", "pkwy", "sq"),
        *("cl", "gr", "way", "vlge"),
    )
)
ALL_STREET_TYPES = STREET_TYPES | {
    *("loop", "run", "trl", "pike", "pass", "path", "walk", "row", "xing", "cv", "cove", "aly", "alley", "bnd", "bend"),
    *("plz", "plaza", "mews", "spur", "trce", "trace", "holw", "hollow", "lndg", "landing", "rdg", "ridge", "knoll"),
}
PLACE_TYPES = ALL_STREET_TYPES | {
    *("hill", "park", "pk", "hts", "glen", "green", "view", "valley", "pt", "mt", "crest", "corner", "estate", "ford"),
    *("forest", "garden", "harbor", "island", "isle", "lake", "mall", "meadow", "mill", "manor", "oval", "ranch"),
    *("shore", "spring", "station", "summit", "vista", "well", "field", "terrace", "close", "quay", "wharf", "square"),
}
"""What else a street may be called, so that only it differs from another of the same name."""
DIRECTIONS = frozenset({"n", "s", "e", "w", "ne", "nw", "se", "sw"})
_NO_STREET = word_list("no_streets.txt")
_BOX = re.compile(r"\b(?:p\s*\.?\s*o\s*\.?\s*box|post\s*box|postfach|pob)\s*(\d+)")
_FRACTION = re.compile(r"(?<=\d)[\s-]+([1-3])\s?/\s?([2-4])\b")
_FRACTIONS = str.maketrans({"½": " 1/2", "¼": " 1/4", "¾": " 3/4"})
_SLASHED = re.compile(r"\b(\d+[a-z]?)\s*/\s*(\d+)")
_PART = re.compile(r"[#,]|\d+-\d+\b|\d+(?:st|nd|rd|th)\b|\d+[a-z]?\b|\b[a-z]{1,2}-?\d+\b|[^\W\d_]+|\d+")
_IN_LAW = re.compile(r"\bin[ -]laws?\b")
_NUMBER_AND_WORDS = re.compile(r"([0-9]+) ([A-Za-z][A-Za-z .]*)")
_WORD = re.compile(r"[^\W_]+")
_QUOTES = str.maketrans("", "", "'’´`.")


class Address(NamedTuple):
    """A normalized address; unknown parts are empty.

    `units` are the numbers and letters besides the house number, such as those of flats, boxes and numbered streets,
    and what one lot has several of: "basement", "cottage", the "1/2" of 12 1/2. `directions` are those of the street,
    such as "n" and "se".
    """

    number: str
    units: tuple[str, ...]
    directions: tuple[str, ...]
    street: str
    city: str
    postcode: str
    state: str


@lru_cache(maxsize=20_000)
def _normalize_city(city: str) -> str:
    return " ".join(
        _ABBREVIATIONS.get(word, word) for word in _PART.findall(fold(city).translate(_QUOTES)) if word != ","
    )


@lru_cache(maxsize=20_000)
def _normalize_postcode(postcode: str) -> str:
    """Returns letters and digits only; a ZIP+4 code is cut to its first five digits."""
    code = "".join(filter(str.isalnum, fold(postcode)))
    return code[:5] if len(code) == 9 and code.isdigit() else code


class StreetParts(NamedTuple):
    """What `Address` has of the street."""

    number: str
    units: tuple[str, ...]
    directions: tuple[str, ...]
    street: str


def parse_address(street: str, city: str, state: str, postcode: str) -> Address:
    """Splits a written address into its parts. Nothing is looked up."""
    if _has_digit(city) and not _has_digit(street):
        # The two columns are swapped: towns have no numbers.
        street, city = city, street
    code = _normalize_postcode(postcode)
    city = _normalize_city(city) if city else ""
    return Address(*_split_known_street(street, code), city, code, fold(state).strip())


def _split_known_street(street: str, code: str) -> StreetParts:
    """Returns what `split_street` does. Many live in one street, which is read once: only the house number differs."""
    found = _NUMBER_AND_WORDS.fullmatch(street)
    if found is None or found[1] == code or code.isalpha() or len(street) > MAX_LENGTH:
        return split_street(street, code)
    parts = _split_street_of_words(found[2])
    return parts._replace(number=found[1]) if parts.number else parts


@lru_cache(maxsize=20_000)
def _split_street_of_words(words: str) -> StreetParts:
    return split_street(f"1 {words}", "")


def split_street(street: str, code: str) -> StreetParts:
    """Splits a written street; the postcode `code` in it is left out."""
    number = flat = fraction = ""
    text = fold(street if street.isascii() else street.translate(_FRACTIONS)).translate(_QUOTES)
    if is_placeholder_street(text):
        return StreetParts("", (), (), "")
    if "law" in text:
        text = _IN_LAW.sub("inlaw", text)
    if "box" in text or "pob" in text or "postfach" in text:
        box = _BOX.search(text)
        if box:
            number = flat = f"box{box[1]}"
            text = text.replace(box[0], " ", 1)
    if "/" in text:
        found = _FRACTION.search(text)
        if found:
            fraction, text = f"{found[1]}/{found[2]}", text.replace(found[0], " ", 1)
        slashed = _SLASHED.search(text)
        if slashed:
            flat, text = slashed[1], text.replace(slashed[0], slashed[2], 1)
    parts = [part for part in _PART.findall(text) if not (code and part == code)]
    return _parse_street(parts, number, [each for each in (flat, fraction) if each])


def is_placeholder_street(street: str) -> bool:
    """Returns whether this is typed where there is no street, as "No address" or "12 Unknown"."""
    words = [word for word in _WORD.findall(street.lower().replace("/", "")) if not word.isdecimal()]
    return bool(words) and all(word in _NO_STREET for word in words)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _parse_street(parts: list[str], number: str, units: list[str]) -> StreetParts:
    name: list[str] = []
    directions = []
    before = two_before = ""
    for position, part in enumerate(parts):
        word = _ABBREVIATIONS.get(part, part)
        if part == ",":
            continue
        if part == "#":
            pass
        elif part in _DWELLING and _is_dwelling(parts, position):
            units.append(_DWELLING[part])
        elif before in _UNIT or before == "#":
            if _is_code(part) or (len(part) == 2 and part[0] == part[1]):
                units.append(part.replace("-", ""))
                if name and name[-1] == before:
                    name.pop()
            else:
                name.append(word)
        elif part[0].isdigit() and (before in _ROUTE or f"{two_before} {before}" in _ROUTE or _is_ordinal(part)):
            units.append(part)
            name.append(part)
        elif "-" in part and part[0].isdigit():
            # A range, a flat and a house, or one number as in Queens.
            first, _, last = part.partition("-")
            units += [first, part]
            number = number or last
        elif part[0].isdigit() and not number:
            number = part
        elif part[0].isdigit() and not name and not units:
            # Of two numbers before the street, the first is the flat and the second the house.
            units.append(number)
            number = part
        elif _is_code(part) and word not in DIRECTIONS:
            units.append(part)
        else:
            if word in DIRECTIONS:
                directions.append(word)
            name.append(word)
        two_before, before = before, part
    return StreetParts(number, tuple(units), tuple(directions), " ".join(name))


def _is_dwelling(parts: list[str], position: int) -> bool:
    """Returns whether a word names one of several homes on a lot there, and not the street: St Cottage, Cottage St."""
    part, before, after = parts[position], parts[position - 1] if position else "", parts[position + 1 : position + 2]
    if after and _ABBREVIATIONS.get(after[0], after[0]) in ALL_STREET_TYPES:
        return False
    if not before:
        return bool(after) and (after[0] == "," or after[0][0].isdigit())
    if before in (",", "#") or before in _UNIT or before in _DWELLING:
        return True
    if _ABBREVIATIONS.get(before, before) in ALL_STREET_TYPES or (position > 1 and _is_code(before)):
        return True
    return not after and _DWELLING[part] in _PARTS_OF_HOUSE


def _is_ordinal(part: str) -> bool:
    return len(part) > 2 and part[-2:] in ("st", "nd", "rd", "th")


def _is_code(part: str) -> bool:
    """Returns whether this is a number, with a letter or not, or a single letter: 12, 4b, b12, a."""
    return part[0].isdigit() or part[-1].isdigit() or len(part) == 1
