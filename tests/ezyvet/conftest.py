from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import connect
from tests.postgres import database_url, new_database, postgres_server
from tests.simulators.ezyvet.running import RunningEzyvet, ezyvet_running

__all__ = ["database_url", "new_database", "postgres_server"]


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = connect(database_url, pool_size=20)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="package")
async def ezyvet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningEzyvet]:
    """One simulator for many tests, each with a site of its own."""
    async with ezyvet_running(tmp_path_factory.mktemp("ezyvet")) as running:
        yield running
