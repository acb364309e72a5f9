"""Being told at once when another process has written something, instead of asking again and again."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import DatabaseDown

AGAIN = 2.0
"""Seconds until the next try, where the database is away."""


async def listen(engine: AsyncEngine, channel: str, news: asyncio.Event) -> None:
    """Sets the event whenever something is told on the channel, and at every (re)connection; for ever.

    It keeps one connection. What was told while there was none is made up for by the event at the next one.
    """
    while True:
        try:
            await _listen(engine, channel, news)
        except (DatabaseDown, DBAPIError, psycopg.Error):
            await asyncio.sleep(AGAIN)


async def _listen(engine: AsyncEngine, channel: str, news: asyncio.Event) -> None:
    async with engine.connect() as connection:
        try:
            await connection.execute(text(f'LISTEN "{channel}"'))
            driver: Any = (await connection.get_raw_connection()).driver_connection
            news.set()
            async for _ in driver.notifies():
                news.set()
        finally:
            # Nobody else shall get a connection that listens.
            await connection.invalidate()
