"""The words around names: titles, generations, degrees, joiners of two people, words of organizations and of nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pharmacy.merge.fold import fold, split_words
from pharmacy.merge.name_lists import known_given_names, lines_of, word_list

TITLES = {
    title: {"man": "man", "woman": "woman"}.get(kind, "")
    for kind, _, titles in (line.partition(":") for line in lines_of("titles.txt"))
    for title in titles.split()
}
"""Each title with what it says about who bears it."""
GENERATIONS = {word: line.split()[0] for line in lines_of("generations.txt") for word in line.split()}
"""Each word that tells parent and child apart, with the usual one for it."""
DEGREES = word_list("degrees.txt")
LEGAL_FORMS = word_list("legal_forms.txt")
ORGANIZATION = word_list("organizations.txt")
NO_NAME = word_list("no_names.txt") | word_list("ordinary_words.txt")
SMALL_WORDS = frozenset(
    (
        *("to", "be", "do", "dont", "for", "pay", "call", "use", "me", "my", "us", "it", "is", "as", "at", "on", "by"),
        *("if", "get"),
    )
)
"""Words that are no name beside other such words; alone each may be somebody's."""
NO_SURNAME = word_list("no_surnames.txt")
JOINERS = word_list("joiners.txt")
_JOINING_WORDS = "|".join(sorted(JOINERS - {"n"}))
JOINED = re.compile(
    rf"\s*(?:[&+/;,|:\\*=<>~_•·]|\s[-–—]\s|\b(?:{_JOINING_WORDS})\b|\s'?n'?\s)\s*|\s*[(\[]", re.IGNORECASE
)
JOINED_SURNAMES = re.compile(
    r"\s*(?:[&+/;,|:\\=<>~•·]|\b(?:and|und|og|och|plus|aka|with|attn|attention|sowie|agus)\b)\s*", re.IGNORECASE
)
"""Not by "y" or a dash, which are within one surname."""
PARTICLES = frozenset(
    (
        *("de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "las", "le", "los", "el", "al", "st", "of"),
        *("van", "von", "der", "den", "ter", "ten", "zu", "zur", "bin", "ben"),
    )
)
LATE_GENERATIONS = word_list("generation_surnames.txt")
_AMONG_NAMES = frozenset({"jr", "sr", "junior", "filho", "sobrinho", "neto"})
"""Generations that are read as such although some bear them as a name."""
ARTICLES = frozenset({"the", "der", "die", "den", "le", "la", "el", "il", "o"})
_NUMERAL = re.compile(r"\d{1,2}(?:[a-z]{1,3})?|i{2,3}|l{3}|(?=.{2,3}$)[il]*1[il1]*")
_GLUED = re.compile(r"(?<=[a-z])(?:J[Rr]|S[Rr]|Jnr|Snr|I{2,3}|IV|[2-4](?:nd|rd|th|d|e)|1st)\.?(?=$|[\s,])")
_SURELY_TITLES = frozenset({"mr", "mrs", "herr", "frau", "mme", "mlle", "monsieur", "sra", "srta", "dhr", "mevr"})
_SHORT = 3
_ABBREVIATED_JOINERS = (
    (re.compile(r"\bw/(?=[\s\w])", re.IGNORECASE), " with "),
    (re.compile(r"\bc/o\b\s*:?|\battn\b\s*:?", re.IGNORECASE), " attn "),
    (re.compile(r"\ba\.?/?k\.?/?a\b\.?:?", re.IGNORECASE), " aka "),
    (re.compile(r"&amp;", re.IGNORECASE), "&"),
    (re.compile(r"\b(sig)\.\s?(?=r?n?a\b)", re.IGNORECASE), r"\1"),
)
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)(?:[)\]}]|$)")
_DASHED = re.compile(r"\s[-–—]+\s*([^-–—]+)$")


def is_title(words: Sequence[str], position: int) -> bool:
    """Returns whether a word of a name is a title there: the first one, or one that is nothing else."""
    word = words[position]
    if word not in TITLES:
        return False
    if position == 0:
        return len(words) > 1 or word not in known_given_names()
    return word in _SURELY_TITLES


