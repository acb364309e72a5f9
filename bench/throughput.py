"""Start to finish of the DataPoint playbook, everything included, against the floor: onboardings a second."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from bench.cpu import used
from bench.floor import FACTS, Floor
from bench.floor_worker import QUEUE
from bench.table import Line
from bench.world import World, child
from playbooks.engine.onboarding import Report, Request

PARALLEL = 16
ONBOARDINGS = 64
ROUNDS = 5
DETAILS: dict[str, dict[str, Any]] = {
    "practice_information_given": {"client_count": 3_000},
    "technical_contact_designated": {"name": "Lee Park", "email": "lee@clinic.test"},
    "eula_accepted": {"version": "2026-01", "accepted_by": "Dana Reyes"},
    "data_received": {"clients": 3_000, "patients": 5_000},
}
_numbers = itertools.count(1)


class Round(NamedTuple):
    """Onboardings a second, and milliseconds of processor time for each, by process."""

    rate: float
    cost: dict[str, float]


def request(name: str) -> Request:
    return Request.model_validate(
        {
            "practice": {"id": name, "name": f"Practice {name}", "time_zone": "America/Chicago", "country": "US"},
            "primary_contact": {"name": "Dana Reyes", "email": f"dana@{name}.test"},
        }
    )


async def product(world: World) -> None:
    """One onboarding from request to its end, through the desk."""
    name = f"bench-{next(_numbers)}"
    await world.desk.start("datapoint", request(name), "bench")
    for fact in FACTS:
        await world.desk.record(f"datapoint/{name}", fact, Report(data=DETAILS.get(fact, {}), by="bench"))
    await world.client.get_workflow_handle(f"datapoint/{name}").result()


async def floor(world: World) -> None:
    """The same facts to the floor's workflow."""
    handle = await world.client.start_workflow(Floor.run, len(FACTS), id=f"floor-{next(_numbers)}", task_queue=QUEUE)
    for fact in FACTS:
        await handle.execute_update(Floor.fact, fact)
    await handle.result()


async def rate(world: World, one: Callable[[World], Awaitable[None]], count: int = ONBOARDINGS) -> Round:
    gate = asyncio.Semaphore(PARALLEL)

    async def gated() -> None:
        async with gate:
            await one(world)

    before, began = used(), time.perf_counter()
    await asyncio.gather(*(gated() for _ in range(count)))
    took, after = time.perf_counter() - began, used()
    return Round(count / took, {name: (after[name] - before[name]) * 1000 / count for name in before})


async def measure(world: World) -> list[Line]:
    environment = {
        "TEMPORAL_ADDRESS": world.addresses["temporal"],
        "TEMPORAL_NAMESPACE": world.addresses["namespace"],
    }
    async with child("-m", "bench.floor_worker", **environment):
        for one in (product, floor):
            await rate(world, one, PARALLEL)
        pairs = [(await rate(world, product), await rate(world, floor)) for _ in range(ROUNDS)]
    (ours, our_cost), (theirs, their_cost) = (_typical(rounds) for rounds in zip(*pairs, strict=True))
    ratio = statistics.median(mine.rate / other.rate for mine, other in pairs)
    return [
        Line("Onboardings a second, 16 in parallel", f"{ours:.1f}"),
        Line("The floor's", f"{theirs:.1f}"),
        Line("Ratio (median of pairs)", f"{ratio:.2f}", "at least 0.7", ratio >= 0.7),
        Line("Processor time an onboarding", _told(our_cost)),
        Line("The floor's", _told(their_cost)),
        Line("Ratio by processor time", f"{sum(their_cost.values()) / sum(our_cost.values()):.2f}"),
        Line("The worker's of it", f"{our_cost['worker']:.0f} ms", "at most 120 ms", our_cost["worker"] <= 120),
    ]


def _typical(rounds: Sequence[Round]) -> Round:
    cost = {name: statistics.median(each.cost[name] for each in rounds) for name in rounds[0].cost}
    return Round(statistics.median(each.rate for each in rounds), cost)


def _told(cost: dict[str, float]) -> str:
    parts = sorted(cost.items(), key=lambda part: -part[1])
    return f"{sum(cost.values()):.0f} ms: {', '.join(f'{name} {spent:.0f}' for name, spent in parts if spent >= 0.5)}"
