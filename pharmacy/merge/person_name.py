"""Reads the names of clients as people type them: titles, generations, degrees, couples, organizations, no names.

The reader of names for feeds and for merging.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pharmacy.merge.fold import fold, split_words
from pharmacy.merge.full_name import split_full_name
from pharmacy.merge.name_lists import DIGITS, feminine_given_names, known_given_names, masculine_given_names
from pharmacy.merge.name_words import (
    DEGREES,
    GENERATIONS,
    JOINED,
    JOINED_SURNAMES,
    JOINERS,
    LEGAL_FORMS,
    NO_NAME,
    NO_SURNAME,
    ORGANIZATION,
    PARTICLES,
    SMALL_WORDS,
    TITLES,
    is_generation,
    is_glued,
    is_organization,
    is_title,
    plain_joiners,
    split_glued,
    split_set_apart,
    usual_generation,
)

_NOBODY = DEGREES | LEGAL_FORMS | frozenset(GENERATIONS)
"""Words behind a comma that name no second person."""
_MAX_JOINER = 4
_MIN_ORDINARY_WORD = 3


class PersonName(NamedTuple):
    """A name, folded. A couple's given names stand sorted in `given_name`.

    `generation` is "jr", "sr" and the like, and what else is set apart; `title` says "man" or "woman" if a title does.
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
    given, family = _fold_plain(given_name, False), _fold_plain(surname, True)
    if given and family:
        # Most names.
        return PersonName(given, family, "", "", False, False)
    given_names, surnames = _read(given_name, False), _read(surname, True)
    words = given_names.words
    couple = given_names.couple or surnames.couple or _has_two_given_names(words)
    title = given_names.title or surnames.title
    if title == "woman" and len(words) == 1 and words[0] in masculine_given_names():
        # Mrs. Patrick Miller is his wife.
        words = ()
    if couple:
        words = tuple(sorted({*words, *_given_names_of_couple(surname)} - JOINERS))
    return PersonName(
        _known(words, NO_NAME),
        _known(surnames.words, NO_SURNAME),
        given_names.generation or surnames.generation,
        title,
        couple,
        is_organization(given_names.words, surnames.words),
    )


class _Words(NamedTuple):
    words: tuple[str, ...]
    generation: str
    title: str
    couple: bool


@lru_cache(maxsize=50_000)
def _read(text: str, of_surname: bool) -> _Words:
    """Reads one field of a name."""
    text, apart = split_set_apart(plain_joiners(split_glued(text.strip())), of_surname)
    every = split_words(text)
    couple = _names_two(text, every, of_surname)
    generations = [usual_generation(word) for word in apart]
    title = ""
    words: list[str] = []
    for position, word in enumerate(every):
        if is_title(every, position) or (couple and word in TITLES):
            title = TITLES[word] or title
        elif is_generation(every, position):
            generations.append(usual_generation(word))
        elif not (position and len(every) > 2 and word in DEGREES):
            words.append(word)
    if title and couple and len({TITLES.get(word) for word in every} - {None, ""}) > 1:
        title = ""
    return _Words(tuple(words), " ".join(sorted(set(generations))), title, couple)


def _names_two(text: str, words: list[str], of_surname: bool) -> bool:
    """Returns whether a field names two people, with something in between."""
    if fold(text).strip() == "n/a":
        return False
    first, *others = (split_words(part) for part in (JOINED_SURNAMES if of_surname else JOINED).split(text))
    if (first or words[:1] == ["attn"]) and any(word not in _NOBODY for part in others for word in part):
        # Also c/o Peter: he is not the client.
        return True
    if of_surname or len(words) != 3:
        return False
    # A joiner that is not listed, between two given names: Peter i Ingrid.
    one, between, other = words
    known = known_given_names()
    if len(between) == 1:
        return text.split()[1:2] == [between] and other in known
    return len(between) <= _MAX_JOINER and one in known and other in known and between not in known | PARTICLES


@lru_cache(maxsize=50_000)
def _fold_plain(name: str, of_surname: bool) -> str:
    """Returns a name of one word, folded; nothing if it is perhaps none, or more than that."""
    folded = fold(name)
    if not name.isalpha() or is_glued(name) or folded in ORGANIZATION:
        return ""
    if folded in NO_SURNAME if of_surname else _is_special(folded):
        return ""
    return folded


def _is_special(given_name: str) -> bool:
    """Returns whether a given name of one plain word is perhaps none."""
    return given_name in NO_NAME or given_name in TITLES or len(set(given_name)) == 1 < len(given_name)


def _has_two_given_names(words: tuple[str, ...]) -> bool:
    """Returns whether a field has the names of two people with nothing in between: Robert Beth."""
    men, women = masculine_given_names(), feminine_given_names()
    one, other = words if len(words) == 2 else ("", "")
    return (one in men and other in women) or (one in women and other in men)


def _given_names_of_couple(text: str) -> list[str]:
    """Returns the given names in a surname field that names a second person: "Okonjo & Beth Kettering"."""
    others = [split_words(part) for part in JOINED_SURNAMES.split(plain_joiners(text))[1:]]
    return [words[0] for words in others if len(words) > 1 or (words and words[0] in known_given_names())]


def _known(words: tuple[str, ...], unknown: frozenset[str]) -> str:
    """Returns the words of a name; none if they only stand in for one."""
    if "".join(words) in unknown or all(_is_no_word(word, unknown, small=len(words) > 1) for word in words):
        return ""
    if unknown is NO_NAME and any(
        len(word) >= _MIN_ORDINARY_WORD and word != "the" and word in unknown for word in words
    ):
        # See Smithson, Good Samaritan; but Aunt Mary has a name, and so has Me lissa.
        known = known_given_names()
        names = ("".join(words).translate(DIGITS), *(word for word in words if word not in unknown))
        if not any(name in known for name in names):
            return ""
    return " ".join(words)


def _is_no_word(word: str, unknown: frozenset[str], *, small: bool = False) -> bool:
    if small and word in SMALL_WORDS:
        return True
    letters = word.rstrip("0123456789")
    return not letters or letters in unknown or len(set(letters)) == 1 < len(letters)
