"""Keys that encrypt what must not be read: AES-256-GCM. The first seals, all of them open, so that a key is changed by
putting a new one in front."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from configuration.settings import Settings

NONCE_BYTES = 12


class SealedError(ValueError):
    """Something that none of our keys opens, or that was altered."""


class Keyring:
    """Seals and opens bytes. Needs at least one key of 32 bytes."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_name(key): key for key in keys}
        self._ciphers = {name: AESGCM(key) for name, key in self._keys.items()}
        self.first = _name(keys[0])

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._keys)

    def seal(self, plain: bytes, about: bytes | None = None) -> bytes:
        """Encrypts with the first key; what it is `about` has to be given again to open it."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[self.first].encrypt(nonce, plain, about)

    def open(self, name: str, sealed: bytes, about: bytes | None = None) -> bytes:
        """Decrypts what the key of that name has sealed. Raises `SealedError`."""
        if name not in self._ciphers:
            raise SealedError(f"A value was sealed with the key {name}; add that key to ONBOARD_PAYLOAD_KEYS.")
        try:
            return self._ciphers[name].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        except InvalidTag:
            raise SealedError("A value was altered after it had been sealed.") from None

    def marks(self, text: str) -> Iterator[str]:
        """What stands for a text and tells nothing of it, by each key: the same text has the same marks."""
        for key in self._keys.values():
            own = hmac.digest(key, b"references of secrets", "sha256")
            yield hmac.new(own, text.encode(), "sha256").hexdigest()[:32]


def secrets_keyring(settings: Settings) -> Keyring | None:
    """The keys for secrets: those of PAYLOAD_KEYS, and one made of SECRET_KEY, which a single machine always has.

    The latter is the last, so that what was kept before there were payload keys can still be read. None without any.
    """
    keys = [urlsafe_b64decode(key.get_secret_value()) for key in settings.payload_keys]
    if settings.secret_key is not None:
        own = settings.secret_key.get_secret_value().encode()
        keys.append(hmac.digest(own, b"secrets that came with facts", "sha256"))
    return Keyring(keys) if keys else None


def _name(key: bytes) -> str:
    """A name for a key that tells nothing of it."""
    return hashlib.sha256(b"payload key " + key).hexdigest()[:16]
