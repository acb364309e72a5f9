"""A group of 20 clinics that share everything, beside one clinic that has as much alone: `python -m bench sharing`.

Each page is asked as a member's transaction asks it, and then of the web application. The plans of the queries are
printed, and PostgreSQL itself counts whether a table that grows was read from its beginning to its end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from random import Random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bench.clients import PET_NAMES, surnames
from bench.importing import new_database
from bench.sharing_compare import Side, compare
from bench.sharing_fill import ALONE, CLIENTS, CLINICS, GROUP, NEWCOMER, OTHER, fill
from bench.sharing_import import import_lines
from bench.sharing_tasks import task_lines
from bench.sharing_web import web_lines
from bench.table import Line
from bench.world import World
from pharmacy.sharing.clients import as_client, client_rows
from pharmacy.sharing.finding import search_patients
from pharmacy.sharing.listing import list_clients
from pharmacy.sharing.patients import list_patients
from pharmacy.sharing.records import list_records
from pharmacy.sharing.taking import suggest
from store.database import connect

TRIES = 200
SISTER = GROUP[3]


async def measure(world: World) -> list[Line]:
    url = await new_database(world.addresses["database"])
    start = time.perf_counter()
    await asyncio.to_thread(fill, url)
    lines = [Line("Filling the group", f"{time.perf_counter() - start:.0f} s")]
    imports = await import_lines(world.addresses["database"], world.home)
    return [*lines, *await page_lines(world, url), *imports]


async def page_lines(world: World, url: str) -> list[Line]:
    """Of a database that is filled."""
    engine = connect(url, pool_size=2)
    chance = Random(7)
    names = [_beginning(chance, surnames().pick(chance)) for _ in range(TRIES)]
    pets = [chance.choice(PET_NAMES) for _ in range(TRIES)]
    ids, alone_ids = _ids(GROUP), _ids((ALONE,))
    alone = partial(Side, f"member:{ALONE}", [ALONE])
    sister = partial(Side, f"member:{SISTER}", [SISTER])
    newcomer = partial(Side, f"member:{NEWCOMER}", [NEWCOMER])
    pairs = (
        (
            "Opening a client with the records of all clinics",
            sister(partial(open_client, SISTER), ids),
            alone(partial(open_client, ALONE), alone_ids),
        ),
        (
            "Type-ahead over the clinic's and shared clients",
            sister(partial(type_ahead, SISTER), names),
            alone(partial(type_ahead, ALONE), names),
        ),
        (
            "The first page of all clients",
            sister(partial(first_page, SISTER), names),
            alone(partial(first_page, ALONE), names),
        ),
        (
            "Type-ahead over the sister clinics' clients",
            newcomer(partial(suggested, NEWCOMER), names),
            alone(partial(type_ahead, ALONE), names),
        ),
        *(
            (
                f"Type-ahead over patients: {what}",
                sister(partial(find_patients, SISTER), queries),
                alone(partial(find_patients, ALONE), queries),
            )
            for what, queries in (
                ("the beginning of a name", [_beginning(chance, pet) for pet in pets]),
                (
                    "a patient's name, then the owner's beginning",
                    [f"{pet} {name}" for pet, name in zip(pets, names, strict=True)],
                ),
                ("what begins no name", [f"{name}zq" for name in names]),
            )
        ),
    )
    lines = [line for pair in pairs for line in await compare(engine, *pair)]
    lines += [
        *await task_lines(engine, url, GROUP, ALONE),
        *await web_lines(world, url, SISTER, list(zip(ids, alone_ids, names, strict=True))),
        *await _enabling(engine),
    ]
    await engine.dispose()
    return lines


async def open_client(clinic: str, connection: AsyncConnection, id: str) -> None:
    """A client with the patients, and the first page of each one's records of all clinics."""
    rows = await client_rows(connection, clinic, id)
    await as_client(connection, clinic, rows)
    for patient in await list_patients(connection, clinic, rows):
        await list_records(connection, clinic, patient.id, 51)


async def type_ahead(clinic: str, connection: AsyncConnection, begins: str) -> None:
    await list_clients(connection, clinic, begins, 20)


async def find_patients(clinic: str, connection: AsyncConnection, query: str) -> None:
    await search_patients(connection, clinic, query, 20)


async def first_page(clinic: str, connection: AsyncConnection, _: str) -> None:
    await list_clients(connection, clinic, None, 50)


async def suggested(clinic: str, connection: AsyncConnection, begins: str) -> None:
    await suggest(connection, clinic, begins)


def _beginning(chance: Random, name: str) -> str:
    return name[: chance.choice((1, 2, 3, 4))]


def _ids(clinics: Sequence[str]) -> list[str]:
    """Clients of all these clinics, under the IDs at the sister or the only one."""
    chance = Random(3)
    here = SISTER if SISTER in clinics else clinics[0]
    found = []
    for _ in range(TRIES):
        clinic = chance.choice(clinics)
        id = f"c{chance.randrange(CLIENTS // len(clinics))}"
        found.append(id if clinic == here else f"{clinic}~{id}")
    return found


async def _enabling(engine: AsyncEngine) -> list[Line]:
    """Enabling is two rows, whatever the clinics have."""
    took = []
    for clinic in (GROUP[0], ALONE):
        start = time.perf_counter()
        async with engine.begin() as connection:
            await connection.execute(
                text(_SHARE), [{"clinic": a, "other": b} for a, b in ((clinic, OTHER), (OTHER, clinic))]
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
