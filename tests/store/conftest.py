from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import connect
from tests.postgres import database_url, new_database, postgres_server

__all__ = ["database_url", "new_database", "postgres_server"]


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = connect(database_url, pool_size=20)
    yield engine
    await engine.dispose()
