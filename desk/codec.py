"""Payloads that Temporal stores but cannot read: AES-256-GCM with the keys of `PAYLOAD_KEYS`.

The first key seals, all of them open, so that a key is changed by putting a new one in front. What was stored before
there was a key stays readable. Search attributes, workflow IDs and the names of updates are never sealed.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Sequence

from pydantic import SecretStr
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from store.secrets.keyring import Keyring

ENCODING = b"binary/encrypted"


class Seal(PayloadCodec):
    """Encrypts and decrypts payloads. Needs at least one key."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._keys = Keyring([urlsafe_b64decode(key.get_secret_value()) for key in keys])

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Raises `SealedError` for one whose key is not among ours, or that was altered."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        data = self._keys.seal(payload.SerializeToString())
        return Payload(metadata={"encoding": ENCODING, "key": self._keys.first.encode()}, data=data)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        return Payload.FromString(self._keys.open(payload.metadata["key"].decode(), payload.data))
