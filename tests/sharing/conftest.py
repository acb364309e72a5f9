from __future__ import annotations

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.records.conftest import database_url, engine, new_database, postgres_server
from tests.sharing.family import Family, family

__all__ = ["database_url", "engine", "new_database", "postgres_server"]


@pytest_asyncio.fixture
async def scooby(engine: AsyncEngine, database_url: str) -> Family:
    return await family(engine, database_url)
