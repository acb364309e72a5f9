"""The walls between clinics: a query for one cannot read, write or move another's rows, whatever it says."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import ROLE, clinic_transaction
from tests.records.clinics import WALLED, Clinic


async def test_every_table_with_a_practice_is_walled(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid WHERE relrowsecurity "
                "AND polqual IS NOT NULL AND polwithcheck IS NOT NULL"
            )
        )
        walled = set(found.scalars())
        closed = {
            table
            for table in WALLED
            if not await connection.scalar(
                text("SELECT has_table_privilege(:role, :table, 'SELECT, INSERT, UPDATE, DELETE')"),
                {"role": ROLE, "table": table},
            )
        }
    # What belongs to no clinic's transaction is not open to its role at all.
    assert set(WALLED) <= walled | closed and "practices" in walled
    assert "clients" not in closed


@pytest.mark.parametrize("table", ["clients", "patients", "feeds", "changes", "differences", "set_aside"])
async def test_reading_gives_one_clinics_rows_only(both: tuple[Clinic, Clinic], table: str) -> None:
    riverside, hilltop = both
    async with riverside.engine.connect() as owner:
        everything = await owner.scalar(text(f"SELECT count(*) FROM {table}")) or 0
    mine = await riverside.rows(f"SELECT practice FROM {table}")
    assert {row["practice"] for row in mine} <= {"riverside"}
    theirs = await riverside.rows(f"SELECT practice FROM {table} WHERE practice = 'hilltop'")
    assert theirs == []
    assert len(mine) + len(await hilltop.rows(f"SELECT practice FROM {table}")) == everything
    assert everything or table == "set_aside"


async def test_without_a_clinic_nothing_is_seen(both: tuple[Clinic, Clinic]) -> None:
    async with clinic_transaction(both[0].engine) as connection:
        assert await connection.scalar(text("SELECT count(*) FROM clients")) == 0


async def test_two_clinics_that_share_are_seen_together(both: tuple[Clinic, Clinic]) -> None:
    async with clinic_transaction(both[0].engine, "riverside", "hilltop") as connection:
        assert await connection.scalar(text("SELECT count(DISTINCT practice) FROM clients")) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO clients (practice, id, feed, fed) VALUES ('hilltop', 'X', 1, 1)",
        "INSERT INTO changes (practice, kind, id, field, source, at) "
        "VALUES ('hilltop', 'client', 'C1', 'name', 'staff', now())",
        "UPDATE feeds SET practice = 'hilltop', number = 9 WHERE number = 2",
    ],
)
async def test_nothing_is_written_or_moved_across(both: tuple[Clinic, Clinic], statement: str) -> None:
    with pytest.raises(exc.ProgrammingError, match="row-level security"):
        async with clinic_transaction(both[0].engine, "riverside") as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clients SET surname = 'stolen' WHERE practice = 'hilltop'",
        "UPDATE patients SET name = 'stolen'",
        "DELETE FROM staged_clients",
        "DELETE FROM home_clients",
    ],
)
async def test_another_clinics_rows_are_not_touched(both: tuple[Clinic, Clinic], statement: str) -> None:
    before = await both[1].dump()
    async with clinic_transaction(both[0].engine, "riverside") as connection:
        await connection.execute(text(statement))
    assert await both[1].dump() == before


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM clients",
        "UPDATE clients SET practice = 'hilltop' WHERE id = 'C2'",
        "DELETE FROM changes",
        "UPDATE changes SET why = 'never mind'",
        "DELETE FROM link_decisions",
        "INSERT INTO practices (id, name) VALUES ('riverside', 'x')",
        "TRUNCATE clients",
        "SELECT * FROM users",
        "SELECT * FROM onboardings",
    ],
)
async def test_what_is_kept_for_ever_is_kept_and_the_rest_is_none_of_a_clinics_business(
    both: tuple[Clinic, Clinic], statement: str
) -> None:
    with pytest.raises(exc.ProgrammingError, match="permission denied"):
        async with clinic_transaction(both[0].engine, "riverside") as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT set_config('onboarding.practices', 'hilltop', true)",
        "SELECT set_config('onboarding.practices', 'riverside,hilltop', true)",
        "SET LOCAL onboarding.practices = 'hilltop'",
        "SELECT set_config('onboarding.signature', '', true)",
    ],
)
async def test_a_query_cannot_choose_its_own_clinics(both: tuple[Clinic, Clinic], statement: str) -> None:
    async with clinic_transaction(both[0].engine, "riverside") as connection:
        assert await connection.scalar(text("SELECT count(*) FROM clients"))
        await connection.execute(text(statement))
        assert await connection.scalar(text("SELECT count(*) FROM clients")) == 0
        await connection.execute(text("UPDATE clients SET surname = 'stolen'"))
    for one in both:
        assert not await one.rows("SELECT FROM clients WHERE surname = 'stolen'")


@pytest.mark.parametrize("statement", ["SELECT sign_practices('hilltop')", "SELECT * FROM clinic_key"])
async def test_a_clinic_cannot_sign(both: tuple[Clinic, Clinic], statement: str) -> None:
    with pytest.raises(exc.ProgrammingError, match="permission denied"):
        async with clinic_transaction(both[0].engine, "riverside") as connection:
            await connection.execute(text(statement))


async def test_what_was_signed_is_of_use_in_its_own_transaction_alone(both: tuple[Clinic, Clinic]) -> None:
    engine = both[0].engine
    setting = text("SELECT current_setting('onboarding.signature')")
    async with clinic_transaction(engine, "riverside", "hilltop") as connection:
        signature = await connection.scalar(setting)
    async with clinic_transaction(engine, "riverside") as connection:
        again = text(
            "SELECT set_config('onboarding.practices', 'riverside,hilltop', true), set_config(:name, :to, true)"
        )
        await connection.execute(again, {"name": "onboarding.signature", "to": signature})
        assert await connection.scalar(text("SELECT count(*) FROM clients")) == 0


async def test_the_walls_end_with_the_transaction(both: tuple[Clinic, Clinic]) -> None:
    engine = both[0].engine
    async with clinic_transaction(engine, "riverside") as connection:
        inside = await connection.scalar(text("SELECT current_user"))
    async with engine.connect() as connection:
        outside = await connection.scalar(text("SELECT current_user"))
        setting: Any = await connection.scalar(text("SELECT current_setting('onboarding.practices', true)"))
    assert inside == "onboarding_clinic" and outside != inside and not setting


@pytest.mark.parametrize("practice", ["", "a,b", "Riverside", "x'; SELECT 1"])
async def test_what_is_no_practice_opens_nothing(engine: AsyncEngine, practice: str) -> None:
    with pytest.raises(ValueError, match="not a practice's ID"):
        async with clinic_transaction(engine, practice):
            pass
