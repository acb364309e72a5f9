"""The steps of docs/deploying.md, done as they stand there, on a PostgreSQL and a Temporal that know nothing of us."""

from __future__ import annotations

import configparser
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from machine import temporal
from machine.mailbox import __name__ as mailbox
from machine.ports import free_port
from machine.postgres import installed_versions
from machine.postgres_user import allow_traversal, user_for
from machine.servers import PROJECT
from tests.documents import Block, blocks
from tests.folders import new_folder
from tests.machine.trial_system import own_environment
from tests.patience import PATIENCE

STEPS = re.compile(r"^## Step by step.*?(?=^## )", re.DOTALL | re.MULTILINE)
PASSWORD, ADMIN = secrets.token_hex(16), secrets.token_hex(16)


@dataclass
class Place:
    """A machine with servers of its own; the document's names mean their addresses here."""

    folder: Path
    database: int
    temporal: int
    smtp: int
    web: int

    def here(self, text: str) -> str:
        names = {
            "PASSWORD@db.example.com:5432": f"{PASSWORD}@127.0.0.1:{self.database}",
            "?sslmode=verify-full": "",
            "'PASSWORD'": f"'{PASSWORD}'",
            "smtp://USER:PASSWORD@mail.example.com:587": f"smtp://127.0.0.1:{self.smtp}?starttls=off",
            "temporal.example.com:7233": f"127.0.0.1:{self.temporal}",
            "=SECRET\n": f"={secrets.token_hex(32)}\n",
            "/etc/onboarding": str(self.folder),
            "8080": str(self.web),
            "/srv/onboarding": str(PROJECT),
            "temporal operator": f"{temporal.binary()} operator",
        }
        text = re.sub(r"(?:/srv/onboarding/)?\.venv/bin/", f"{Path(sys.executable).parent}/", text)
        for name, meaning in names.items():
            text = text.replace(name, meaning)
        return text


@contextmanager
def process(*command: str, ready: Callable[[], bool], **more: object) -> Iterator[None]:
    """Runs a program that is there once `ready` says so, and ends it."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, **more)  # type: ignore[call-overload]
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            assert running.poll() is None, f"{command} ended"
            assert time.monotonic() < deadline, f"{command} is not ready"
            time.sleep(0.1)
        yield
    finally:
        running.terminate()
        running.wait(timeout=PATIENCE)


def answers(*command: str) -> Callable[[], bool]:
    return lambda: subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE).returncode == 0


@contextmanager
def postgres(folder: Path, port: int) -> Iterator[Path]:
    """A plain server with an administrator; yields where its programs are."""
    versions = installed_versions()
    programs, user = versions[max(versions)], user_for(folder)
    allow_traversal(user, folder, programs / "postgres")
    shutil.chown(folder, user.uid or os.getuid())
    (folder / "password").write_text(ADMIN)
    shutil.chown(folder / "password", user.uid or os.getuid())
    as_user = {"user": user.uid, "group": user.gid, "cwd": folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}}
    make = (programs / "initdb", "-D", "data", "-U", "postgres", "--pwfile", "password", "-A", "scram-sha-256", "-N")
    subprocess.run(make, check=True, capture_output=True, **as_user)  # type: ignore[call-overload]
    start = (str(programs / "postgres"), "-D", "data", "-p", str(port), "-k", "", "-c", "fsync=off")
    ready = answers(str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port))
    with process(*start, ready=ready, stderr=subprocess.DEVNULL, **as_user):
        yield programs


@pytest.fixture
def place() -> Iterator[Place]:
    folder = new_folder("deploying")
    ports = [free_port() for _ in range(4)]
    try:
        yield Place(folder, *ports)
    finally:
        shutil.rmtree(folder)


def test_the_steps_lead_from_nothing_to_a_system_that_is_well(place: Place) -> None:
    found = STEPS.search((PROJECT / "docs/deploying.md").read_text())
    assert found
    steps = [Block(each.language, re.sub(r"^ {3}", "", each.text, flags=re.MULTILINE)) for each in blocks(found[0])]
    assert [each.language for each in steps] == ["sh", "sql", "sh", "ini", "sh", "ini", "ini", "sh"]
    install, make_database, make_namespace, settings, prepare, worker, web, check = (place.here(s.text) for s in steps)
    assert install.startswith("make install")
    settings_file = place.folder / "environment"
    settings_file.write_text(settings)

    def shell(script: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", script], cwd=PROJECT, env=own_environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def service(unit: str, ready: Callable[[], bool]) -> object:
        parsed = configparser.ConfigParser(interpolation=None)
        parsed.read_string(unit)
        values = dict(line.split("=", 1) for line in settings.splitlines() if line and not line.startswith("#"))
        environment = own_environment() | values | {"ONBOARD_WORKER_READY": str(place.folder / "works")}
        assert parsed["Service"]["EnvironmentFile"] == str(settings_file)
        command = shlex.split(parsed["Service"]["ExecStart"])
        return process(*command, ready=ready, cwd=parsed["Service"]["WorkingDirectory"], env=environment)

    with ExitStack() as running:
        pg = place.folder / "postgres"
        pg.mkdir()
        programs = running.enter_context(postgres(pg, place.database))
        address = f"127.0.0.1:{place.temporal}"
        server = (str(temporal.binary()), "server", "start-dev", "--headless", "--port", str(place.temporal))
        health = (str(temporal.binary()), "operator", "cluster", "health", "--address", address)
        running.enter_context(process(*server, "--log-level", "never", ready=answers(*health)))
        box = ("-m", mailbox, "--maildir", str(place.folder / "mail"), "--port", str(place.smtp))
        listens = answers("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{place.smtp}")
        running.enter_context(process(sys.executable, *box, ready=listens, cwd=PROJECT))

        administer = (programs / "psql", "-h", "127.0.0.1", "-p", str(place.database), "-U", "postgres")
        done = subprocess.run(
            [*administer, "-v", "ON_ERROR_STOP=1"],
            input=make_database,
            text=True,
            check=True,
            capture_output=True,
            env={"PGPASSWORD": ADMIN},
        )
        assert done.stdout.split("\n")[:3] == ["CREATE ROLE", "CREATE ROLE", "CREATE DATABASE"]
        shell(make_namespace)
        assert "https://onboarding.example.com/welcome/" in shell(prepare)
        running.enter_context(service(worker, (place.folder / "works").exists))  # type: ignore[arg-type]
        listening = answers("curl", "-fsS", f"http://127.0.0.1:{place.web}/healthz")
        running.enter_context(service(web, listening))  # type: ignore[arg-type]
        load = f"set -a; . {settings_file}; set +a\n"
        said = shell(load + check)
        assert '"ready"' in said or '"status":"ok"' in said
        assert "worker" in said
