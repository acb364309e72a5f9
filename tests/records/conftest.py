from __future__ import annotations

from pathlib import Path

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.records.clinics import Clinic


@pytest_asyncio.fixture
async def riverside(engine: AsyncEngine, tmp_path: Path) -> Clinic:
    return await Clinic(engine, "riverside", tmp_path).create()


@pytest_asyncio.fixture
async def hilltop(engine: AsyncEngine, tmp_path: Path) -> Clinic:
    return await Clinic(engine, "hilltop", tmp_path).create()
