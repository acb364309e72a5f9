"""The embedded PostgreSQL: authentication, permissions, crashes and refusals."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import signal
import stat
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import pytest_asyncio

from machine import postgres_user
from machine.home import Home
from machine.ports import free_port
from machine.postgres import PostgresServer, answers, installed_versions
from machine.problem import MachineProblem
from machine.supervisor import Supervisor
from tests.machine.trial_system import fresh_home
from tests.patience import PATIENCE

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change the user")


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with fresh_home() as place:
        place.create()
        yield place


@pytest_asyncio.fixture(scope="module")
async def server(home: Home) -> AsyncIterator[PostgresServer]:
    made = PostgresServer(home.postgres, free_port(), home.secret("database_password"))
    who = await asyncio.to_thread(made.prepare)
    async with Supervisor(home.logs, home.run / "children.json", print) as supervisor:
        await supervisor.start(made.child(who))
        yield made


def setting(server: PostgresServer, name: str) -> str:
    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    value: str = row[0]
    return value


def test_it_is_tuned_for_one_machine_and_loses_no_commit(server: PostgresServer) -> None:
    assert setting(server, "synchronous_commit") == "on"
    assert setting(server, "fsync") == "on"
    assert setting(server, "listen_addresses") == "127.0.0.1"
    sockets = (server.data / "postmaster.pid").read_text().splitlines()[4]
    assert sockets == ""
    assert setting(server, "server_encoding") == "UTF8"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_read_file('/etc/hostname')",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "CREATE ROLE another SUPERUSER",
        "SET session_authorization = 'postgres'",
    ],
)
def test_its_user_is_no_superuser(server: PostgresServer, statement: str) -> None:
    with (
        psycopg.connect(server.url.replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


async def test_nobody_gets_in_without_the_password(server: PostgresServer) -> None:
    stranger = dataclasses.replace(server, password="guess")
    with pytest.raises(MachineProblem, match=r"put back the home's secrets/database_password"):
        await answers(stranger.url)
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        await psycopg.AsyncConnection.connect(stranger.url.replace("+psycopg", "").replace(":guess", ""))


async def test_nothing_there_is_no_answer() -> None:
    assert not await answers(f"postgresql+psycopg://a:b@127.0.0.1:{free_port()}/c")


@as_root
def test_its_user_can_pass_and_sees_nothing_else(home: Home, server: PostgresServer) -> None:
    owner = server.data.stat().st_uid
    assert owner != 0
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o701
    for folder in (home.secrets, home.mailbox, home.logs, home.temporal, home.run):
        assert (folder.stat().st_uid, stat.S_IMODE(folder.stat().st_mode)) == (0, 0o700)
    assert [path.name for path in home.postgres.iterdir()] == ["data"], "the password file is gone"


@as_root
def test_a_closed_directory_of_somebody_else_is_refused_and_not_opened() -> None:
    with fresh_home() as place:
        place.create()
        theirs = place.path.parent
        os.chown(theirs, 12345, 12345)
        with pytest.raises(MachineProblem, match=f"cannot pass through {theirs}: allow it with `chmod o.x {theirs}`"):
            postgres_user.allow_traversal(postgres_user.SystemUser(65534, 65534), place.postgres)
        assert stat.S_IMODE(theirs.stat().st_mode) == 0o700


def test_data_of_a_version_that_is_not_installed_are_refused(home: Home, server: PostgresServer) -> None:
    with fresh_home() as place:
        place.create()
        (place.postgres / "data").mkdir(parents=True)
        (place.postgres / "data" / "PG_VERSION").write_text("12\n")
        with pytest.raises(MachineProblem, match=r"made by PostgreSQL 12, which is not installed \(there is .*18"):
            PostgresServer(place.postgres, 1, "password").prepare()


def test_data_of_an_older_installed_version_keep_it() -> None:
    versions = installed_versions()
    assert max(versions) >= 18
    assert all((programs / "initdb").exists() for programs in versions.values())


def _postmaster(server: PostgresServer) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


async def test_after_kill_9_of_all_its_processes_it_is_back_with_what_was_committed(
    home: Home, server: PostgresServer
) -> None:
    url = server.url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    pid = _postmaster(server)
    os.killpg(pid, signal.SIGKILL)

    async def back() -> None:
        while _postmaster(server) == pid or not await server.answers():
            await asyncio.sleep(0.05)

    await asyncio.wait_for(back(), PATIENCE)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(1,)]


def test_a_creation_that_was_interrupted_is_begun_again() -> None:
    with fresh_home() as place:
        place.create()
        unfinished = place.postgres / "data.unfinished"
        unfinished.mkdir(parents=True)
        (unfinished / "PG_VERSION").write_text("18\n")
        made = PostgresServer(place.postgres, free_port(), "password")
        made.prepare()
        assert (made.data / "PG_VERSION").exists()
        assert not unfinished.exists()
        shutil.rmtree(made.data)
