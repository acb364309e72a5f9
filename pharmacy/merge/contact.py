"""Telephone numbers and e-mail addresses as they are compared."""

from __future__ import annotations

from pharmacy.merge.fold import fold

_FEWEST_DIGITS = 7
_COMPARED_DIGITS = 9


def read_phone(phone: str) -> str:
    """The last nine digits: country codes and the zero of trunk calls come and go. Empty for what is no number."""
    if not phone:
        return ""
    lower = phone.lower()
    for sign in ("ext", "x"):
        lower = lower.partition(sign)[0]
    digits = "".join(filter(str.isdecimal, lower))
    if len(digits) < _FEWEST_DIGITS or len(set(digits)) == 1:
        return ""
    return digits[-_COMPARED_DIGITS:]


def read_email(email: str) -> str:
    """An address in small letters, without a label (`+vet`); empty for what is no address."""
    local, at, domain = fold(email).strip().rpartition("@")
    if not at or not local or "." not in domain:
        return ""
    return f"{local.partition('+')[0]}@{domain}"
