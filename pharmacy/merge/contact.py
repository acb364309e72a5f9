"""Normalizes telephone numbers and e-mail addresses for comparison."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pharmacy.merge.fold import fold

_MIN_DIGITS = 7
_COMPARED_DIGITS = 9
_FLOAT = re.compile(r"(\d)[.,](\d{7,})[eE]\+?0?(\d{1,2})|(\d{7,})\.0+")
"""What a spreadsheet makes of a number. With fewer digits than these, some are lost."""
_EXTENSION = re.compile(r"[;,]?\s*(?:e?xt?(?:ension|n)?|durchwahl|#|,)\s*\.?=?:?\s*\d{1,6}\b.*", re.IGNORECASE)
_LETTERS = re.compile(r"(?<=\d-)[A-Z]{4,7}\b")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_NUMBER = re.compile(r"\+?\(?\d[\d\s().\-]*\d")
_PLAIN = re.compile(r"\+?[\d ]*\(?\d{3}\)?[ -]\d{3}[ -]?\d{4}|\+?\d{7,15}")
"""One number and nothing else, as most fields have it."""
_SIGNS = str.maketrans("", "", "+ ()-")
"""Those of a plain number."""
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$")
_NORTH_AMERICAN = re.compile(r"(?:00)?1?([2-9]\d\d[2-9]\d{6})")
_PLACEHOLDER_ENDS = frozenset(
    {"4567", "6789", "7890", "1212", "4321", "3210", "1234", *(4 * digit for digit in "0123456789")}
)
_BETWEEN = re.compile(r"[;,\s]+")
_LOCAL = re.compile(
    r"(no|not|non|na|n/a|none|nope|nobody|nothing|unknown|declined?|refused?|test|fake|xx+|asdf?"
    r"|no[._-]?(e?mail|address|reply)|do[._-]?not[._-]?(e?mail|reply)|does[._-]?not[._-]?have|without[._-]?email)[\d._-]*"
)
_NO_DOMAIN = re.compile(r"none|na?|no|no-?e?mail|test|fake|unknown|noaddress|nowhere|declined|invalid|donotemail")
"""First names of domains that are typed where there is no address."""
_NO_PERSON = frozenset({"abc", "xyz", "asdf", "qwerty"})


def restore_number(text: str) -> str:
    """Returns the number of which a spreadsheet made `7.405550163E+09` or `7405550163.0`; else the text as it is."""
    found = _FLOAT.fullmatch(text)
    if not found:
        return text
    if found[4]:
        return found[4]
    # With another exponent digits are missing, or were never digits of one number.
    return found[1] + found[2] if len(found[2]) == int(found[3]) else text


def is_placeholder_phone(phone: str) -> bool:
    """Returns whether this is typed where there is no number, as 555-1212 or 000-000-0000."""
    if phone[-4:].isdecimal() and phone[-4:] not in _PLACEHOLDER_ENDS:
        # Most numbers.
        return False
    digits = "".join(filter(str.isdecimal, phone))
    return (
        digits.endswith(("1234567", "1234567890", "5551212", "987654321", "9876543210", "0123456789"))
        or (len(digits) >= _MIN_DIGITS and len(set(digits[-_MIN_DIGITS:])) == 1)
        or (digits.endswith("5551234") and len(digits) >= 10 and len(set(digits[-10:-7])) == 1)
    )


def is_placeholder_email(email: str) -> bool:
    """Returns whether this is typed where there is no address, as none@none.com."""
    local, _, domain = email.lower().rpartition("@")
    label = domain.partition(".")[0]
    if _NO_DOMAIN.fullmatch(label) or _LOCAL.fullmatch(local):
        return True
    # x@x.com, but smith@smith.com may be somebody.
    return local == label and (len(set(local)) <= 2 or local.isdigit() or local in _NO_PERSON)


def normalize_phones(phone: str) -> tuple[str, ...]:
    """Returns what is compared of each number in a field: ten digits in North America, elsewhere the last nine, since
    country codes and trunk zeros are often missing.

    Extensions are left out, and so are numbers that people type where they have none.
    """
    if not phone:
        return ()
    text = phone.strip()
    if _PLAIN.fullmatch(text):
        digits = text.translate(_SIGNS)
        return (_compared(digits),) if _is_number(digits) else ()
    text = restore_number(text)
    if _DATE.fullmatch(text):
        return ()
    text = _LETTERS.sub(lambda found: found[0].translate(_KEYPAD), text.upper()) if "-" in text else text
    parts = re.split(r"[/|;]|\bor\b|\band\b|[a-z]+:", _EXTENSION.sub(" ", text.lower()))
    return _of_digits(number for part in parts for number in _NUMBER.findall(part))


def _of_digits(numbers: Iterable[str]) -> tuple[str, ...]:
    """Returns what is compared of each number, without those that are none."""
    found = ("".join(filter(str.isdecimal, number)) for number in numbers)
    return tuple(dict.fromkeys(_compared(digits) for digits in found if _is_number(digits)))


def _is_number(digits: str) -> bool:
    return len(digits) >= _MIN_DIGITS and not is_placeholder_phone(digits)


def _compared(digits: str) -> str:
    national = _NORTH_AMERICAN.fullmatch(digits)
    return national[1] if national else digits[-_COMPARED_DIGITS:]


def normalize_emails(email: str) -> tuple[str, ...]:
    """Returns the addresses in a field in lower case, without their labels (`+vet`) and without those of nobody."""
    if not email:
        return ()
    found = []
    for part in _BETWEEN.split(fold(email).strip()):
        local, at, domain = part.removeprefix("mailto:").strip("<>").rpartition("@")
        if at and local and "." in domain and not is_placeholder_email(f"{local}@{domain}"):
            found.append(f"{local.partition('+')[0]}@{domain}")
    return tuple(dict.fromkeys(found))
