"""Start to finish of the DataPoint playbook, everything included, against the floor: onboardings a second."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

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


async def rate(world: World, one: Callable[[World], Awaitable[None]], count: int = ONBOARDINGS) -> float:
    gate = asyncio.Semaphore(PARALLEL)

    async def gated() -> None:
        async with gate:
            await one(world)

    began = time.perf_counter()
    await asyncio.gather(*(gated() for _ in range(count)))
    return count / (time.perf_counter() - began)


async def measure(world: World) -> list[Line]:
    environment = {
        "TEMPORAL_ADDRESS": world.addresses["temporal"],
        "TEMPORAL_NAMESPACE": world.addresses["namespace"],
    }
    async with child("-m", "bench.floor_worker", **environment):
        for one in (product, floor):
            await rate(world, one, PARALLEL)
        pairs, costs = [], []
        for _ in range(ROUNDS):
            before = used(world.home)
            mine = await rate(world, product)
            after = used(world.home)
            pairs.append((mine, await rate(world, floor)))
            costs.append({name: (after[name] - before[name]) * 1000 / ONBOARDINGS for name in after})
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    ratio = statistics.median(mine / other for mine, other in pairs)
    cost = {name: statistics.median(each[name] for each in costs) for name in costs[0]}
    return [
        Line("Onboardings a second, 16 in parallel", f"{ours:.1f}"),
        Line("The floor's", f"{theirs:.1f}"),
        Line("Ratio (median of pairs)", f"{ratio:.2f}", "at least 0.7", ratio >= 0.7),
        *(Line(f"Processor time an onboarding: {name}", f"{cost[name]:.0f} ms") for name in sorted(cost)),
    ]
