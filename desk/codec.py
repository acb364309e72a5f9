"""Payloads that Temporal stores but cannot read: AES-256-GCM with the keys of `PAYLOAD_KEYS`.

The first key seals, all of them open, so that a key is changed by putting a new one in front. What was stored before
there was a key stays readable. Search attributes, workflow IDs and the names of updates are never sealed.
"""

from __future__ import annotations

import hashlib
import os
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING = b"binary/encrypted"
NONCE_BYTES = 12


class SealedPayload(ValueError):
    """A payload that none of our keys opens."""


class Seal(PayloadCodec):
    """Encrypts and decrypts payloads. Needs at least one key."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        opened = [urlsafe_b64decode(key.get_secret_value()) for key in keys]
        self._ciphers = {_name(key): AESGCM(key) for key in opened}
        self._first = _name(opened[0])

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Raises `SealedPayload` for one whose key is not among ours, or that was altered."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        data = nonce + self._ciphers[self._first].encrypt(nonce, payload.SerializeToString(), None)
        return Payload(metadata={"encoding": ENCODING, "key": self._first.encode()}, data=data)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        name = payload.metadata["key"].decode()
        if name not in self._ciphers:
            raise SealedPayload(f"A payload was sealed with the key {name}; add that key to ONBOARD_PAYLOAD_KEYS.")
        nonce, text = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            return Payload.FromString(self._ciphers[name].decrypt(nonce, text, None))
        except InvalidTag:
            raise SealedPayload("A payload was altered after it had been sealed.") from None


def _name(key: bytes) -> str:
    """A name for a key that tells nothing of it."""
    return hashlib.sha256(b"payload key " + key).hexdigest()[:16]
