"""Reads the names of clients as people type them: titles, generations, degrees, couples, organizations, no names.

The reader of names for feeds and for merging.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pharmacy.merge.fold import fold, split_words
from pharmacy.merge.name_lists import feminine_given_names, known_given_names, masculine_given_names, word_list

_WOMAN, _MAN = "woman", "man"
_TITLES = {
    **dict.fromkeys(("mr", "herr", "sir", "senor", "monsieur", "mister"), _MAN),
    **dict.fromkeys(("mrs", "ms", "miss", "frau", "mme", "madame", "senora", "senorita", "lady"), _WOMAN),
    **dict.fromkeys(("mx", "dr", "doctor", "prof", "professor", "rev", "fr", "pastor", "capt", "sgt", "lt", "hon"), ""),
}
"""Each title with what it says about who bears it."""
_GENERATIONS = {
    **dict.fromkeys(("jr", "jnr", "jun", "junior", "filho", "hijo", "fils"), "junior"),
    **dict.fromkeys(("sr", "snr", "sen", "senior", "pai", "padre", "pere"), "senior"),
    **dict.fromkeys(("i", "1st", "ist", "first"), "first"),
    **dict.fromkeys(("ii", "2nd", "iind", "second", "neto"), "second"),
    **dict.fromkeys(("iii", "3rd", "iiird", "third"), "third"),
    **dict.fromkeys(("iv", "4th", "ivth", "fourth"), "fourth"),
    **dict.fromkeys(("v", "5th", "vth", "fifth"), "fifth"),
    **dict.fromkeys(("vi", "6th"), "sixth"),
}
_DEGREES = word_list("degrees.txt")
_LEGAL_FORMS = word_list("legal_forms.txt")
_ORGANIZATION = word_list("organizations.txt")
_NO_NAME = word_list("no_names.txt")
_NO_SURNAME = word_list("no_surnames.txt")
_JOINED = re.compile(r"\s*(?:&|\+|/|;|\||\s-\s|\band\b|\bund\b|\bet\b|\by\b|\bor\b|\s'?n'?\s)\s*|\s*[(]", re.IGNORECASE)
_JOINED_SURNAMES = re.compile(r"\s*(?:&|\+|/|;|\||\band\b|\bund\b)\s*", re.IGNORECASE)
"""Not by "y" or a dash, which are within one surname."""
_JOINERS = frozenset({"and", "und", "et", "y", "or", "n"})
_GLUED = re.compile(r"(?<=[a-z])(Jr|Sr|III|II|IV)\.?$")


class PersonName(NamedTuple):
    """A name, folded. A couple's given names stand sorted in `given_name`.

    `generation` is "junior", "second" and the like; `title` says "man" or "woman" if a title does.
    """

    given_name: str
    surname: str
    generation: str
    title: str
    couple: bool
    organization: bool


def read_name(given_name: str, surname: str) -> PersonName:
    """Reads a name in one or two fields; a whole name in one field is split."""
    if not surname and (" " in given_name.strip() or "," in given_name):
        given_name, surname = split_full_name(given_name)
    elif not given_name and "," in surname:
        given_name, surname = split_full_name(surname)
    if given_name.isalpha() and surname.isalpha():
        given, family = fold(given_name), fold(surname)
        if not (_is_special(given) or family in _ORGANIZATION or family in _NO_NAME or _GLUED.search(surname)):
            # Most names.
            return PersonName(given, family, "", "", False, False)
    given_names, surnames = _read(given_name, _JOINED), _read(surname, _JOINED_SURNAMES)
    words = given_names.words
    couple = given_names.couple or surnames.couple or _has_two_given_names(words)
    title = given_names.title or surnames.title
    if title == _WOMAN and len(words) == 1 and words[0] in masculine_given_names():
        # Mrs. Patrick Miller is his wife.
        words = ()
    if couple:
        words = tuple(sorted({*words, *_given_names_of_couple(surname)} - _JOINERS))
    return PersonName(
        _known(words, _NO_NAME),
        _known(surnames.words, _NO_SURNAME),
        given_names.generation or surnames.generation,
        title,
        couple,
        _is_organization(given_names.words, surnames.words),
    )


def split_full_name(name: str) -> tuple[str, str]:
    """Splits a whole name as it was written: "Smith, John", "John Smith Jr." or "Dr. Ann Lee, DVM". No name is lost.

    The generation stays with the surname; titles and degrees are left out. A name that cannot be split is a given name,
    that of an organization a surname.
    """
    parts = [part.strip() for part in name.split(",") if part.strip()]
    suffixes = []
    while (len(parts) > 2 or " " in parts[0]) and len(parts) > 1 and _are_suffixes(parts[-1]):
        suffixes += parts.pop().split()
    if any(fold(word.strip(".")) in _LEGAL_FORMS for word in suffixes) or _is_organization(
        tuple(split_words(name)), ()
    ):
        return "", name.strip()
    generation = [word for word in suffixes if fold(word.strip(".")) in _GENERATIONS]
    if len(parts) > 1:
        surname, given = parts[0], " ".join(parts[1:])
        return _without_titles(given), " ".join([surname, *generation])
    words = _without_titles(parts[0] if parts else name).split()
    while len(words) > 2 and fold(words[-1].strip(".")) in _GENERATIONS:
        generation.insert(0, words.pop())
    if len(words) < 2:
        return " ".join([*words, *generation]) or name.strip(), ""
    return " ".join(words[:-1]), " ".join([words[-1], *generation])


class _Words(NamedTuple):
    words: tuple[str, ...]
    generation: str
    title: str
    couple: bool


@lru_cache(maxsize=50_000)
def _read(text: str, joined: re.Pattern[str]) -> _Words:
    """Reads one field of a name, in which `joined` stands between two people."""
    couple = len([part for part in joined.split(text) if part.strip(" )")]) > 1 and fold(text).strip() != "n/a"
    generation = title = ""
    words: list[str] = []
    every = split_words(_GLUED.sub(r" \1", text.strip()))
    for position, word in enumerate(every):
        if word in _TITLES and (position == 0 or couple) and not (len(every) == 1 and word in known_given_names()):
            title = _TITLES[word] or title
        elif position and word in _GENERATIONS and not (word in ("i", "v") and position < len(every) - 1):
            generation = _GENERATIONS[word]
        elif not (position and len(every) > 2 and word in _DEGREES):
            words.append(word)
    if title and couple and len({_TITLES.get(word) for word in every} - {None, ""}) > 1:
        title = ""
    return _Words(tuple(words), generation, title, couple)


@lru_cache(maxsize=50_000)
def _is_special(given_name: str) -> bool:
    """Returns whether a given name of one plain word is perhaps none."""
    return (
        given_name in _NO_NAME
        or given_name in _TITLES
        or given_name in _ORGANIZATION
        or len(set(given_name)) == 1 < len(given_name)
    )


def _has_two_given_names(words: tuple[str, ...]) -> bool:
    """Returns whether a field has the names of two people with nothing in between: Robert Beth."""
    men, women = masculine_given_names(), feminine_given_names()
    one, other = words if len(words) == 2 else ("", "")
    return (one in men and other in women) or (one in women and other in men)


def _given_names_of_couple(text: str) -> list[str]:
    """Returns the given names in a surname field that names a second person: "Okonjo & Beth Kettering"."""
    others = [split_words(part) for part in _JOINED_SURNAMES.split(text)[1:]]
    return [words[0] for words in others if len(words) > 1]


def _known(words: tuple[str, ...], unknown: frozenset[str]) -> str:
    """Returns the words of a name; none if they only stand in for one."""
    if "".join(words) in unknown or all(word in unknown or len(set(word)) == 1 < len(word) for word in words):
        return ""
    return " ".join(words)


def _is_organization(given: tuple[str, ...], surname: tuple[str, ...]) -> bool:
    words = (*given, *surname)
    if any(word in _ORGANIZATION or word in _LEGAL_FORMS for word in words) and len(words) > 1:
        # Farm or Church may be somebody's surname.
        return len(words) > 2 or any(word in _ORGANIZATION for word in given) or words[-1] in _LEGAL_FORMS
    # "HTR Foster Ann": a foster home of a rescue.
    return len(surname) > 1 and surname[0] == "foster"


def _are_suffixes(text: str) -> bool:
    return all(word in _GENERATIONS or word in _DEGREES or word in _LEGAL_FORMS for word in split_words(text))


def _without_titles(name: str) -> str:
    words = name.split()
    while len(words) > 1 and fold(words[0].strip(".")) in _TITLES and not _JOINED.search(name):
        words.pop(0)
    while len(words) > 2 and fold(words[-1].replace(".", "")) in _DEGREES:
        words.pop()
    return " ".join(words)