def is_generation(words: Sequence[str], position: int) -> bool:
    """Returns whether a word of a name tells parent and child apart there."""
    word, last = words[position], position == len(words) - 1
    if position == 0:
        return False
    if word in GENERATIONS:
        return (last or word not in ("i", "v")) and _is_no_given_name(word)
    return last and _NUMERAL.fullmatch(word) is not None


def _is_no_given_name(generation: str) -> bool:
    return generation in _AMONG_NAMES or generation not in known_given_names()


def usual_generation(word: str) -> str:
    """Returns the usual word for one that tells parent and child apart, if it is known: "jr" for "jun"."""
    return GENERATIONS.get(word, word)


def is_suffix(word: str) -> bool:
    """Returns whether a word as it was written, at the end of a whole name, belongs to no name: Jr., (son), 2nd, ml."""
    folded = "".join(filter(str.isalnum, fold(word)))
    if not folded or word[0] in "([{" or _NUMERAL.fullmatch(folded):
        return True
    if folded in GENERATIONS:
        return _is_no_given_name(folded)
    return word[-1] == "." and word.islower() and len(folded) <= _SHORT


def ends_with_article(words: Sequence[str]) -> bool:
    """Returns whether a name ends in an article and a word for old or young: the Elder, der Ältere."""
    if len(words) < 4 or fold(words[-2].strip(".")) not in ARTICLES:
        return False
    return fold(words[-1]) in GENERATIONS or fold(words[-1]) in LATE_GENERATIONS


def split_glued(text: str) -> str:
    """Sets a generation apart that is glued to the name: "Miller Jr" for "MillerJr"."""
    return _GLUED.sub(lambda found: f" {found[0]}", text)


def is_glued(text: str) -> bool:
    """Returns whether a generation is glued to the name."""
    return _GLUED.search(text) is not None


def plain_joiners(text: str) -> str:
    """Writes out what stands between two people, and titles of two parts: "with" for "w/"."""
    if "/" in text or "&" in text or ":" in text or "." in text:
        for pattern, joiner in _ABBREVIATED_JOINERS:
            text = pattern.sub(joiner, text)
    return text


def split_set_apart(text: str, of_surname: bool) -> tuple[str, list[str]]:
    """Returns a field without the words in brackets or behind a dash that tell namesakes apart, and these words.

    Beside a surname every such word does, but for a second person's given name.
    """
    apart: list[str] = []

    def take(content: str, written: str, otherwise: str) -> str:
        words = split_words(content)
        if words and all(word in TITLES and word not in GENERATIONS for word in words):
            return f" {content} "
        known = known_given_names()
        if any(word in known and word not in GENERATIONS for word in words):
            return f" & {content}" if of_surname and otherwise == "" else written
        if words and ((of_surname and otherwise == "") or all(_is_mark(word) for word in words)):
            apart.extend(words)
            return " "
        return written

    if "(" in text or "[" in text or "{" in text:
        text = _BRACKETS.sub(lambda found: take(found[1], found[0], ""), text)
    dashed = _DASHED.search(text)
    if dashed:
        text = text[: dashed.start()] + take(dashed[1], dashed[0], "name")
    return text, apart


def _is_mark(word: str) -> bool:
    return word in GENERATIONS or word in LATE_GENERATIONS or len(word) <= 2 or any(map(str.isdigit, word))


def is_organization(given: Sequence[str], surname: Sequence[str]) -> bool:
    """Returns whether the words of a name are those of an organization."""
    words = (*given, *surname)
    if any(word in ORGANIZATION or word in LEGAL_FORMS for word in words) and len(words) > 1:
        # Farm or Church may be somebody's surname.
        return len(words) > 2 or any(word in ORGANIZATION for word in given) or words[-1] in LEGAL_FORMS
    # "HTR Foster Ann": a foster home of a rescue.
    return len(surname) > 1 and surname[0] == "foster"
