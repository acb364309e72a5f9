from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.records.clinics import Clinic, client, patient


@pytest_asyncio.fixture
async def riverside(engine: AsyncEngine, tmp_path: Path) -> Clinic:
    return await Clinic(engine, "riverside", tmp_path).create()


@pytest_asyncio.fixture
async def hilltop(engine: AsyncEngine, tmp_path: Path) -> Clinic:
    return await Clinic(engine, "hilltop", tmp_path).create()


@pytest.fixture
async def both(riverside: Clinic, hilltop: Clinic) -> tuple[Clinic, Clinic]:
    for one in (riverside, hilltop):
        await one.import_rows(client(1), patient(1, 1), client(2, weight="x"))
        await one.import_rows(client(1, street="9 Elm St", email="n@mail.example"), patient(1, 1), client(2))
    return riverside, hilltop
