"""Heartbeats of long activities: a worker that died is noticed by its silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from temporalio import activity

HEARTBEAT_SECONDS = 5.0


@asynccontextmanager
async def heartbeats(seconds: float = HEARTBEAT_SECONDS) -> AsyncIterator[Callable[..., None]]:
    """Sends heartbeats to Temporal while the block runs; gives the function that reports progress."""
    last: tuple[Any, ...] = ()

    def heartbeat(*progress: Any) -> None:
        nonlocal last
        last = progress
        activity.heartbeat(*progress)

    async def repeat() -> None:
        while True:
            activity.heartbeat(*last)
            await asyncio.sleep(seconds)

    task = asyncio.create_task(repeat())
    try:
        yield heartbeat
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
