"""Rate limits: a token bucket for each caller, refilled steadily.

Kept in memory; each server process has its own.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 60
"""Seconds in which an empty bucket refills."""
MAX_CALLERS = 10_000
"""Beyond these the least recent caller is forgotten, and so gets a full bucket again."""


@dataclass(frozen=True)
class Quota:
    """What a caller has left of `limit` requests. `wait`: seconds until the next is allowed, 0 if this one was."""

    limit: int
    left: int
    full_in: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """The RateLimit header fields of the IETF draft, and Retry-After if refused."""
        headers = {
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW}',
            "RateLimit": f'"default";r={self.left};t={self.full_in}',
        }
        return headers | ({"Retry-After": str(self.wait)} if self.wait else {})


class Limits:
    """All buckets. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, max_callers: int = MAX_CALLERS) -> None:
        self._clock = clock
        self._max_callers = max_callers
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, limit: int) -> Quota:
        """Takes a request from the caller's bucket of `limit`, if one is left."""
        now = self._clock()
        left, since = self._buckets.pop(caller, (float(limit), now))
        left = min(float(limit), left + (now - since) * limit / WINDOW)
        allowed = left >= 1
        left -= allowed
        self._buckets[caller] = (left, now)
        while len(self._buckets) > self._max_callers:
            self._buckets.popitem(last=False)
        wait = 0 if allowed else max(1, math.ceil((1 - left) * WINDOW / limit))
        return Quota(limit, int(left), math.ceil((limit - left) * WINDOW / limit), wait)
