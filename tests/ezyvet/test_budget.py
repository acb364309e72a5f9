"""ezyVet's limits between processes: places in PostgreSQL, against a counter as strict as ezyVet's may be."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.budget import Budget
from integrations.ezyvet.limits import Limits, Wait
from integrations.ezyvet.places import Asking
from integrations.ezyvet.usage import read_usage, read_waiting
from store.database import DatabaseDown, connect

SITE = "site-elm"
NEVER = Limits(per_endpoint=2, per_site=4, window=600.0, timeout=100.0)
"""No place is free again while a test runs."""
QUICK = Limits(per_endpoint=6, per_site=9, window=0.4, timeout=5.0, typical=0.01)


def asking(key: str, endpoint: str = "animal", priority: int = 2, position: int = 0) -> Asking:
    return Asking(endpoint, key, priority, position)


async def waits(budget: Budget, wanted: Asking, site: str = SITE) -> Wait:
    with pytest.raises(Wait) as caught:
        await budget.take(site, wanted)
    return caught.value


async def fill(budget: Budget, endpoint: str = "animal", count: int = 2) -> list[int]:
    return [await budget.take(SITE, asking(f"fill {number}", endpoint)) for number in range(count)]


async def test_both_limits_hold_and_no_site_shares_them(engine: AsyncEngine) -> None:
    budget = Budget(engine, NEVER)
    await fill(budget)
    assert (await waits(budget, asking("a"))).ahead == 0
    assert (await waits(budget, asking("b"))).ahead == 1
    await fill(budget, "user")
    await waits(budget, asking("c", "contact"))
    await budget.take("site-oak", asking("a"))


async def test_a_place_is_taken_until_a_window_after_the_end_of_its_call(engine: AsyncEngine) -> None:
    budget = Budget(engine, NEVER)
    first, _ = await fill(budget)
    under_way = (await waits(budget, asking("a"))).seconds
    assert 500 < under_way <= NEVER.window + NEVER.typical + 1
    await budget.finish(first)
    async with engine.begin() as connection:
        left = await connection.scalar(
            text("SELECT extract(epoch FROM frees_at - ended_at) FROM ezyvet_places WHERE id = :id"), {"id": first}
        )
        await connection.execute(text("UPDATE ezyvet_places SET frees_at = now() WHERE id = :id"), {"id": first})
    assert float(left) == pytest.approx(NEVER.window, abs=0.01)
    await budget.take(SITE, asking("a"))


async def test_a_place_whose_end_nobody_told_frees_after_the_longest_time_of_a_call(engine: AsyncEngine) -> None:
    first, _ = await fill(Budget(engine, NEVER))
    async with engine.connect() as connection:
        query = text("SELECT extract(epoch FROM frees_at - granted_at) FROM ezyvet_places WHERE id = :id")
        longest = float(await connection.scalar(query, {"id": first}))
    assert longest == pytest.approx(NEVER.timeout + NEVER.window, abs=0.01)


async def test_a_click_goes_before_deliveries_and_these_by_their_position(engine: AsyncEngine) -> None:
    budget = Budget(engine, NEVER)
    await fill(budget)
    later, sooner = asking("x", position=2), asking("y", position=1)
    click = asking("z", priority=1, position=9)
    for wanted in (later, sooner, click):
        await waits(budget, wanted)
    assert [(await waits(budget, wanted)).ahead for wanted in (click, sooner, later)] == [0, 1, 2]
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM ezyvet_places"))
    # Two places are free: for the first two, whoever asks first.
    await waits(budget, later)
    await budget.take(SITE, sooner)
    await waits(budget, later)
    await budget.take(SITE, click)


async def test_one_that_does_not_come_back_keeps_nobody_from_a_place(engine: AsyncEngine) -> None:
    budget = Budget(engine, NEVER)
    await fill(budget)
    for key in ("a", "b"):
        await waits(budget, asking(key))
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM ezyvet_places"))
    await waits(budget, asking("c"))
    async with engine.begin() as connection:
        late = text("UPDATE ezyvet_queue SET due_at = now() - interval '11 seconds' WHERE key = :key")
        await connection.execute(late, {"key": "a"})
    await budget.take(SITE, asking("c"))
    await budget.leave(SITE, "b")
    await budget.take(SITE, asking("d"))
    # One that comes late is still before whoever waits after it.
    assert (await waits(budget, asking("a"))).ahead == 0


async def test_those_who_ask_together_are_ranked_as_if_one_after_the_other(engine: AsyncEngine) -> None:
    budget = Budget(engine, NEVER)
    await budget.take(SITE, asking("before", "user"))
    both = await asyncio.gather(
        *(budget.take(SITE, asking(f"{number}", position=-number)) for number in range(4)),
        budget.take(SITE, asking("same", "user", priority=1)),
        budget.take(SITE, asking("same", "user", priority=1)),
        return_exceptions=True,
    )
    waits = [one.ahead if isinstance(one, Wait) else None for one in both]
    assert waits == [1, 0, None, None, None, 0]
    assert len({one for one in both if isinstance(one, int)}) == 3
    assert [each.key for each in await read_waiting(engine, SITE)] == ["same", "1", "0"]


async def test_a_place_that_nobody_waits_for_any_more_is_given_back(engine: AsyncEngine) -> None:
    budget = Budget(engine, NEVER)
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:site, 16))"), {"site": SITE})
        gone = asyncio.create_task(budget.take(SITE, asking("gone")))
        stays = asyncio.create_task(budget.take(SITE, asking("stays")))
        while not await connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            await asyncio.sleep(0.01)
        gone.cancel()
    await stays
    await budget.take(SITE, asking("next"))


async def test_a_failed_batch_fails_all_of_it_and_not_the_next(engine: AsyncEngine, database_url: str) -> None:
    budget = Budget(connect(database_url.replace("/test_", "/no_"), pool_size=1), NEVER)
    both = await asyncio.gather(*(budget.take(SITE, asking(key)) for key in "ab"), return_exceptions=True)
    assert [type(one) for one in both] == [DatabaseDown, DatabaseDown]
    with pytest.raises(DatabaseDown):
        await budget.finish(1)
    with pytest.raises(DatabaseDown):
        await budget.take(SITE, asking("c"))


async def test_an_endpoint_that_ezyvet_closed_is_closed_for_the_longest_that_was_said(engine: AsyncEngine) -> None:
    budget = Budget(engine, NEVER)
    await budget.close(SITE, "animal", 90)
    await budget.close(SITE, "animal", 30)
    assert 80 < (await waits(budget, asking("a"))).seconds < 91
    await budget.take(SITE, asking("a", "user"))
    await budget.take("site-oak", asking("a"))


async def test_usage_says_what_is_taken_who_waits_and_when_the_next_place_is_free(engine: AsyncEngine) -> None:
    budget = Budget(engine, NEVER)
    whole, *endpoints = await read_usage(engine, SITE, NEVER)
    assert (whole.endpoint, whole.limit, whole.used, whole.free, whole.waiting, whole.next_place) == (
        *(None, 4, 0, 4),
        *(0, None),
    )
    assert endpoints == []
    await fill(budget)
    await fill(budget, "user", 1)
    for key in ("b", "a"):
        await waits(budget, asking(key))
    await budget.close(SITE, "user", 30)
    whole, animal, user = await read_usage(engine, SITE, NEVER)
    assert (whole.used, whole.free, whole.waiting, whole.next_place) == (3, 1, 2, None)
    assert (animal.endpoint, animal.used, animal.free, animal.waiting) == ("animal", 2, 0, 2)
    assert animal.next_place and user.next_place and user.closed_until
    assert (user.used, user.free, user.next_place) == (1, 0, user.closed_until)
    assert [each.key for each in await read_waiting(engine, SITE)] == ["a", "b"]
    assert [each.key for each in await read_waiting(engine, SITE, limit=1)] == ["a"]
    assert await read_waiting(engine, "site-oak") == []


class Counter:
    """ezyVet's: refuses a call if a window that ends with it holds more than the limit."""

    def __init__(self) -> None:
        self.over = 0
        self.calls: deque[tuple[float, str]] = deque()
        self.window = QUICK.window * 0.98

    def count(self, endpoint: str) -> None:
        now = time.monotonic()
        self.calls.append((now, endpoint))
        recent = [each for at, each in self.calls if at > now - self.window]
        self.over += len(recent) > QUICK.per_site or recent.count(endpoint) > QUICK.per_endpoint


