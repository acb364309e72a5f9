"""A real PostgreSQL for the tests: one server for the run, with a database that each test finds empty."""

from __future__ import annotations

import shutil
import signal
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from machine.ports import free_port
from machine.postgres import PostgresServer
from machine.processes import die_with_parent
from store.database import connect, migrate
from tests.folders import new_folder
from tests.patience import PATIENCE

QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_wal_size=128MB")
"""A test's data need not outlive a power cut."""
EMPTY = text("""
DO $$
DECLARE
    each regclass;
    found boolean;
    filled text[] = '{}';
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() AND state <> 'idle';
    FOR each IN
        SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname NOT IN ('alembic_version', 'clinic_key')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', each) INTO found;
        IF found THEN filled = filled || each::text; END IF;
    END LOOP;
    IF filled <> '{}' THEN
        EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE';
    END IF;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
END $$
""")
"""Leaves a database as its migrations made it."""


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server in a temporary directory, ended with the block and never outliving this process."""
    folder = new_folder("tests")
    try:
        server = PostgresServer(folder / "postgres", free_port(), uuid.uuid4().hex)
        child = server.child(server.prepare())
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*child.command, *QUICK],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=dict(child.environment),
                cwd=child.directory,
                user=child.user,
                group=child.group,
                extra_groups=None if child.user is None else [],
                preexec_fn=die_with_parent(signal.SIGQUIT),
            )
        try:
            _wait_for(process, server, folder / "log")
            yield server
        finally:
            # At once: to end in order, it would write down what is removed the next moment.
            process.send_signal(signal.SIGQUIT)
            process.wait(timeout=PATIENCE)
    finally:
        shutil.rmtree(folder)


def plain(url: str) -> str:
    """The address as psycopg itself takes it."""
    return url.replace("+psycopg", "", 1)


def fresh_database(server: PostgresServer, template: str = "template1") -> str:
    """The address of a new database, empty or a copy of `template`."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(plain(server.url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"{server.url.rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this test run."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def new_database(postgres_server: PostgresServer) -> Callable[[], str]:
    """Makes a migrated database at each call and gives its address."""
    template = fresh_database(postgres_server)
    migrate(template)
    return lambda: fresh_database(postgres_server, template.rpartition("/")[2])


@pytest.fixture(scope="session")
async def shared_engine(new_database: Callable[[], str]) -> AsyncIterator[AsyncEngine]:
    engine = connect(new_database(), pool_size=20)
    yield engine
    await engine.dispose()


@pytest.fixture
async def engine(shared_engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """A migrated database with nothing in it. Emptying it costs a tenth of making a new one, and its connections stay
    warm; whoever changes more than rows takes `database_url`."""
    yield shared_engine
    async with shared_engine.begin() as connection:
        await connection.execute(EMPTY)


@pytest.fixture
def database_url(new_database: Callable[[], str], postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a migrated database for this test alone, dropped with it."""
    url = new_database()
    yield url
    with psycopg.connect(plain(postgres_server.url), autocommit=True) as connection:
        name = url.rpartition("/")[2]
        # Not WITH (FORCE), by which only a superuser may end a vacuum; without it PostgreSQL ends that by itself.
        ours = "FROM pg_stat_activity WHERE datname = %s AND usename = current_user"
        connection.execute(f"SELECT pg_terminate_backend(pid, 5000) {ours}", [name])
        connection.execute(f'DROP DATABASE "{name}"')


def _wait_for(process: subprocess.Popen[bytes], server: PostgresServer, log: Path) -> None:
    while True:
        try:
            psycopg.connect(plain(server.url)).close()
            return
        except psycopg.OperationalError:
            try:
                process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-2000:]}") from None
