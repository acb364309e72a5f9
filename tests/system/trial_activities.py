"""What the tests' own workflows have done in the world."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from configuration.settings import Settings
from store.secrets import secrets
from store.secrets.keyring import secrets_keyring


class TryKey:
    """Tries a key once the test lets it; what it has read is seen by the test alone."""

    def __init__(self, database: AsyncEngine, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self.read: list[dict[str, Any]] = []
        self.released = asyncio.Event()

    @activity.defn(name="trial_try_key")
    async def try_key(self, credentials: dict[str, Any]) -> None:
        await self.released.wait()
        keyring = secrets_keyring(self._settings)
        assert keyring is not None
        self.read.append(await secrets.read(self._database, keyring, credentials))
