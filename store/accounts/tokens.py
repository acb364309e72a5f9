"""Secrets that let somebody in: made at random, given away once, and kept only as a hash."""

from __future__ import annotations

import hashlib
import secrets

BYTES = 32


def new_secret(prefix: str = "") -> str:
    """A secret fit for an address: 256 random bits after the prefix."""
    return prefix + secrets.token_urlsafe(BYTES)


def hash_of(secret: str) -> str:
    """What is stored of a secret. So long a random secret needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
