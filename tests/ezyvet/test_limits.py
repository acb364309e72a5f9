"""The rule of ezyVet's limits, by itself and in any run of calls against a counter as strict as ezyVet's may be."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.ezyvet.limits import Limits, Load, Priority, time_to_go

SMALL = Limits(per_endpoint=3, per_site=5, window=10.0, timeout=4.0, typical=0.5)
ENDPOINTS = ("externalprescription", "animal", "user")


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (Load(), 0),
        (Load(frees={"animal": [1, 2]}), 0),
        (Load(frees={"animal": [7, 2, 5]}), 2),
        (Load(frees={"animal": [7, 2, 5]}, ahead={"animal": 2}), 7),
        (Load(frees={"animal": [7, 2, 5]}, ahead={"animal": 3}), 12.5),
        (Load(ahead={"animal": 2}), 0),
        (Load(ahead={"animal": 3}), 10.5),
        (Load(closed={"animal": 30}), 30),
        (Load(closed={"user": 30}), 0),
        # More are taken than the limit allows, as after it was lowered.
        (Load(frees={"animal": [1, 2, 3, 4]}), 2),
        # The site is full.
        (Load(frees={"user": [4, 5, 6], "contact": [3, 9]}), 3),
        # A long queue of another endpoint takes only what that endpoint can still take.
        (Load(ahead={"user": 1000}), 0),
        (Load(frees={"user": [4, 5, 6], "animal": [8]}, ahead={"user": 1000}), 0),
        (Load(frees={"animal": [8], "contact": [7, 9]}, ahead={"user": 1000}), 8),
    ],
)
def test_when_a_call_may_go(load: Load, expected: float) -> None:
    assert time_to_go(SMALL, load, "animal") == expected


@dataclass(frozen=True, order=True)
class Call:
    """`counted` is when within its time ezyVet counts it."""

    arrives: float
    endpoint: str
    priority: int
    takes: float
    counted: float


calls = st.lists(
    st.builds(
        Call,
        st.floats(0, 60),
        st.sampled_from(ENDPOINTS),
        st.integers(0, 3),
        st.floats(0, SMALL.timeout),
        st.floats(0, 1),
    ),
    max_size=60,
)


def run(given: list[Call]) -> list[tuple[float, Call]]:
    """Plays all calls in an imagined time: each asks, and again when it was told to. Returns them by their grants."""
    asks = [(call.arrives, number) for number, call in enumerate(given)]
    heapq.heapify(asks)
    waiting: set[int] = set()
    taken: list[tuple[float, Call]] = []
    while asks:
        now, number = heapq.heappop(asks)
        call = given[number]
        rank = (call.priority, number)
        before = [each for each in waiting if each != number and (given[each].priority, each) < rank]
        frees: dict[str, list[float]] = {}
        for granted, each in taken:
            ended = granted + each.takes <= now
            free = granted + each.takes + SMALL.window - now
            if free > 0:
                frees.setdefault(each.endpoint, []).append(free if ended else SMALL.window)
        ahead = Counter(given[each].endpoint for each in before)
        seconds = time_to_go(SMALL, Load(frees, ahead), call.endpoint)
        if seconds <= 0:
            waiting.discard(number)
            taken.append((now, call))
        else:
            waiting.add(number)
            heapq.heappush(asks, (now + seconds + 0.005, number))
    return taken


@settings(max_examples=150, deadline=None)
@given(calls)
def test_no_window_at_ezyvet_ever_holds_more_than_the_limits(given: list[Call]) -> None:
    taken = run(given)
    assert Counter(call for _, call in taken) == Counter(given)
    counted = sorted((granted + call.takes * call.counted, call.endpoint) for granted, call in taken)
    for index, (end, endpoint) in enumerate(counted):
        window = [each for at, each in counted[: index + 1] if at > end - SMALL.window]
        assert len(window) <= SMALL.per_site
        assert window.count(endpoint) <= SMALL.per_endpoint


@settings(max_examples=100, deadline=None)
@given(calls)
def test_one_that_may_go_is_before_all_that_wait_for_the_same(given: list[Call]) -> None:
    """Among calls to one endpoint that waited at the same time, those of a smaller priority went first."""
    taken = {id(call): granted for granted, call in run(given)}
    for first in given:
        for second in given:
            both = first.endpoint == second.endpoint and first.priority < second.priority
            # Both had asked before either went.
            if both and first.arrives < second.arrives < min(taken[id(first)], taken[id(second)]):
                # Two that go at the same moment may differ by a rounding.
                assert taken[id(first)] <= taken[id(second)] + 1e-9


def test_reconciliation_leaves_two_thirds_of_the_places_to_those_who_wait_for_an_answer() -> None:
    limits = Limits()
    busy = Load(frees={"animal": [30.0] * 20, "prescription": [30.0] * 20, "prescriptionitem": [30.0] * 20})
    assert time_to_go(limits.of(Priority.CLICK), busy, "animal") == 0
    assert time_to_go(limits.of(Priority.DELIVERY), busy, "externalprescription") == 0
    assert time_to_go(limits.of(Priority.RECONCILIATION), busy, "animal") == 30.0
    assert time_to_go(limits.of(Priority.RECONCILIATION), busy, "user") == 30.0
    assert time_to_go(limits.of(Priority.RECONCILIATION), Load(), "user") == 0
