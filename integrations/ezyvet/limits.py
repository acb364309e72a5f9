"""ezyVet's limits as a pure rule: when a call may go, given the places that are taken and who waits before it.

Times are seconds from now. A place is taken from the grant until a window after the call's end: however long the call
takes, and whenever in it ezyVet counts it, no window at ezyVet then holds more calls than the limit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from partners.ezyvet.http import TIMEOUT


class Priority(IntEnum):
    """Who goes first when several wait; a token goes before all, because the others wait for it."""

    TOKEN = 0
    CLICK = 1
    DELIVERY = 2
    RECONCILIATION = 3


class Wait(Exception):
    """No call may go now: try again in `seconds`, with the same key. `ahead` wait before it."""

    def __init__(self, seconds: float, ahead: int = 0) -> None:
        super().__init__(f"ezyVet's limit is reached; there is a place in {seconds:.1f} seconds.")
        self.seconds = seconds
        self.ahead = ahead


@dataclass(frozen=True)
class Limits:
    """Calls in each window, to one endpoint and to all of one site; durations are in seconds.

    The window is a little longer than ezyVet's minute, because no two clocks run alike. A call ends within `timeout`;
    `typical` is what one usually takes, for estimates alone.
    """

    per_endpoint: int = 60
    per_site: int = 180
    window: float = 60.2
    timeout: float = TIMEOUT + 5.0
    typical: float = 0.5

    def of(self, priority: int) -> Limits:
        """Reconciliation, which nobody waits for, leaves most places free for a click that may come at any time."""
        if priority < Priority.RECONCILIATION:
            return self
        return replace(self, per_endpoint=max(1, self.per_endpoint // 3), per_site=max(1, self.per_site // 3))


@dataclass(frozen=True)
class Load:
    """One site, by endpoint: when each taken place frees, how many wait before the call, until when it is closed."""

    frees: Mapping[str, Sequence[float]] = field(default_factory=dict)
    ahead: Mapping[str, int] = field(default_factory=dict)
    closed: Mapping[str, float] = field(default_factory=dict)


def time_to_go(limits: Limits, load: Load, endpoint: str) -> float:
    """Returns when a call to this endpoint may go; 0 for now. It is exact for now, and else an estimate.

    Who waits before it counts only where the limit that they wait for is the same: a long queue of one endpoint does
    not keep another endpoint's calls from the site's free places.
    """
    cycle = limits.window + limits.typical
    ahead = load.ahead.get(endpoint, 0)
    own = _nth(_slots(limits.per_endpoint, load.frees.get(endpoint, ()), load.closed.get(endpoint, 0)), ahead, cycle)
    for other, waiting in load.ahead.items():
        if other != endpoint:
            slots = _slots(limits.per_endpoint, load.frees.get(other, ()), load.closed.get(other, 0))
            ahead += min(waiting, _until(slots, own, cycle))
    everywhere = [time for times in load.frees.values() for time in times]
    return max(own, _nth(_slots(limits.per_site, everywhere, 0), ahead, cycle))


def _slots(limit: int, frees: Sequence[float], closed: float) -> list[float]:
    """When each of the places can be taken next, earliest first. More than the limit may be taken, after a change."""
    taken = sorted(time for time in frees if time > 0)[-limit:]
    return [max(time, closed) for time in [0.0] * (limit - len(taken)) + taken]


def _nth(slots: Sequence[float], number: int, cycle: float) -> float:
    return slots[number % len(slots)] + number // len(slots) * cycle


def _until(slots: Sequence[float], time: float, cycle: float) -> int:
    """How many calls can have gone by a time."""
    return sum(int((time - slot) // cycle) + 1 for slot in slots[: bisect_right(slots, time)])
