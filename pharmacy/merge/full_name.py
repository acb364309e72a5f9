"""Splits a whole name that stands in one field into given name and surname."""

from __future__ import annotations

from pharmacy.merge.fold import fold, split_words
from pharmacy.merge.name_words import (
    DEGREES,
    GENERATIONS,
    JOINED,
    LEGAL_FORMS,
    TITLES,
    ends_with_article,
    is_organization,
    is_suffix,
    plain_joiners,
)


def split_full_name(name: str) -> tuple[str, str]:
    """Splits a whole name as it was written: "Smith, John", "Mrs. Pat Smith Jr." or "Dr. Ann Lee, DVM".

    No name is lost. The generation stays with the surname, and the title of a man or a woman with the given name: both
    tell two people apart. Other titles and degrees are left out. A name that cannot be split is a given name, an
    organization's a surname.
    """
    parts = [part.strip() for part in name.split(",") if part.strip()]
    if not parts:
        return name.strip(), ""
    suffixes: list[str] = []
    while (len(parts) > 2 or " " in parts[0]) and len(parts) > 1 and _are_suffixes(parts[-1]):
        suffixes += parts.pop().split()
    if any(fold(word.strip(".")) in LEGAL_FORMS for word in suffixes) or is_organization(tuple(split_words(name)), ()):
        return "", name.strip()
    generations = [word for word in suffixes if fold(word.strip(".")) in GENERATIONS]
    titles = [word for word in suffixes if _title(word) and fold(word.strip(".")) not in GENERATIONS]
    if len(parts) > 1:
        surname, given = parts[0], " ".join(parts[1:])
        return " ".join([*titles, _without_titles(given)]), " ".join([surname, *generations])
    words = _without_titles(parts[0]).split()
    while words and len(words) > 2 and _title(words[-1]) and words[-1][0] in "([":
        titles.append(words.pop().strip("()[]"))
    if titles and _title(words[0]) is None:
        words = [*titles, *words]
    title = 1 if len(words) > 1 and _title(words[0]) else 0
    if ends_with_article(words[title:]):
        generations = [*words[-2:], *generations]
        del words[-2:]
    while len(words) > 2 + title and is_suffix(words[-1]):
        generations.insert(0, words.pop())
    if len(words) < 2:
        return " ".join([*words, *generations]) or name.strip(), ""
    first, joiner, second = _split_second(" ".join(words))
    if joiner and len(first.split()) > 1 + title and len(second.split()) == 1:
        # Pat Smith c/o Ann: the second has no surname.
        words = [*first.split()[:-1], joiner, second, first.split()[-1]]
    return " ".join(words[:-1]), " ".join([words[-1], *generations])


def _split_second(name: str) -> tuple[str, str, str]:
    """Splits a name before and after what joins two people."""
    found = JOINED.search(plain_joiners(name))
    if found is None:
        return name, "", ""
    text = plain_joiners(name)
    return text[: found.start()], found[0].strip(), text[found.end() :].strip(" )]")


def _title(word: str) -> str | None:
    """Returns what a title says about who bears it; None for another word, and for a title of either."""
    return TITLES.get(fold(word.strip(".()[]"))) or None


def _are_suffixes(text: str) -> bool:
    return all(
        word in GENERATIONS or word in DEGREES or word in LEGAL_FORMS or _title(word) for word in split_words(text)
    )


def _without_titles(name: str) -> str:
    """Returns the name without degrees, and without the titles that men and women have."""
    words = name.split()
    while len(words) > 1 and TITLES.get(fold(words[0].strip("."))) == "" and not JOINED.search(name):
        words.pop(0)
    while len(words) > 2 and fold(words[-1].replace(".", "")) in DEGREES:
        words.pop()
    return " ".join(words)
