"""Folds text for comparison: lower case, without accents or letters that programs and languages write differently."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'", "`": "'"}
)
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"(?<=\w)['´](?=\w)")
MAX_LENGTH = 200
"""Characters of a field that are read. A longer one is no name or address, and must not cost time."""


def fold(text: str) -> str:
    """Returns `text` in lower case without accents: José, JOSE and jose are the same."""
    if len(text) > MAX_LENGTH:
        text = text[:MAX_LENGTH]
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in text if not unicodedata.combining(letter)).translate(_LETTERS)


def split_words(text: str) -> list[str]:
    """Returns the folded words of `text`. O'Neil is one word, Smith-Jones two."""
    if not text:
        return []
    folded = fold(text)
    if "'" in folded or "´" in folded:
        folded = _APOSTROPHE.sub("", folded)
    return [folded] if folded.isalnum() else _WORD.findall(folded)
