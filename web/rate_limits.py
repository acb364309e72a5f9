"""How much may be asked: a bucket for each asker, which refills steadily.

One for a server process: of several processes side by side each has its own.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 60
"""Seconds in which an empty bucket is full again."""
ASKERS = 10_000
"""Of more than these the one that has not asked for longest is forgotten: its bucket is full again."""


@dataclass(frozen=True)
class Quota:
    """What an asker has left of `limit` requests; `wait` are the seconds until the next is taken, 0 if it is now."""

    limit: int
    left: int
    full_in: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """As the IETF's draft on RateLimit header fields has it; Retry-After where it is needed."""
        told = {
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW}',
            "RateLimit": f'"default";r={self.left};t={self.full_in}',
        }
        return told | ({"Retry-After": str(self.wait)} if self.wait else {})


class Limits:
    """All buckets. `clock` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, askers: int = ASKERS) -> None:
        self._clock = clock
        self._askers = askers
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, asker: str, limit: int) -> Quota:
        """Takes one request out of the asker's bucket of `limit`, if one is left."""
        now = self._clock()
        left, since = self._buckets.pop(asker, (float(limit), now))
        left = min(float(limit), left + (now - since) * limit / WINDOW)
        allowed = left >= 1
        left -= allowed
        self._buckets[asker] = (left, now)
        while len(self._buckets) > self._askers:
            self._buckets.popitem(last=False)
        wait = 0 if allowed else max(1, math.ceil((1 - left) * WINDOW / limit))
        return Quota(limit, int(left), math.ceil((limit - left) * WINDOW / limit), wait)
