"""A group of 20 clinics that share everything, beside one clinic that has as much alone: `python -m bench sharing`.

Each page is asked as a member's transaction asks it. The plans of its queries are printed, and PostgreSQL itself counts
whether a table that grows was read from its beginning to its end, also within functions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import psycopg
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bench.clients import given_names, surnames
from bench.importing import new_database
from bench.plans import PLANNED
from bench.sharing_import import import_lines
from bench.sharing_tasks import task_lines
from bench.table import Line
from bench.world import World
from pharmacy.records.clinic import member_transaction
from pharmacy.sharing.clients import load_client
from pharmacy.sharing.listing import list_clients
from pharmacy.sharing.patients import list_patients
from pharmacy.sharing.records import list_records
from pharmacy.sharing.taking import suggest
from store.database import connect

CLINICS, CLIENTS, PETS, RECORDS = 20, 200_000, 2, 5
GROUP = tuple(f"g{number:02}" for number in range(CLINICS))
ALONE, NEWCOMER = "alone", "newcomer"
TRIES = 200
GOAL, RATIO = 100, 1.5
FILLED = ("clients", "patients", "medical_records")
BIG = (*FILLED, "changes", "differences", "person_links")

Page = Callable[[AsyncConnection, str, str], Awaitable[Any]]


async def open_client(connection: AsyncConnection, clinic: str, id: str) -> None:
    """A client with the patients, and the first page of each one's records of all clinics."""
    client = await load_client(connection, clinic, id)
    for patient in await list_patients(connection, clinic, client.id):
        await list_records(connection, clinic, patient.id, 51)


async def type_ahead(connection: AsyncConnection, clinic: str, begins: str) -> None:
    await list_clients(connection, clinic, begins, 20)


async def measure(world: World) -> list[Line]:
    url = await new_database(world.addresses["database"])
    print("\nFilling the group ...", flush=True)
    await asyncio.to_thread(_fill, url)
    engine = connect(url, pool_size=2)
    chance = Random(7)
    names = [surnames().pick(chance)[: chance.choice((1, 2, 3, 4))] for _ in range(TRIES)]
    pages: tuple[tuple[str, Page, str, list[str], str, list[str]], ...] = (
        ("Opening a client with the records of all clinics", open_client, GROUP[3], _ids(GROUP), ALONE, _ids((ALONE,))),
        ("Type-ahead over the clinic's and shared clients", type_ahead, GROUP[3], names, ALONE, names),
        ("The first page of all clients", list_page, GROUP[3], [""] * TRIES, ALONE, [""] * TRIES),
        ("Type-ahead over the sister clinics' clients", suggest, NEWCOMER, names, ALONE, names),
    )
    lines = []
    for what, page, clinic, asked, other, other_asked in pages:
        alone = type_ahead if page is suggest else page
        shared, single = await _in_turns(engine, (page, clinic, asked), (alone, other, other_asked))
        await _print_plans(engine, what, page, clinic, asked[0])
        scans = await _scans(engine, page, clinic, asked)
        lines.append(Line(f"{what} (p95)", f"{shared:.1f} ms", f"under {GOAL} ms", shared < GOAL))
        ratio = shared / single
        lines.append(
            Line("... in times of the same without sharing", f"{ratio:.2f}", f"at most {RATIO}", ratio <= RATIO)
        )
        lines.append(Line("... reads of a whole table that grows", str(scans), "none", scans == 0))
    lines += await task_lines(engine, url, GROUP, ALONE)
    lines += await _enabling(engine)
    await engine.dispose()
    return lines + await import_lines(world)


async def list_page(connection: AsyncConnection, clinic: str, _: str) -> None:
    await list_clients(connection, clinic, None, 50)


def _ids(clinics: Sequence[str]) -> list[str]:
    """Clients of all these clinics, under the IDs at the fourth of them or the only one."""
    chance, here = Random(3), clinics[min(3, len(clinics) - 1)]
    found = []
    for _ in range(TRIES):
        clinic = chance.choice(clinics)
        id = f"c{chance.randrange(CLIENTS // len(clinics))}"
        found.append(id if clinic == here else f"{clinic}~{id}")
    return found


