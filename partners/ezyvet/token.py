"""ezyVet's tokens: JWTs that say themselves how long they are good."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr
from pydantic_core import from_json


@dataclass(frozen=True)
class Token:
    """A token, and how long it is good from when it was issued; None if it does not say."""

    value: SecretStr
    lifetime: timedelta | None


def read_token(value: str) -> Token:
    """Reads the lifetime from the JWT's own `iat` and `exp`. Their difference counts, so that no clock matters.

    `expires_in` of ezyVet's answer is never looked at: it says 1209600 for 12 hours.
    """
    try:
        payload = value.split(".")[1]
        claims = from_json(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        lifetime = timedelta(seconds=float(claims["exp"]) - float(claims["iat"]))
    except (IndexError, KeyError, TypeError, ValueError, OverflowError):
        return Token(SecretStr(value), None)
    return Token(SecretStr(value), lifetime if lifetime > timedelta() else None)
