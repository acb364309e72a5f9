"""ezyVet's limits, kept by all processes together: places of calls in PostgreSQL, by its clock alone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet import places
from integrations.ezyvet.batches import Batches
from integrations.ezyvet.limits import Limits, Wait
from integrations.ezyvet.places import Asking
from store.database import DatabaseProblem


class Budget:
    """Places for the calls to each site. A site is `Credentials.site`.

    A burst of one site's calls holds one connection here, and not all of them: they are handed out together.
    """

    def __init__(self, engine: AsyncEngine, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._engine = engine
        self._asked = Batches(self._hand_out, self._unused)
        self._ended = Batches(self._finish)

    async def take(self, site: str, asking: Asking) -> int:
        """Takes a place for a call that begins now, and returns its number for `finish`.

        Raises `Wait` if others go first or no place is free; who waits asks again with the same key.
        """
        place = await self._asked.add(site, asking)
        if isinstance(place, Wait):
            raise place
        return place

    async def finish(self, place: int) -> None:
        """Ends a call: its place is free a window later. Without this it is so after the longest time of a call."""
        await self._ended.add(None, place)

    async def give_back(self, *unused: int) -> None:
        """Frees places at once for which no call was made."""
        await places.free(self._engine, unused)

    async def close(self, site: str, endpoint: str, seconds: float) -> None:
        """Lets no call to this endpoint go for so long, because ezyVet says so (429)."""
        await places.close(self._engine, site, endpoint, seconds)

    async def leave(self, site: str, key: str) -> None:
        """Lets one that waits wait no longer."""
        await places.leave(self._engine, site, key)

    async def _hand_out(self, site: str, calls: Sequence[Asking]) -> Sequence[int | Wait]:
        return await places.hand_out(self._engine, self.limits, site, calls)

    async def _finish(self, _: None, ended: Sequence[int]) -> Sequence[None]:
        await places.end(self._engine, ended, self.limits.window)
        return [None] * len(ended)

    async def _unused(self, results: Sequence[int | Wait]) -> None:
        # They free by themselves later.
        with suppress(DatabaseProblem, SQLAlchemyError):
            await self.give_back(*(result for result in results if not isinstance(result, Wait)))
