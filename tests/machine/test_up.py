"""`onboard up` as a user runs it: real servers, real signals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import smtplib
import socket
import stat
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from temporalio.client import Client

from cli.up import KEYS
from machine import ports
from machine.home import Home
from tests.machine.trial_system import System, eventually, is_gone, system
from tests.patience import PATIENCE


def connect(addresses: dict[str, Any]) -> psycopg.Connection[Any]:
    return psycopg.connect(addresses["database"].replace("+psycopg", ""), autocommit=True)


def send_mail(addresses: dict[str, Any], subject: str) -> None:
    host, _, port = addresses["smtp"].removeprefix("smtp://").partition(":")
    with smtplib.SMTP(host, int(port), timeout=PATIENCE) as client:
        client.sendmail("pharmacy@example.org", ["vet@example.org"], f"Subject: {subject}\r\n\r\nHello\r\n")


def subjects(home: Home) -> list[str]:
    lines = (line for file in (home.mailbox / "new").iterdir() for line in file.read_text().splitlines())
    return sorted(line.removeprefix("Subject: ") for line in lines if line.startswith("Subject: "))


async def start_workflow(addresses: dict[str, Any], name: str) -> None:
    client = await Client.connect(addresses["temporal"], namespace=addresses["namespace"])
    await client.start_workflow("NobodyRunsThis", id=name, task_queue="nobody")


async def workflow_is_open(addresses: dict[str, Any], name: str) -> bool:
    client = await Client.connect(addresses["temporal"], namespace=addresses["namespace"])
    described = await client.get_workflow_handle(name).describe()
    return described.status is not None and described.status.name == "RUNNING"


def test_every_part_answers_and_ctrl_c_leaves_nothing_running(home: Home, tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    ready_file.write_text('{"from": "an earlier start"}')
    with system(home, str(ready_file)) as running:
        addresses = running.addresses()
        eventually(ready_file.exists)
        assert json.loads(ready_file.read_text()) == addresses
        assert set(addresses) == {*KEYS, "time_travel"}
        assert addresses["web"] is None and addresses["api_token"] is None
        assert stat.S_IMODE(home.ready.stat().st_mode) == 0o600
        with connect(addresses) as database:
            row = database.execute("SELECT current_setting('TimeZone'), lower('ÄÉ'), current_database()").fetchone()
        assert row == ("UTC", "äé", "onboarding")
        children = running.children()
        assert len(children) == 3
        status, errors = running.end(signal.SIGINT)
        assert (status, errors) == (0, "")
        assert "database system is shut down" in (home.logs / "postgres.log").read_text(), "it was not killed"
        assert all(is_gone(pid) for pid in children)
        assert all(ports.is_free(port) for port in json.loads(home.ports.read_text()).values())
    assert not home.ready.exists()
    assert not home.is_running()


async def test_after_kill_9_nothing_runs_and_the_next_start_has_everything(used_home: Home) -> None:
    with system(used_home) as first:
        before = first.addresses()
        with connect(before) as database:
            database.execute("CREATE TABLE kept (what text)")
            database.execute("INSERT INTO kept VALUES ('a row')")
        send_mail(before, "kept")
        await start_workflow(before, "kept")
        children = first.children()
        first.end(signal.SIGKILL)
        eventually(lambda: all(is_gone(pid) for pid in children))
        assert used_home.ready.exists(), "it had no chance to tidy up"
        assert not used_home.is_running()
    with system(used_home) as second:
        after = second.addresses()
        assert after == before
        with connect(after) as database:
            assert database.execute("SELECT what FROM kept").fetchall() == [("a row",)]
        assert subjects(used_home) == ["kept"]
        assert await workflow_is_open(after, "kept")


def test_a_child_killed_is_noticed_and_comes_back(used_home: Home) -> None:
    with system(used_home) as running:
        addresses = running.addresses()
        before = running.children()
        for pid in before:
            os.kill(pid, signal.SIGKILL)

        def back() -> bool:
            try:
                now = running.children()
            except FileNotFoundError:
                # One of them ended while it was looked at.
                return False
            return len(now) == 3 and not now.keys() & before.keys()

        eventually(back)

        def answers() -> bool:
            try:
                connect(addresses).close()
                send_mail(addresses, "back")
            except (psycopg.OperationalError, OSError, smtplib.SMTPException):
                return False
            return True

        eventually(answers)
        eventually(lambda: asyncio.run(_namespace_answers(addresses)))
        status, errors = running.end(signal.SIGTERM)
    assert status == 0
    for name in ("postgres", "temporal", "mailbox"):
        assert f"{name} was ended by SIGKILL; it is started again" in errors


async def _namespace_answers(addresses: dict[str, Any]) -> bool:
    try:
        await start_workflow(addresses, f"back-{time.time_ns()}")
    except RuntimeError:
        return False
    return True


def test_a_second_start_in_the_same_home_is_refused_in_one_sentence(home: Home) -> None:
    with system(home, components="mailbox") as first:
        addresses = first.addresses()
        second = System.start(home)
        output, errors = second.process.communicate(timeout=PATIENCE)
        assert second.process.returncode == 1
        assert output == ""
        assert errors.count("\n") == 1
        assert f"already running in {home.path} (process {first.process.pid}" in errors
        assert addresses["mailbox"] in errors
        assert home.running() == addresses


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_ended_while_it_starts_it_leaves_nothing_and_starts_again(home: Home, number: signal.Signals) -> None:
    with system(home) as first:
        eventually(lambda: (home.postgres / "data.unfinished").exists())
        status, _ = first.end(number)
        assert status == (0 if number is signal.SIGTERM else -signal.SIGKILL)
        assert not home.is_running()
    with system(home) as second:
        connect(second.addresses()).close()


def test_ports_that_are_taken_are_not_used(used_home: Home) -> None:
    used_home.create()
    taken = [ports.free_port() for _ in ports.DEFAULTS]
    ports.save(used_home.ports, dict(zip(ports.DEFAULTS, taken, strict=True)))
    listeners = [socket.create_server(("127.0.0.1", port)) for port in taken]
    try:
        with system(used_home) as running:
            running.addresses()
            chosen = json.loads(used_home.ports.read_text())
        assert set(chosen) == set(ports.DEFAULTS)
        assert not set(chosen.values()) & set(taken)
    finally:
        for listener in listeners:
            listener.close()
