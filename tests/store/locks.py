"""Waiting for somebody who waits for a lock."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.patience import PATIENCE

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


async def somebody_waits(engine: AsyncEngine) -> None:
    """Until a connection to this database waits for another's lock."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with engine.connect() as connection:
                if await connection.scalar(WAITING):
                    return
