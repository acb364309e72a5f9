"""Whether fairness keys and priorities help on the task queue of the calls to ezyVet: `python -m bench fairness`.

Calls are scheduled while no worker takes any; then one takes them one at a time. What counts is how many others it
takes before those of a practice with few calls beside one with many, and before prescriptions' among reconciliation.
"""

from __future__ import annotations

import asyncio
import statistics
import uuid

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from bench.fairness_workflow import BenchCalls, Calls
from bench.table import Line
from bench.world import World
from workflows.ezyvet_reconciliation import PRIORITY as RECONCILIATION
from workflows.prescription import PRIORITY as DELIVERY

MANY, FEW = 100, 5
PORTION = 50
"""Calls of one workflow."""


async def measure(world: World) -> list[Line]:
    alike = await _ahead(world.client, None, None)
    fair = await _ahead(world.client, DELIVERY, DELIVERY)
    urgent = await _ahead(world.client, RECONCILIATION, DELIVERY)
    before = f"Calls before those of a practice with {FEW}, beside one with {MANY}, median"
    return [
        Line(f"{before}: without fairness keys", f"{alike:.0f}"),
        Line(f"{before}: the practice as fairness key", f"{fair:.0f}", "at most a third of that", fair <= alike / 3),
        Line(
            f"Calls before {FEW} prescriptions' among {MANY} of reconciliation",
            f"{urgent:.0f}",
            f"at most {FEW}",
            urgent <= FEW,
        ),
    ]


async def _ahead(client: Client, many: int | None, few: int | None) -> float:
    """Returns the median place of the few calls, which are scheduled last, in the order in which all are made."""
    queue = f"bench-fairness-{uuid.uuid4().hex}"
    made: list[str] = []

    @activity.defn(name="bench_call")
    async def call(practice: str) -> None:
        made.append(practice)

    portions = [Calls(queue, "many", PORTION, many)] * (MANY // PORTION) + [Calls(queue, "few", FEW, few)]
    async with Worker(client, task_queue=f"{queue}-workflows", workflows=[BenchCalls]):
        running = [await _schedule(client, queue, calls, number) for number, calls in enumerate(portions)]
        async with Worker(client, task_queue=queue, activities=[call], max_concurrent_activities=1):
            await asyncio.gather(*running)
    return statistics.median(place for place, practice in enumerate(made) if practice == "few")


async def _schedule(client: Client, queue: str, calls: Calls, number: int) -> asyncio.Future[None]:
    """Waits until the calls are in the workflow's history; returns its end."""
    started = await client.start_workflow(
        BenchCalls.run, calls, id=f"{queue}/{number}", task_queue=f"{queue}-workflows"
    )
    while (await started.describe()).history_length < calls.count:
        await asyncio.sleep(0.1)
    return asyncio.ensure_future(started.result())
