"""The rows of `bench.sharing`: 20 clinics that share all they have, and one clinic that has as much alone.

They are as the product would have written them, without its triggers and checks, which take an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import psycopg

from bench.clients import PET_NAMES, given_names, surnames

CLINICS, CLIENTS, PETS, RECORDS = 20, 200_000, 2, 5
GROUP = tuple(f"g{number:02}" for number in range(CLINICS))
ALONE, NEWCOMER = "alone", "newcomer"
OTHER = "z"
"""A clinic without clients, for whom sharing is enabled."""
FILLED = ("clients", "patients", "medical_records")

Database = psycopg.Connection[Any]


def fill(url: str, records: int = RECORDS) -> None:
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET maintenance_work_mem = '256MB'")
        _clinics(connection)
        with _unchecked(connection):
            _clients(connection)
            _patients(connection)
            _records(connection, records)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE clients, patients, medical_records, circles, shares, members")


def _clinics(connection: Database) -> None:
    for each in (*GROUP, ALONE, NEWCOMER, OTHER):
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
            "INSERT INTO members (clinic, person, handle, role) VALUES (%s, %s, 'p', 'vet')", [each, f"member:{each}"]
        )
    pairs = [(a, b, "automatic") for a in GROUP for b in GROUP if a != b]
    pairs += [(a, b, "manual") for g in GROUP for a, b in ((g, NEWCOMER), (NEWCOMER, g))]
    connection.cursor().executemany(
        "INSERT INTO shares (clinic, other, state, mode, onboarding) VALUES (%s, %s, 'enabled', %s, 'bench')", pairs
    )


@contextmanager
def _unchecked(connection: Database) -> Iterator[None]:
    """Checks and indexes all rows together at the end."""
    checks = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND conrelid = ANY (%s::regclass[])",
        [list(FILLED)],
    ).fetchall()
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY (%s) "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        [list(FILLED)],
    ).fetchall()
    for table, name, _ in checks:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    for table in FILLED:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    yield
    for table in FILLED:
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    for _, made in indexes:
        connection.execute(made.encode())
    for table, name, of in checks:
        connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {of}".encode())


def _clients(connection: Database) -> None:
    chance = Random(1)
    people = [(given_names().pick(chance), surnames().pick(chance)) for _ in range(CLIENTS)]
    for owners in (GROUP, (ALONE,)):
        circles = {
            each: connection.execute("SELECT new_circle(%s)", [each]).fetchone()[0]  # type: ignore[index]
            for each in owners
        }
        copied = "COPY clients (practice, id, circle, given_name, surname, email, feed, fed) FROM STDIN"
        with connection.cursor().copy(copied) as copy:
            for number, (given, surname) in enumerate(people):
                clinic, email = owners[number % len(owners)], f"{given}.{surname}{number}@mail.test".lower()
                copy.write_row([clinic, f"c{number // len(owners)}", circles[clinic], given, surname, email, 0, 0])


def _patients(connection: Database) -> None:
    connection.execute(
        "INSERT INTO patients (practice, id, client, circle, name, species, feed, fed) "
        "SELECT practice, id || 'p' || n, id, circle, (%s::text[])[1 + mod(abs(hashtext(id || n)), %s)], 'dog', 0, 0 "
        "FROM clients, generate_series(1, %s) n",
        [PET_NAMES, len(PET_NAMES), PETS],
    )


def _records(connection: Database, records: int) -> None:
    """Each record of a patient is of another clinic of the circle."""
    connection.execute(
        "INSERT INTO medical_records (practice, patient, circle, location, at, kind, text, by) "
        "SELECT practice, p.id, p.circle, coalesce((c.clinics)[1 + n %% cardinality(c.clinics)], practice), "
        "now() - make_interval(days => n * 30), 'exam', repeat('Healthy. ', 10), 'p' "
        "FROM generate_series(1, %s) n, patients p LEFT JOIN circles c ON c.id = p.circle",
        [records],
    )
