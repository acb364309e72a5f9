"""The workflow whose calls the fairness benchmark counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority


@dataclass(frozen=True)
class Calls:
    """So many calls of one practice on a task queue; without `priority` they have neither that nor a fairness key."""

    queue: str
    practice: str
    count: int
    priority: int | None = None


@workflow.defn(name="BenchCalls")
class BenchCalls:
    @workflow.run
    async def run(self, calls: Calls) -> None:
        key = calls.priority and Priority(priority_key=calls.priority, fairness_key=calls.practice)
        every = [
            workflow.execute_activity(
                "bench_call",
                calls.practice,
                task_queue=calls.queue,
                start_to_close_timeout=timedelta(minutes=1),
                priority=key or Priority.default,
            )
            for _ in range(calls.count)
        ]
        await asyncio.gather(*every)
