"""What the demo erases before it begins anew: all of one clinic, and nothing of another."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.demo.clear import TABLES, erase
from tests.records.clinics import Clinic, client, patient
from tests.records.test_walls import WALLED, both

__all__ = ["both"]


def test_no_table_of_clinics_is_forgotten() -> None:
    assert sorted(table.name for table in TABLES) == WALLED


async def test_one_clinics_rows_are_erased(both: tuple[Clinic, Clinic], engine: AsyncEngine) -> None:
    riverside, hilltop = both
    before = await hilltop.dump()
    await erase(engine, "riverside")
    async with engine.connect() as connection:
        for table in TABLES:
            rows = select(func.count()).select_from(table).where(table.c.practice == "riverside")
            assert await connection.scalar(rows) == 0
    assert await hilltop.dump() == before
    await riverside.takes(client(1), patient(1, 1))
    assert [row["number"] for row in await riverside.rows("SELECT number FROM feeds")] == [1]
