from __future__ import annotations

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.sharing.clinics import group_of
from tests.sharing.family import Family, family
from tests.sharing.program import Programs, programs


@pytest_asyncio.fixture
async def scooby(engine: AsyncEngine) -> Family:
    return await family(engine)


@pytest_asyncio.fixture
async def served(engine: AsyncEngine) -> Programs:
    """North shares with south automatically, and with nobody else; west stands alone."""
    group = await group_of(engine, "north", "south", "west")
    await group.share("north", "south", "automatic")
    return await programs(group, engine)
