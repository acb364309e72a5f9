"""The languages of practices: their words are in catalogues (`catalogues/LANGUAGE.po`), by the English sentence.

A request for a page says which language its words are in; everything else is in English. A sentence that a catalogue
lacks stays English. docs/writing-a-playbook.md says how words get there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "es": "Español"}
"""By code, under their own names."""
FORMATS = {ENGLISH: "en_US", "es": "es_US"}
"""The locale by which dates and numbers are written: the practices' country writes 12,500 in every language."""
CATALOGUES = Path(__file__).parent / "catalogues"

_present: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """Returns the code of the language that words are in now."""
    return _present.get()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Words are in this language inside the block."""
    before = _present.set(code)
    try:
        yield
    finally:
        _present.reset(before)


def preferred(accepted: str) -> str:
    """Returns the language for an `Accept-Language`: the one of ours that ranks highest there, else English."""
    ranked: list[tuple[float, int, str]] = []
    for position, each in enumerate(accepted.split(",")[:20]):
        name, _, rest = each.strip().partition(";")
        code = name.split("-")[0].lower()
        weight = re.fullmatch(r"\s*q=(0(?:\.\d+)?|1(?:\.0+)?)\s*", rest)
        rank = float(weight[1]) if weight else 0.0 if rest.strip() else 1.0
        if code in LANGUAGES and rank > 0:
            ranked.append((-rank, position, code))
    return min(ranked)[2] if ranked else ENGLISH


def gettext(text: str) -> str:
    # The empty one would be the catalogue's header.
    return catalogue(language()).gettext(text) if text else ""


def ngettext(one: str, many: str, number: int) -> str:
    return catalogue(language()).ngettext(one, many, number)


def say(text: str, **values: object) -> str:
    """Returns a sentence in the present language, with its values in their places: `say("Hello %(name)s", name=x)`."""
    return gettext(text) % values if values else gettext(text)


def marked(text: str) -> str:
    """Marks words for the catalogues that are translated where they are shown."""
    return text


YEARLESS, WITH_YEAR = marked("EEEE d MMMM"), marked("EEEE d MMMM y")
"""Patterns of a day: `Tuesday 3 March`, `Tuesday 3 March 2026`."""


def day(at: date, pattern: str) -> str:
    """Returns a date by a pattern of Unicode's, such as `EEEE d MMMM`, whose order each catalogue decides."""
    return format_date(at, gettext(pattern), locale=FORMATS[language()])


def number(of: int) -> str:
    """Returns `12,500` as the language writes it."""
    return str(format_decimal(of, locale=FORMATS[language()]))


def listed(items: list[str]) -> str:
    """Returns `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return say("%(first)s and %(last)s", first=", ".join(items[:-1]), last=items[-1])


@cache
def catalogue(code: str) -> NullTranslations:
    if code == ENGLISH:
        return NullTranslations()
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        words = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, words)
    compiled.seek(0)
    return GNUTranslations(compiled)
