"""The queue of a large practice just after its feed, when the database has not counted the rows yet."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records import review_queue, review_sample
from tests.records.clinics import Clinic

CLIENTS = 20_000
"""Badly planned, a query over them takes more than the half minute after which the server ends it."""


async def test_a_large_queue_is_read_quickly(riverside: Clinic, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for table, more, values in (("clients", ", feed, fed", ", 1, 1"), ("home_clients", "", "")):
            await connection.execute(
                text(
                    f"INSERT INTO {table} (practice, id, surname{more}) "
                    f"SELECT 'riverside', 'x' || n, 'Lee-' || n{values} FROM generate_series(1, {CLIENTS}) n"
                )
            )
        await connection.execute(
            text(
                "INSERT INTO client_links (practice, client, home_client, state, score, reasons, at) "
                "SELECT 'riverside', 'x' || n, 'x' || n, CASE WHEN n % 4 = 0 THEN 'review' ELSE 'merged' END, 1, "
                f"'{{}}', now() FROM generate_series(1, {CLIENTS}) n"
            )
        )
        await connection.execute(
            text(
                "INSERT INTO link_decisions (practice, link, was, decided, became, score, by, at) "
                "SELECT practice, number, state, 'not_sure', state, 1, 'ana', now() FROM client_links "
                "WHERE state = 'review' AND number % 8 = 0"
            )
        )
    (everywhere,) = await review_queue.practice_queues(engine)
    assert (everywhere.pairs, everywhere.merged) == (CLIENTS / 4, CLIENTS * 3 / 4)
    assert (await review_queue.practice_queue(engine, "riverside")) == everywhere
    first = await review_queue.next_pair(engine, "riverside")
    assert first
    assert first % 8 == 4
    assert await review_queue.next_pair(engine, "riverside", checking=True)
    assert len(await review_queue.recent_decisions(engine, "riverside", limit=5)) == 5
    page = await review_queue.recent_decisions(engine, "riverside")
    rest = await review_queue.recent_decisions(engine, "riverside", before=page[-1].decision)
    assert len(page) == len(rest) == review_queue.PER_PAGE and page[-1].decision > rest[0].decision
    assert len(await review_queue.search_merges(engine, "riverside")) == review_queue.PER_PAGE
    assert [each.imported_id for each in await review_queue.search_merges(engine, "riverside", "lee-19999")] == [
        "x19999"
    ]
    assert [each.left for each in await review_sample.error_rates(engine)] == [review_sample.SAMPLE_SIZE]
