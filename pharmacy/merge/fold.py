"""Letters as they are compared: small, without accents, without what programs and languages write differently."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'", "`": "'"}
)
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"(?<=\w)['´](?=\w)")
LONGEST = 200
"""Characters of a field that are read: a longer one is no name or address, and must not cost time."""


def fold(text: str) -> str:
    """`text` in small letters without accents: José, JOSE and jose are one."""
    if len(text) > LONGEST:
        text = text[:LONGEST]
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in text if not unicodedata.combining(letter)).translate(_LETTERS)


def words(text: str) -> list[str]:
    """The words of `text`, folded; O'Neil is one word, Smith-Jones two."""
    if not text:
        return []
    folded = fold(text)
    if "'" in folded or "´" in folded:
        folded = _APOSTROPHE.sub("", folded)
    return [folded] if folded.isalnum() else _WORD.findall(folded)
