"""The import of a practice that shares automatically, beside the same import without."""

from __future__ import annotations

import asyncio
from statistics import median
from typing import Any

import psycopg

from bench.importing import CLIENT, PRACTICE, Practice, new_database, practice_of, run_import
from bench.table import Line
from bench.world import World

SIZE = 100_000
TRIES = 3
SISTERS = ("sister", "other")


async def import_lines(world: World) -> list[Line]:
    """In turns: without a share, and with two clinics, one of which has many of the same people already."""
    given = await asyncio.to_thread(practice_of, SIZE)
    took: dict[bool, list[float]] = {False: [], True: []}
    joined = 0
    for _ in range(TRIES):
        for shared in took:
            url = await new_database(world.addresses["database"])
            await asyncio.to_thread(_prepare, url, given, shared)
            run: Any = await run_import(url, world.home, given.clients, given.patients, "first")
            took[shared].append(sum(run["took"].values()))
            joined = await asyncio.to_thread(_joined, url) if shared else joined
    alone, sharing = (median(took[shared]) for shared in (False, True))
    more = (sharing / alone - 1) * 100
    return [
        Line(f"Import of {SIZE:,} clients, without sharing", f"{alone:.1f} s"),
        Line(
            "... shared automatically with two clinics", f"{sharing:.1f} s ({more:+.0f} %)", "at most +30 %", more <= 30
        ),
        Line(f"... of whom one has {len(given.home):,} clients: joined with them", f"{joined:,}"),
    ]


def _prepare(url: str, given: Practice, shared: bool) -> None:
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        for each in (PRACTICE, *SISTERS):
            connection.execute("INSERT INTO practices (id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING", [each, each])
            connection.execute(
                "INSERT INTO clinics (id, name, owner, account_email, time_zone, country) "
                "VALUES (%s, %s, 'Bench LLC', 'a@b.test', 'America/Chicago', 'US')",
                [each, each],
            )
        if shared:
            connection.cursor().executemany(
                "INSERT INTO shares (clinic, other, state, mode, onboarding) "
                "VALUES (%s, %s, 'enabled', 'automatic', 'bench')",
                [pair for each in SISTERS for pair in ((PRACTICE, each), (each, PRACTICE))],
            )
        columns = ", ".join(CLIENT)
        with connection.cursor().copy(f"COPY clients (practice, {columns}, feed, fed) FROM STDIN") as copy:
            for person in given.home:
                copy.write_row([SISTERS[0], *(getattr(person, name) or None for name in CLIENT), 0, 0])
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _joined(url: str) -> int:
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        found = connection.execute(
            "SELECT count(*) FROM clients WHERE practice = %s AND person IS NOT NULL", [PRACTICE]
        )
        return int(found.fetchone()[0])  # type: ignore[index]
