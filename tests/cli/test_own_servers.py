"""Servers of your own: tables and the first admin by a command, and programs that refuse to start half equipped."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from machine.postgres import PostgresServer
from machine.servers import PROJECT
from tests.cli.shell import Shell
from tests.postgres import fresh_database, plain
from tests.preloaded import preloaded

LINKS = {"ONBOARD_SECRET_KEY": "k" * 40, "ONBOARD_PUBLIC_URL": "https://onboarding.example.test"}


@pytest.fixture
def url(postgres_server: PostgresServer) -> str:
    """An empty database."""
    return fresh_database(postgres_server)


@pytest.fixture
def own(tmp_path: Path, url: str) -> Shell:
    """A shell that knows servers of its own, and no home."""
    servers = {"ONBOARD_DATABASE_URL": url, "ONBOARD_SMTP_URL": "smtp://127.0.0.1:9?starttls=off"}
    temporal = {"TEMPORAL_ADDRESS": "127.0.0.1:9", "TEMPORAL_NAMESPACE": "onboarding"}
    return Shell(tmp_path, {**servers, **LINKS, **temporal}, quick=True)


def refused(shell: Shell, program: str, *arguments: str, **environment: str) -> str:
    """What a program says that refuses to start."""
    variables = {name: value for name, value in {**shell.variables, **environment}.items() if value}
    status, _, said = preloaded().run(arguments, PROJECT, variables, program=program)
    errors = said.decode()
    assert status == 1
    assert "Traceback" not in errors
    assert errors.count("\n") == 1
    return errors


def test_tables_and_the_first_admin_are_made_by_a_command(own: Shell) -> None:
    assert "no tables yet: run `onboard migrate`" in own.refused("admin")
    assert "have version" in own.ok("migrate").out
    assert own.ok("migrate").out == "The tables are up to date.\n"
    link = own.ok("admin", "--json").json["link"]
    assert link.startswith("https://onboarding.example.test/welcome/")
    assert link not in own.ok("admin").out


@pytest.mark.parametrize("program", [("worker",), ("web.server", "--port", "0")], ids=["worker", "web"])
def test_a_program_says_what_it_lacks(own: Shell, url: str, program: tuple[str, ...]) -> None:
    assert "ONBOARD_SECRET_KEY is not set" in refused(own, *program, ONBOARD_SECRET_KEY="")
    assert "ONBOARD_PUBLIC_URL is not set" in refused(own, *program, ONBOARD_PUBLIC_URL="")
    assert "no tables yet: run `onboard migrate` once" in refused(own, *program)
    own.ok("migrate")
    with psycopg.connect(plain(url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "install the version of the program that last used it" in refused(own, *program)
    with psycopg.connect(plain(url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    assert "run `onboard migrate`, then start again" in refused(own, *program)


def test_a_database_that_does_not_hold_every_name_is_refused(own: Shell, url: str) -> None:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        name = f"latin_{url.rpartition('_')[2]}"
        connection.execute(
            f"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C' LOCALE_PROVIDER libc"
        )
    other = f"{url.rpartition('/')[0]}/{name}"
    assert "encoded in LATIN1, which does not hold every name" in own.refused("migrate", ONBOARD_DATABASE_URL=other)
