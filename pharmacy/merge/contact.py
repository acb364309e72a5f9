"""Telephone numbers and e-mail addresses as they are compared."""

from __future__ import annotations

import re

from pharmacy.merge.fold import fold

_FEWEST_DIGITS = 7
_COMPARED_DIGITS = 9
_NO_DIGITS = {letter: None for letter in range(128) if not chr(letter).isdecimal()}
_EXTENSION = re.compile(r"e?xt?", re.IGNORECASE)


def read_phone(phone: str) -> str:
    """The last nine digits: country codes and the zero of trunk calls come and go. Empty for what is no number."""
    if not phone:
        return ""
    if "x" in phone or "X" in phone:
        phone = _EXTENSION.split(phone, maxsplit=1)[0]
    digits = phone.translate(_NO_DIGITS) if phone.isascii() else "".join(filter(str.isdecimal, phone))
    if len(digits) < _FEWEST_DIGITS or len(set(digits)) == 1:
        return ""
    return digits[-_COMPARED_DIGITS:]


def read_email(email: str) -> str:
    """An address in small letters, without a label (`+vet`); empty for what is no address."""
    local, at, domain = fold(email).strip().rpartition("@")
    if not at or not local or "." not in domain:
        return ""
    return f"{local.partition('+')[0]}@{domain}"
