"""Normalizes telephone numbers and e-mail addresses for comparison."""

from __future__ import annotations

import re

from pharmacy.merge.fold import fold

_MIN_DIGITS = 7
_COMPARED_DIGITS = 9
_NO_DIGITS = {letter: None for letter in range(128) if not chr(letter).isdecimal()}
_EXTENSION = re.compile(r"e?xt?", re.IGNORECASE)


def normalize_phone(phone: str) -> str:
    """Returns the last nine digits, since country codes and trunk zeros are often missing; empty for no number."""
    if not phone:
        return ""
    if "x" in phone or "X" in phone:
        phone = _EXTENSION.split(phone, maxsplit=1)[0]
    digits = phone.translate(_NO_DIGITS) if phone.isascii() else "".join(filter(str.isdecimal, phone))
    if len(digits) < _MIN_DIGITS or len(set(digits)) == 1:
        return ""
    return digits[-_COMPARED_DIGITS:]


def normalize_email(email: str) -> str:
    """Returns the address in lower case without its label (`+vet`); empty for no address."""
    local, at, domain = fold(email).strip().rpartition("@")
    if not at or not local or "." not in domain:
        return ""
    return f"{local.partition('+')[0]}@{domain}"
