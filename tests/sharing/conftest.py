from __future__ import annotations

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.sharing.family import Family, family


@pytest_asyncio.fixture
async def scooby(engine: AsyncEngine) -> Family:
    return await family(engine)
