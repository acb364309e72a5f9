"""The import of a practice that shares automatically, beside the same import without."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psycopg

from bench.importing import CLIENT, PRACTICE, Practice, add_home, new_database, practice_of, run_import
from bench.sharing_fill import CLIENTS, GROUP, fill
from bench.table import Line

SIZES = (20_000, 100_000)
TRIES = 3
MOST = 30
"""Percent that sharing may add."""


class Case(NamedTuple):
    """With whom an import shares. `home`: the practice has home-delivery clients, as most do. `filled`: see `fill`."""

    title: str
    sisters: tuple[str, ...]
    home: bool = False
    filled: bool = False


TWO = ("sister", "other")
CASES = (
    Case("two clinics, and no home-delivery clients", TWO),
    Case("two clinics, with home-delivery clients", TWO, home=True),
    Case(f"a group of {len(GROUP)} clinics with {CLIENTS:,} clients", GROUP, home=True, filled=True),
)


async def import_lines(server: str, home: Path) -> list[Line]:
    """Of each size and case in turns: without a share, and with clinics that have many of the same people."""
    lines = []
    for size in SIZES:
        given = await asyncio.to_thread(practice_of, size)
        for case in CASES:
            lines += await _lines(server, home, given, case)
    return lines


async def _lines(server: str, folder: Path, given: Practice, case: Case) -> list[Line]:
    wall, cpu, memory = (dict[bool, list[float]]({False: [], True: []}) for _ in range(3))
    joined = 0
    databases = {shared: await prepared(server, given, case, shared) for shared in (False, True)}
    for _ in range(TRIES):
        for shared in (False, True):
            url = await new_database(server, databases[shared])
            run: Any = await run_import(url, folder, given.clients, given.patients, "first")
            for seconds, took in ((wall, sum(run["took"].values())), (cpu, run["cpu"]), (memory, run["mb"])):
                seconds[shared].append(took)
            joined = await asyncio.to_thread(_joined, url) if shared else joined
    more = f"{len(given.home):,} of {'them' if case.filled else 'one of them'} are written by the same hand"
    return [
        _compared(f"Import of {len(given.clients):,} clients, shared with {case.title}, and not", wall, f"+{MOST} %"),
        _compared("... in processor time of the process, its helpers and PostgreSQL", cpu),
        Line("... memory, shared and not", " and ".join(f"{max(memory[each]):.0f} MB" for each in (True, False))),
        Line(f"... {more}; joined", f"{joined:,}"),
    ]


def _compared(what: str, seconds: dict[bool, list[float]], most: str = "") -> Line:
    sharing, alone = (median(seconds[shared]) for shared in (True, False))
    more = (sharing / alone - 1) * 100
    figure = f"{sharing:.1f} s and {alone:.1f} s ({more:+.0f} %)"
    return Line(what, figure, f"at most {most}" if most else "", more <= MOST if most else None)


async def prepared(server: str, given: Practice, case: Case, shared: bool) -> str:
    """Returns a database as it is before the import."""
    url = await new_database(server)
    if case.filled:
        await asyncio.to_thread(fill, url, records=0)
    await asyncio.to_thread(_prepare, url, given, case.sisters, shared)
    if case.home:
        await add_home(url, given)
    async with await psycopg.AsyncConnection.connect(_address(url), autocommit=True) as connection:
        await connection.execute("VACUUM ANALYZE")
    return url


def _prepare(url: str, given: Practice, sisters: Sequence[str], shared: bool) -> None:
    with psycopg.connect(_address(url)) as connection:
        for each in (PRACTICE, *sisters):
            connection.execute("INSERT INTO practices (id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING", [each, each])
            connection.execute(
                "INSERT INTO clinics (id, name, owner, account_email, time_zone, country) "
                "VALUES (%s, %s, 'Bench LLC', 'a@b.test', 'America/Chicago', 'US') ON CONFLICT DO NOTHING",
                [each, each],
            )
        if shared:
            connection.cursor().executemany(
                "INSERT INTO shares (clinic, other, state, mode, onboarding) "
                "VALUES (%s, %s, 'enabled', 'automatic', 'bench')",
                [pair for each in sisters for pair in ((PRACTICE, each), (each, PRACTICE))],
            )
        columns = ", ".join(CLIENT)
        with connection.cursor().copy(f"COPY clients (practice, {columns}, feed, fed) FROM STDIN") as copy:
            # Two clinics: the first has all of them. A group: each has some.
            having = sisters if len(sisters) > len(TWO) else sisters[:1]
            for number, person in enumerate(given.home):
                values = (getattr(person, name) or None for name in CLIENT)
                copy.write_row([having[number % len(having)], *values, 0, 0])


def _joined(url: str) -> int:
    with psycopg.connect(_address(url)) as connection:
        found = connection.execute(
            "SELECT count(*) FROM clients WHERE practice = %s AND person IS NOT NULL", [PRACTICE]
        )
        return int(found.fetchone()[0])  # type: ignore[index]


def _address(url: str) -> str:
    return url.replace("+psycopg", "", 1)
