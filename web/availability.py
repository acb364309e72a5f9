"""Notes for as long as the server runs that events can be taken: silence while nobody could hear is none (DP10)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store.database import DatabaseProblem
from store.inbox.availability import EVERY, hear
from web.services import Services

log = logging.getLogger("web")


@asynccontextmanager
async def hearing(services: Services) -> AsyncIterator[None]:
    """Runs beside the routes. While the database is away nothing can be taken, and nothing is noted."""

    async def note() -> None:
        while True:
            try:
                await hear(services.database)
            except DatabaseProblem as problem:
                log.warning("events cannot be taken: %s", problem)
            except Exception:
                log.exception("it cannot be noted that events can be taken")
            await asyncio.sleep(EVERY.total_seconds())

    noting = asyncio.create_task(note())
    try:
        yield
    finally:
        noting.cancel()
        await asyncio.gather(noting, return_exceptions=True)
