"""The import of a practice that shares automatically, beside the same import without."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench.importing import CLIENT, PRACTICE, Practice, new_database, practice_of, run_import
from bench.table import Line

SIZES = (20_000, 100_000)
TRIES = 3
SISTERS = ("sister", "other")
MOST = 30
"""Percent that sharing may add."""


async def import_lines(server: str, home: Path, sizes: Sequence[int] = SIZES, tries: int = TRIES) -> list[Line]:
    """Of each size in turns: without a share, and with two clinics, one of which has many of the same people."""
    return [line for size in sizes for line in await _lines(server, home, size, tries)]


async def _lines(server: str, home: Path, size: int, tries: int) -> list[Line]:
    given = await asyncio.to_thread(practice_of, size)
    wall, cpu = (dict[bool, list[float]]({False: [], True: []}) for _ in range(2))
    joined = 0
    for _ in range(tries):
        for shared in (False, True):
            url = await new_database(server)
            await asyncio.to_thread(_prepare, url, given, shared)
            run: Any = await run_import(url, home, given.clients, given.patients, "first")
            wall[shared].append(sum(run["took"].values()))
            cpu[shared].append(run["cpu"])
            joined = await asyncio.to_thread(_joined, url) if shared else joined
    whole = f"Import of {size:,} clients, shared automatically with two clinics, and without sharing"
    return [
        _compared(whole, wall, f"at most +{MOST} %"),
        _compared("... in processor time of the process, its helpers and PostgreSQL", cpu),
        Line(f"... of the two, one has {len(given.home):,} clients: joined with them", f"{joined:,}"),
    ]


def _compared(what: str, seconds: dict[bool, list[float]], goal: str = "") -> Line:
    sharing, alone = (median(seconds[shared]) for shared in (True, False))
    more = (sharing / alone - 1) * 100
    return Line(what, f"{sharing:.1f} s and {alone:.1f} s ({more:+.0f} %)", goal, more <= MOST if goal else None)


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
