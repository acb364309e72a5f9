"""Both limits over a sliding window: calls per endpoint, and in all of a database (FIELD, section 2).

A call that is refused takes no place (GUESS). Everything is in real time; `speed` makes the window shorter.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable

from partners.simulators.ezyvet.errors import TooManyRequests

WINDOW = 60.0
"""Seconds."""
PER_ENDPOINT = 60
PER_SITE = 180


class Limits:
    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._places: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    @property
    def window(self) -> float:
        return WINDOW / self.speed

    def restore(self, calls: Iterable[tuple[str, str, float]]) -> None:
        """Takes in the calls of the time before a restart: site, endpoint, and when, earliest first."""
        for site, endpoint, at in calls:
            self._occupy(site, endpoint, at)

    def take(self, site: str, endpoint: str, now: float) -> None:
        """Occupies a place of both limits. Raises TooManyRequests."""
        waits = [
            places[-limit] + self.window - now
            for limit, name in ((PER_ENDPOINT, endpoint), (PER_SITE, ""))
            if len(places := self._free(site, name, now)) >= limit
        ]
        if waits:
            raise TooManyRequests(max(1, math.ceil(max(waits))))
        self._occupy(site, endpoint, now)

    def used(self, site: str, endpoint: str, now: float) -> int:
        """The places that are taken; of all endpoints together for an empty `endpoint`."""
        return len(self._free(site, endpoint, now))

    def _occupy(self, site: str, endpoint: str, at: float) -> None:
        for each in (endpoint, ""):
            self._places[site, each].append(at)

    def _free(self, site: str, endpoint: str, now: float) -> deque[float]:
        places = self._places[site, endpoint]
        while places and places[0] <= now - self.window:
            places.popleft()
        return places
