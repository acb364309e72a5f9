"""Connections, migrations and their failures, against a real server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, exc, text
from sqlalchemy.ext.asyncio import AsyncEngine

from machine.ports import free_port
from machine.postgres import PostgresServer
from migrations.tables import metadata
from store.database import (
    MIGRATION_LOCK,
    MIGRATIONS,
    DatabaseDown,
    DatabaseProblem,
    DatabaseTooNew,
    at_head,
    at_once,
    connect,
    head,
    migrate,
    require_current,
)
from tests.postgres import fresh_database, plain

MIGRATE = "import sys; from store.database import migrate; migrate(sys.argv[1])"


def _elsewhere(code: str, url: str) -> subprocess.Popen[str]:
    """Another process that runs `code` in another directory, with the database's address as its argument."""
    environment = {**os.environ, "PYTHONPATH": str(MIGRATIONS.parent)}
    return subprocess.Popen(
        [sys.executable, "-c", code, url], cwd="/", env=environment, stderr=subprocess.PIPE, text=True
    )


def test_an_empty_database_is_migrated_once(postgres_server: PostgresServer) -> None:
    url = fresh_database(postgres_server)
    assert not at_head(url)
    migrate(url)
    assert at_head(url)
    with psycopg.connect(plain(url)) as connection:
        before = connection.execute("SELECT xmin, version_num FROM alembic_version").fetchall()
        migrate(url)
        assert connection.execute("SELECT xmin, version_num FROM alembic_version").fetchall() == before
        assert before[0][1] == head()


def test_what_needs_a_database_starts_while_it_is_away() -> None:
    require_current(f"postgresql://nobody@127.0.0.1:{free_port()}/none")


def test_a_database_at_head_needs_no_alembic(database_url: str) -> None:
    """Loading it would cost every start a fifth of a second."""
    done = _elsewhere(f"{MIGRATE}; assert 'alembic' not in sys.modules", database_url)
    assert (done.communicate()[1], done.returncode) == ("", 0)


def test_several_may_migrate_at_the_same_time(postgres_server: PostgresServer) -> None:
    """All find an empty database before any of them may begin; they go one after the other."""
    url = fresh_database(postgres_server)
    with psycopg.connect(plain(url), autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        others = [_elsewhere(MIGRATE, url) for _ in range(3)]
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
        while first.execute(
            f"{waiting} (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone() != (3,):
            assert [other.poll() for other in others] == [None] * 3
    assert [(other.communicate()[1], other.returncode) for other in others] == [("", 0)] * 3
    assert at_head(url)


def test_tables_and_migrations_say_the_same(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        # What alembic does not compare: constraints, but those that are triggers, and what partial indexes hold.
        connection.execute(text("CREATE SCHEMA model"))
        connection.execute(text("SET search_path TO model"))
        metadata.create_all(connection)
        constraints = text(
            "SELECT conname, replace(pg_get_constraintdef(oid), :schema || '.', '') FROM pg_constraint "
            "WHERE connamespace = CAST(:schema AS regnamespace) AND conname NOT LIKE 'alembic%' "
            "AND contype <> 't' ORDER BY 1"
        )
        indexes = text(
            "SELECT indexname, replace(indexdef, schemaname || '.', '') FROM pg_indexes "
            "WHERE schemaname = :schema AND tablename <> 'alembic_version' ORDER BY 1"
        )
        for query in (constraints, indexes):
            migrated = connection.execute(query, {"schema": "public"}).all()
            assert migrated
            assert migrated == connection.execute(query, {"schema": "model"}).all()
    engine.dispose()


def test_the_head_is_what_alembic_says() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == head()


def test_a_database_of_a_later_version_is_left_alone(database_url: str) -> None:
    with psycopg.connect(plain(database_url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew, match=r"version 9999, this program of \d{4}: install"):
        migrate(database_url)
    assert not at_head(database_url)


@pytest.mark.parametrize("call", [migrate, at_head])
def test_nobody_listening_is_one_sentence(call: Callable[[str], object]) -> None:
    port = free_port()
    with pytest.raises(DatabaseDown) as caught:
        call(f"postgresql://me:secret@127.0.0.1:{port}/nowhere")
    sentence = str(caught.value)
    assert sentence.startswith(f"The database at 127.0.0.1:{port} cannot be used (")
    assert sentence.endswith("): start it, or correct ONBOARD_DATABASE_URL.")
    assert "\n" not in sentence
    assert "refused" in sentence
    assert "secret" not in sentence


async def test_a_wrong_password_is_one_sentence(database_url: str) -> None:
    engine = connect(database_url.replace("://onboarding:", "://onboarding:wrong"))
    with pytest.raises(DatabaseDown, match="password authentication failed") as caught:
        async with at_once(engine):
            pass
    assert "\n" not in str(caught.value)
    await engine.dispose()


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite:///file.db", "postgresql://host:port/x"])
def test_an_address_that_is_none_is_one_sentence(url: str) -> None:
    with pytest.raises(DatabaseProblem, match=r"write it|write its address"):
        connect(url)


async def test_connections_that_were_cut_are_replaced_unnoticed(engine: AsyncEngine, database_url: str) -> None:
    async with at_once(engine) as connection:
        before = await connection.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(plain(database_url), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    async with at_once(engine) as connection:
        assert await connection.scalar(text("SELECT pg_backend_pid()")) != before


async def test_a_connection_cut_in_the_middle_is_one_sentence(engine: AsyncEngine) -> None:
    with pytest.raises(DatabaseDown, match=r"^The database at 127\.0\.0\.1:\d+ cannot be used \(.*terminat.*\)"):
        async with at_once(engine) as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


async def test_a_mistake_of_ours_stays_what_it_is(engine: AsyncEngine) -> None:
    with pytest.raises(exc.ProgrammingError):
        async with at_once(engine) as connection:
            await connection.execute(text("SELECT nonsense"))


async def test_connections_speak_utc_and_end_what_takes_too_long(database_url: str) -> None:
    """Whatever the server's own settings are."""
    with psycopg.connect(plain(database_url), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE \"{database_url.rpartition('/')[2]}\" SET timezone TO 'Asia/Tokyo'")
    engine = connect(database_url)
    async with at_once(engine) as there:
        names = ("timezone", "application_name", "statement_timeout")
        assert [await there.scalar(text(f"SHOW {name}")) for name in names] == ["UTC", "onboard", "30s"]
    await engine.dispose()


@pytest.mark.skipif(sys.platform != "linux", reason="the options have other names elsewhere")
async def test_connections_notice_a_server_that_vanished(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw
        with socket.socket(fileno=os.dup(raw.fileno())) as line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            waits = [
                line.getsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_KEEP{name}")) for name in ("IDLE", "INTVL")
            ]
            assert waits == [10, 5]
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 25_000