async def _in_turns(engine: AsyncEngine, *runs: tuple[Page, str, list[str]]) -> list[float]:
    """The 95th percentile of each in milliseconds, measured in turns so that the machine is the same for both."""
    took: list[list[float]] = [[] for _ in runs]
    for number in range(TRIES):
        for each, (page, clinic, asked) in zip(took, runs, strict=True):
            start = time.perf_counter()
            async with _at(engine, clinic) as connection:
                await page(connection, clinic, asked[number])
            each.append((time.perf_counter() - start) * 1000)
    return [sorted(each)[TRIES * 95 // 100] for each in took]


@asynccontextmanager
async def _at(engine: AsyncEngine, clinic: str) -> AsyncIterator[AsyncConnection]:
    async with member_transaction(engine, f"member:{clinic}", clinic) as (connection, _):
        yield connection


async def _scans(engine: AsyncEngine, page: Page, clinic: str, asked: list[str]) -> int:
    query = text("SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname = ANY (:big)")
    async with _at(engine, clinic) as connection:
        for each in asked:
            await page(connection, clinic, each)
        return int(await connection.scalar(query, {"big": list(BIG)}) or 0)


async def _print_plans(engine: AsyncEngine, what: str, page: Page, clinic: str, asked: str) -> None:
    statements: list[tuple[str, Any]] = []

    def remember(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    async with _at(engine, clinic) as connection:
        event.listen(engine.sync_engine, "before_cursor_execute", remember)
        await page(connection, clinic, asked)
        event.remove(engine.sync_engine, "before_cursor_execute", remember)
        print(f"\n### {what}")
        for statement, parameters in dict(statements).items():
            if statement.lstrip().upper().startswith(PLANNED):
                plan = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {statement}", parameters)
                print("\n".join(["", " ".join(statement.split())[:160], *(f"    {line}" for line in plan.scalars())]))


async def _enabling(engine: AsyncEngine) -> list[Line]:
    """Enabling is two rows, whatever the clinics have."""
    took = []
    for clinic in (GROUP[0], ALONE):
        start = time.perf_counter()
        async with engine.begin() as connection:
            await connection.execute(
                text(_SHARE), [{"clinic": a, "other": b} for a, b in ((clinic, "z"), ("z", clinic))]
            )
        took.append((time.perf_counter() - start) * 1000)
    small, large = f"{CLIENTS // CLINICS:,}", f"{CLIENTS:,}"
    figure = f"{took[0]:.1f} ms and {took[1]:.1f} ms"
    return [
        Line(f"Enabling sharing of {small} and of {large} clients", figure, "independent", took[1] < 2 * took[0] + 5)
    ]


_SHARE = (
    "INSERT INTO shares (clinic, other, state, mode, onboarding) "
    "VALUES (:clinic, :other, 'enabled', 'automatic', 'bench') ON CONFLICT DO NOTHING"
)


def _without_checks(connection: psycopg.Connection[Any]) -> list[bytes]:
    """Lets rows in unchecked. Returns the statements that check them together, and again from then on."""
    found = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND conrelid = ANY ('{patients,medical_records,clients}'::regclass[])"
    ).fetchall()
    for table, name, _ in found:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    for table in FILLED:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    added = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {of}".encode() for table, name, of in found]
    return [*added, *(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode() for table in FILLED)]


def _fill(url: str) -> None:
    """All rows as the product would have written them, without its triggers and checks, which take an hour."""
    clinics = [*GROUP, ALONE, NEWCOMER, "z"]
    chance = Random(1)
    people = [
        (
            given := given_names().pick(chance),
            surname := surnames().pick(chance),
            f"{given}.{surname}{n}@mail.test".lower(),
        )
        for n in range(CLIENTS)
    ]
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        for each in clinics:
            connection.execute("INSERT INTO practices (id, name) VALUES (%s, %s)", [each, each])
            connection.execute(
                "INSERT INTO clinics (id, name, owner, account_email, time_zone, country) "
                "VALUES (%s, %s, 'Bench LLC', 'a@b.test', 'America/Chicago', 'US')",
                [each, each],
            )
            connection.execute(
                "INSERT INTO users (handle, name, email) VALUES (%s, %s, %s)",
                [f"member:{each}", each, f"{each}@mail.test"],
            )
            connection.execute(
                "INSERT INTO members (clinic, person, handle, role) VALUES (%s, %s, 'p', 'vet')",
                [each, f"member:{each}"],
            )
        pairs = [(a, b, "automatic") for a in GROUP for b in GROUP if a != b]
        pairs += [(a, b, "manual") for g in GROUP for a, b in ((g, NEWCOMER), (NEWCOMER, g))]
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO shares (clinic, other, state, mode, onboarding) VALUES (%s, %s, 'enabled', %s, 'bench')",
                pairs,
            )
        checks = _without_checks(connection)
        for owners in (GROUP, (ALONE,)):
            circles = {each: connection.execute("SELECT new_circle(%s)", [each]).fetchone()[0] for each in owners}  # type: ignore[index]
            with connection.cursor().copy(
                "COPY clients (practice, id, circle, given_name, surname, email, feed, fed) FROM STDIN"
            ) as copy:
                for number, person in enumerate(people):
                    clinic = owners[number % len(owners)]
                    copy.write_row([clinic, f"c{number // len(owners)}", circles[clinic], *person, 0, 0])
        connection.execute(
            "INSERT INTO patients (practice, id, client, circle, name, species, feed, fed) "
            "SELECT practice, id || 'p' || n, id, circle, 'Rex', 'dog', 0, 0 FROM clients, generate_series(1, %s) n",
            [PETS],
        )
        # Each record is of another clinic of the circle.
        connection.execute(
            "INSERT INTO medical_records (practice, patient, circle, location, at, kind, text, by) "
            "SELECT practice, p.id, p.circle, coalesce((c.clinics)[1 + n %% cardinality(c.clinics)], practice), "
            "now() - make_interval(days => n * 30), 'exam', repeat('Healthy. ', 10), 'p' "
            "FROM generate_series(1, %s) n, patients p LEFT JOIN circles c ON c.id = p.circle",
            [RECORDS],
        )
        for statement in checks:
            connection.execute(statement)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE clients, patients, medical_records, circles, shares, members")
