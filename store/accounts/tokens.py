"""Random secrets, shown once and stored as hashes."""

from __future__ import annotations

import hashlib
import secrets

BYTES = 32


def new_secret(prefix: str = "") -> str:
    """Returns a URL-safe secret: 256 random bits after the prefix."""
    return prefix + secrets.token_urlsafe(BYTES)


def hash_of(secret: str) -> str:
    """Returns the hash to store; a long random secret needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