@pytest.fixture
async def several(database_url: str) -> AsyncIterator[list[Budget]]:
    """As many programs as there are workers on several machines."""
    engines = [connect(database_url, pool_size=5) for _ in range(3)]
    yield [Budget(engine, QUICK) for engine in engines]
    for engine in engines:
        await engine.dispose()


async def test_many_takers_of_several_programs_are_never_over_and_go_in_order(several: list[Budget]) -> None:
    counter = Counter()
    went: list[int] = []
    asked = [asyncio.Event() for _ in range(63)]

    async def one(number: int) -> None:
        budget, endpoint = several[number % 3], ("externalprescription", "animal")[number % 2]
        place = None
        while place is None:
            try:
                place = await budget.take(SITE, asking(f"{number}", endpoint, position=number))
            except Wait as wait:
                asked[number].set()
                await asyncio.sleep(wait.seconds)
        asked[number].set()
        went.append(number)
        # Counted early in some calls and late in others.
        await asyncio.sleep(0.03 * (number % 3))
        counter.count(endpoint)
        await budget.finish(place)

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number, event in enumerate(asked):
            # Whoever has not asked yet cannot be waited for.
            group.create_task(one(number))
            await event.wait()
    took = time.monotonic() - began
    assert counter.over == 0
    assert len(counter.calls) == 63
    # Nine at a time, so the last of seven windows' worth goes after six.
    assert took >= 6 * counter.window
    # Those for whom there is a place may ask for it in any order.
    for parity in (0, 1):
        one_endpoint = [number // 2 for number in went if number % 2 == parity]
        assert max(abs(place - number) for place, number in enumerate(one_endpoint)) < QUICK.per_endpoint
