"""A practice's feed comes in: beside plain COPY of the same rows, four times larger, and once more with few changes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sys
import time
import uuid
import zipfile
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psycopg

from bench.matching import practice as sides
from bench.table import Line
from bench.world import World
from pharmacy.merge.people import Person
from pharmacy.records import home_delivery
from store.database import connect, migrate

CLIENTS, HOME = 100_000, 20_000
PRACTICE = "bench"
TRIES = 3
CLIENT = ("id", "given_name", "surname", "street", "city", "state", "postcode", "phone", "email")
PATIENT = ("id", "client_id", "name", "species", "breed", "birth_date", "weight_kg", "deceased")
COPY = {
    "clients": "practice, id, given_name, surname, street, city, state, postcode, phone, email, feed, fed, circle",
    "patients": "practice, id, client, name, species, breed, birth_date, weight_grams, deceased, feed, fed, circle",
}


class Practice(NamedTuple):
    """Everything of one practice, as rows of text."""

    home: list[Person]
    clients: list[list[str]]
    patients: list[list[str]]


async def measure(world: World) -> list[Line]:
    """The lines of the table. Every run has a database of its own on the world's server."""
    server = world.addresses["database"]
    small = await asyncio.to_thread(practice_of, CLIENTS // 4)
    large = await asyncio.to_thread(practice_of, CLIENTS)
    copied = median([await _copied(await new_database(server), large) for _ in range(TRIES)])
    quarter, _ = await _imported(server, world.home, small)
    whole, url = await _imported(server, world.home, large)
    again = await _again(url, world.home, large, 0)
    hundredth = await _again(url, world.home, large, 0.01)
    tenth = await _again(url, world.home, large, 0.1)
    return [*_first(whole, quarter, copied, large), *_later(again, hundredth, tenth)]


def _first(whole: Any, quarter: Any, copied: float, given: Practice) -> Iterable[Line]:
    total = sum(whole["took"].values())
    rows = f"{len(given.clients):,} clients, {len(given.patients):,} patients, {len(given.home):,} at home before"
    yield Line(f"Plain COPY of {rows}", f"{copied:.1f} s")
    yield Line("First import of the same", f"{total:.1f} s")
    for name, seconds in whole["took"].items():
        yield Line(f"... {name}", f"{seconds:.1f} s")
    ratio = total / copied
    yield Line("First import in times of COPY", f"{ratio:.1f}", "at most 8", ratio <= 8)
    yield Line("... merged", f"{whole['counts']['merged']:,}")
    yield Line("Memory", f"{whole['mb']:.0f} MB", "at most 600 MB", whole["mb"] <= 600)
    growth = whole["mb"] / quarter["mb"]
    yield Line("Memory in times of a quarter's", f"{growth:.2f}", "at most 1.3", growth <= 1.3)


def _later(again: Any, hundredth: Any, tenth: Any) -> Iterable[Line]:
    for name, run in (("nothing", again), ("1 %", hundredth), ("10 %", tenth)):
        took = run["took"]
        reading = took["receive"] + took["read and stage"]
        applying = sum(took.values()) - reading
        yield Line(f"Later feed, {name} changed: reading", f"{reading:.1f} s")
        yield Line(f"Later feed, {name} changed: all the rest", f"{applying:.2f} s")


def practice_of(size: int) -> Practice:
    """Clients as `bench.matching` makes them: some at home before, half with a housemate."""
    # Of so many some are at home before and not in the feed.
    made = sides(1, size * HOME // CLIENTS, size * 11 // 10)
    clients, patients = [], []
    for person in made.imported[:size]:
        clients.append([getattr(person, name) for name in CLIENT])
        for number, name in enumerate(("Bella", "Rex")):
            animal = person.patients[number] if number < len(person.patients) else None
            told = (animal.name, animal.species, animal.breed) if animal else (name, "dog", "Beagle")
            patients.append([f"{person.id}-{number}", person.id, *told, "2019-05-01", "12.5", "no"])
    return Practice(made.existing, clients, patients)


async def new_database(server: str, like: str | None = None) -> str:
    """A database with the practice, or one like another."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    template = f' TEMPLATE "{like.rpartition("/")[2]}"' if like else ""
    async with await psycopg.AsyncConnection.connect(server.replace("+psycopg", "", 1), autocommit=True) as connection:
        await connection.execute(f'CREATE DATABASE "{name}"{template}'.encode())
    url = f"{server.rpartition('/')[0]}/{name}"
    if like:
        return url
    await asyncio.to_thread(migrate, url)
    async with await psycopg.AsyncConnection.connect(url.replace("+psycopg", "", 1)) as connection:
        await connection.execute("INSERT INTO practices (id, name) VALUES (%s, 'Bench')", [PRACTICE])
    return url


async def _copied(url: str, given: Practice) -> float:
    """Seconds that COPY takes for the rows, written beforehand as it reads them."""
    rows = {
        "clients": "".join("\t".join([PRACTICE, *row, "1", "1", PRACTICE]) + "\n" for row in given.clients),
        "patients": "".join(
            "\t".join([PRACTICE, *row[:6], "12500", "f", "1", "1", PRACTICE]) + "\n" for row in given.patients
        ),
    }
    async with await psycopg.AsyncConnection.connect(url.replace("+psycopg", "", 1)) as connection:
        start = time.perf_counter()
        async with connection.cursor() as cursor:
            for table, text in rows.items():
                async with cursor.copy(f"COPY {table} ({COPY[table]}) FROM STDIN".encode()) as copy:
                    await copy.write(text)
        await connection.commit()
        return time.perf_counter() - start


async def _imported(server: str, folder: Path, given: Practice) -> tuple[Any, str]:
    url = await new_database(server)
    await add_home(url, given)
    return await run_import(url, folder, given.clients, given.patients, "first"), url


async def add_home(url: str, given: Practice) -> None:
    """Adds the home-delivery clients."""
    engine = connect(url, pool_size=1)
    people = [{name: getattr(person, name) or None for name in CLIENT} for person in given.home]
    pets = [
        {
            "id": f"{person.id}-{number}",
            "client": person.id,
            "name": pet.name,
            "species": pet.species,
            "breed": pet.breed,
        }
        for person in given.home
        for number, pet in enumerate(person.patients)
    ]
    await home_delivery.add_home_clients(engine, PRACTICE, people, pets)
    await engine.dispose()


async def _again(url: str, folder: Path, given: Practice, share: float) -> Any:
    """A later feed with this share of clients and patients changed: the e-mail address, the weight."""
    step = int(1 / share) if share else 0
    clients = [
        [*row[:-1], f"{share}-{number}@mail.example"] if step and number % step == 0 else row
        for number, row in enumerate(given.clients)
    ]
    patients = [
        [*row[:-2], f"{13 + share}", "no"] if step and number % step == 0 else row
        for number, row in enumerate(given.patients)
    ]
    return await run_import(url, folder, clients, patients, f"again {share}")


async def run_import(url: str, folder: Path, clients: list[list[str]], patients: list[list[str]], name: str) -> Any:
    path = folder.parent / f"{name}.zip"
    await asyncio.to_thread(_written, path, clients, patients)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.importing_child", url, PRACTICE, str(path), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return json.loads(output)


def _written(path: Path, clients: list[list[str]], patients: list[list[str]]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, columns, rows in (("clients.csv", CLIENT, clients), ("patients.csv", PATIENT, patients)):
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerow(columns)
            writer.writerows(rows)
            archive.writestr(name, text.getvalue())
