"""Normalizes telephone numbers and e-mail addresses for comparison."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pharmacy.merge.fold import fold

_MIN_DIGITS = 7
_COMPARED_DIGITS = 9
_FLOAT = re.compile(r"\d(?:\.\d{7,})?[eE]\+?\d{1,2}|\d{7,}\.0+")
"""What a spreadsheet makes of a number. With fewer digits than these, some are lost."""
_EXTENSION = re.compile(r"[;,]?\s*(?:e?xt?(?:ension|n)?|durchwahl|#|,)\s*\.?=?:?\s*\d{1,6}\b.*", re.IGNORECASE)
_LETTERS = re.compile(r"(?<=\d-)[A-Z]{4,7}\b")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_NUMBER = re.compile(r"\+?\(?\d[\d\s().\-]*\d")
_PLAIN = re.compile(r"\+?[\d ]*\(?\d{3}\)?[ -]\d{3}[ -]?\d{4}|\+?\d{7,15}")
"""One number and nothing else, as most fields have it."""
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$")
_PLACEHOLDERS = re.compile(r"(\d)\1{6,}$|1234567(890)?$|5551212$|(\d)\3{2}5551234$|987654321")
_BETWEEN = re.compile(r"[;,\s]+")
_LOCAL = re.compile(
    r"(no|not|non|na|none|noe?mail|noaddress|nope|unknown|declined?|refused?|test|fake|nobody|xx+|asdf?)[\d._-]*"
)
_NO_DOMAIN = frozenset(
    {"none.com", "na.com", "no.com", "noemail.com", "test.com", "email.com.com", "nomail.com", "none.none"}
)


def normalize_phones(phone: str) -> tuple[str, ...]:
    """Returns the last nine digits of each number in a field, since country codes and trunk zeros are often missing.

    Extensions are left out, and so are numbers that people type where they have none.
    """
    if not phone:
        return ()
    text = phone.strip()
    if _PLAIN.fullmatch(text):
        return _of_digits([text])
    if _FLOAT.fullmatch(text):
        text = f"{float(text):.0f}"
    if _DATE.fullmatch(text):
        return ()
    text = _LETTERS.sub(lambda found: found[0].translate(_KEYPAD), text.upper()) if "-" in text else text
    parts = re.split(r"[/|;]|\bor\b|\band\b|[a-z]+:", _EXTENSION.sub(" ", text.lower()))
    return _of_digits(number for part in parts for number in _NUMBER.findall(part))


def _of_digits(numbers: Iterable[str]) -> tuple[str, ...]:
    """Returns what is compared of each number, without those that are none."""
    found = ("".join(filter(str.isdecimal, number)) for number in numbers)
    return tuple(
        dict.fromkeys(
            digits[-_COMPARED_DIGITS:]
            for digits in found
            if len(digits) >= _MIN_DIGITS and not _PLACEHOLDERS.search(digits)
        )
    )


def normalize_emails(email: str) -> tuple[str, ...]:
    """Returns the addresses in a field in lower case, without their labels (`+vet`) and without those of nobody."""
    if not email:
        return ()
    found = []
    for part in _BETWEEN.split(fold(email).strip()):
        local, at, domain = part.removeprefix("mailto:").strip("<>").rpartition("@")
        if at and local and "." in domain and not (_LOCAL.fullmatch(local) or domain in _NO_DOMAIN):
            found.append(f"{local.partition('+')[0]}@{domain}")
    return tuple(dict.fromkeys(found))
