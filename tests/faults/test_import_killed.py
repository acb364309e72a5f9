"""A worker or the database is killed during an import: it resumes where it stopped, and imports nothing twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import psycopg

from desk import feed_imports
from pharmacy.records import feed_progress
from pharmacy.records.feed_progress import Feed
from store.database import DatabaseDown
from tests.faults.cluster import Cluster
from tests.records.clinics import client, ndjson, patient
from tests.system.harness import Practice, eventually

CLIENTS = 30_000


async def test_worker_killed_while_reading_and_database_while_applying(
    cluster: Cluster, practice: Practice, tmp_path: Path
) -> None:
    await practice.start()
    path = tmp_path / "feed.ndjson"
    path.write_bytes(ndjson([*(client(number) for number in range(CLIENTS)), *(patient(n, n) for n in range(CLIENTS))]))

    async def look() -> Feed:
        while True:
            # The database may be down.
            with suppress(DatabaseDown):
                return await feed_progress.load_feed(practice.desk.database, practice.id, 1)
            await asyncio.sleep(0.1)

    await feed_imports.hand_in(practice.desk, practice.id, path, path.name, "ana")

    async def state() -> str:
        feed = await look()
        return feed.state if feed.progress[0] else ""

    for wanted, victim in (("reading", "worker"), ("applying", "postgres")):
        await eventually(state, wanted.__eq__)
        began = len(cluster.said)
        cluster.signal(victim)
        await cluster.wait_for_output(f"{victim} was ended by SIGKILL", began)
    feed = await eventually(look, lambda feed: feed.is_over)
    assert (feed.state, feed.new_clients, feed.new_patients) == ("done", CLIENTS, CLIENTS)
    assert feed.rows_read == 2 * CLIENTS
    assert await feed_progress.count_records(practice.desk.database, practice.id) == (CLIENTS, CLIENTS)
    async with await psycopg.AsyncConnection.connect(cluster.database) as connection:
        left = await connection.execute("SELECT count(*) FROM staged_clients WHERE practice = %s", [practice.id])
        assert await left.fetchone() == (0,)
    await practice.shown_when(lambda shown: any(fact.name == "data_received" for fact in shown.facts))
