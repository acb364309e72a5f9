"""Records every minute that webhooks can be received, so that our own outages are told from silence (DP10)."""

from __future__ import annotations

import asyncio
import logging

from store.database import DatabaseProblem
from store.inbox.availability import HEARTBEAT_INTERVAL, record_heartbeat
from web.services import Services

log = logging.getLogger("web")


async def heartbeats(services: Services) -> None:
    """Records in the background. While the database is down no webhook can be received, and nothing is recorded."""
    while True:
        try:
            await record_heartbeat(services.database)
        except DatabaseProblem as problem:
            log.warning("events cannot be taken: %s", problem)
        except Exception:
            log.exception("it cannot be noted that events can be taken")
        await asyncio.sleep(HEARTBEAT_INTERVAL.total_seconds())
