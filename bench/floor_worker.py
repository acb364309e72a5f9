"""A worker for the floor's workflow, as the SDK sets it up by itself."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from temporalio.worker import Worker

from bench.floor import Floor, nothing
from desk.connection import connect
from machine.exit import hard_exit
from worker import MAX_CACHED_WORKFLOWS

QUEUE = "floor"


async def main() -> None:
    client = await connect(identity="floor")
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[Floor],
        activities=[nothing],
        max_cached_workflows=MAX_CACHED_WORKFLOWS,
        max_concurrent_activities=50,
        graceful_shutdown_timeout=timedelta(seconds=5),
    ):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
    hard_exit(0)


if __name__ == "__main__":
    asyncio.run(main())
