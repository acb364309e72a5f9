"""Records every minute that webhooks can be received, so that our own outages are told from silence (DP10)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store.database import DatabaseProblem
from store.inbox.availability import HEARTBEAT_INTERVAL, record_heartbeat
from web.services import Services

log = logging.getLogger("web")


@asynccontextmanager
async def heartbeats(services: Services) -> AsyncIterator[None]:
    """Records in the background. While the database is down no webhook can be received, and nothing is recorded."""

    async def record() -> None:
        while True:
            try:
                await record_heartbeat(services.database)
            except DatabaseProblem as problem:
                log.warning("events cannot be taken: %s", problem)
            except Exception:
                log.exception("it cannot be noted that events can be taken")
            await asyncio.sleep(HEARTBEAT_INTERVAL.total_seconds())

    recording = asyncio.create_task(record())
    try:
        yield
    finally:
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)
