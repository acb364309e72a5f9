from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import connect
from tests.postgres import database_url, new_database, postgres_server
from tests.records.clinics import Clinic

__all__ = ["database_url", "new_database", "postgres_server"]


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = connect(database_url, pool_size=5)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def riverside(engine: AsyncEngine, tmp_path: Path) -> Clinic:
    return await Clinic(engine, "riverside", tmp_path).create()


@pytest_asyncio.fixture
async def hilltop(engine: AsyncEngine, tmp_path: Path) -> Clinic:
    return await Clinic(engine, "hilltop", tmp_path).create()
