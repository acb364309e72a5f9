"""A place for one write, held while what the write needs is read.

Otherwise a write that finds no place would make its reads again each time, and they would use up their own limit.
"""

from __future__ import annotations

from time import monotonic

from integrations.ezyvet.budget import Budget
from integrations.ezyvet.places import Asking
from partners.ezyvet.http import TIMEOUT


class Reservation:
    """For the writes of one delivery, asked for as `asking`. Only the first one may already have its place."""

    def __init__(self, budget: Budget, asking: Asking) -> None:
        self._budget = budget
        self._asking = asking
        self._place: int | None = None
        self._held = False
        self._since = 0.0

    async def hold(self, site: str) -> None:
        """Takes the place before the first call, whatever that is. Raises `Wait`."""
        if not self._held:
            self._since = monotonic()
            self._place = await self._budget.take(site, self._asking)
            self._held = True

    async def use(self, site: str) -> int:
        """Returns the place for a write that begins now; another one if it was held for too long. Raises `Wait`."""
        if monotonic() - self._since > self._budget.limits.timeout - TIMEOUT:
            # If the process died now, this one might be free again sooner than a window after the write.
            await self.give_back()
        place, self._place = self._place, None
        return await self._budget.take(site, self._asking) if place is None else place

    async def give_back(self) -> None:
        """Frees the place if it was not used."""
        place, self._place = self._place, None
        if place is not None:
            await self._budget.give_back(place)
