"""Clients of all practices, found by name or telephone: for the team alone."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from pharmacy.records import everywhere
from pharmacy.records.everywhere import find_clients
from tests.records.clinics import Clinic, client


async def found(of: Clinic, search: str, limit: int = 10) -> list[tuple[str, str]]:
    return [(each.practice, each.id) for each in await find_clients(of.engine, search, limit)]


async def test_a_client_is_found_by_name_in_either_order_at_every_practice(riverside: Clinic, hilltop: Clinic) -> None:
    await riverside.import_rows(client(1, given_name="Zoë", surname="Quist"), client(2))
    await hilltop.import_rows(client(1, given_name="Zoe", surname="Quist-Lee"), client(2))
    one, other = ("riverside", "C1"), ("hilltop", "C1")
    for search in ("zoe qui", "quist", "ZOË"):
        assert sorted(await found(riverside, search)) == [other, one], search
    for search in ("Quist, Zoë", "  QUIST   z"):
        assert await found(riverside, search) == [one], search
    assert await found(riverside, "uist") == []
    assert await found(riverside, "zo") == [], "too short to be looked for everywhere"
    assert len(await found(riverside, "quist", 1)) == 1


AMONG_OTHERS = [
    ("", " / 503-555-0102 cell"),
    ("503-555-0102 / ", " cell"),
    ("home 503-555-0102, work ", " ext. 4, cell 503 555 0103"),
    ("(503) 555-0102 (503) 555-0103 ", ""),
    ("503-555-0102 ", " 503-555-0103"),
    ("030/1234567; ", ""),
]
"""What may stand before and after a number in a field of several."""


@pytest.mark.parametrize(
    "recorded",
    ["(312) 555-0118", "+1 312 555 0118", "312.555.0118 x12", "312-555-0118; 773-555-0100", "3125550118"]
    + [f"{before}312-555-0118{after}" for before, after in AMONG_OTHERS],
)
@pytest.mark.parametrize("search", ["(312) 555-0118", "+1 312.555.0118", "tel:+13125550118", "555 0118"])
async def test_a_client_is_found_by_telephone_however_it_is_written(
    riverside: Clinic, recorded: str, search: str
) -> None:
    others = client(2, phone="(773) 555-0118"), client(3, phone="312 555 0119"), client(4, phone=None)
    await riverside.import_rows(client(1, phone=recorded), *others)
    found_here = [("riverside", "C1")] + ([("riverside", "C2")] if search == "555 0118" else [])
    assert sorted(await found(riverside, search)) == found_here


async def test_what_was_typed_is_no_pattern(riverside: Clinic) -> None:
    await riverside.import_rows(client(1))
    for search in ("%%%", "___", "\\\\\\", "a\0' OR true --", "", "\0"):
        assert await found(riverside, search) == [], search


async def test_an_index_finds_them(riverside: Clinic) -> None:
    """As long as reading the whole table is dearer, which it is from some hundred rows on."""
    async with riverside.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        query = text(f"EXPLAIN {everywhere._BY_NAME.text}")
        plan = "\n".join((await connection.execute(query, {"begins": "quist", "limit": 9})).scalars())
        query = text(f"EXPLAIN {everywhere._BY_PHONE.text}")
        by_phone = "\n".join((await connection.execute(query, {"digits": "3125550118", "limit": 9})).scalars())
    assert "ix_clients_phone_end" in by_phone, by_phone
    assert "ix_clients_circle_surname_first" in plan and "ix_clients_circle_given_first" in plan, plan
