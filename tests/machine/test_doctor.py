"""`onboard doctor` with a system that runs, one that does not, and one that is not as it should be."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import doctor as doctor_module
from cli.doctor import doctor
from cli.doctor_servers import Check
from machine import processes
from machine.home import Home
from machine.ports import any_free
from machine.servers import NAMED_BY
from store.database import connect, migrate
from store.mail import outbox
from tests.machine.trial_system import eventually, fresh_home, system


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ONBOARD_HOME", "ONBOARD_DATABASE_URL", "ONBOARD_SMTP_URL", *NAMED_BY):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home() -> Iterator[Home]:
    with fresh_home() as place:
        yield place


def look(home: Home) -> dict[str, Check]:
    return {check.name: check for check in doctor(home.path)}


def wrong(checks: dict[str, Check]) -> list[str]:
    return [name for name, check in checks.items() if not check.ok]


def test_when_nothing_runs_that_is_what_is_wrong(home: Home) -> None:
    checks = look(home)
    assert wrong(checks) == ["system"]
    assert "start it with `onboard up`" in checks["system"].sentence
    assert not home.path.exists(), "looking changes nothing"


def test_what_a_killed_start_left_running_is_named(home: Home) -> None:
    home.create()
    me = processes.Identity.of(os.getpid())
    assert me is not None
    processes.remember(home.run / "children.json", [me])
    checks = look(home)
    assert wrong(checks) == ["system", "leftovers"]
    assert str(os.getpid()) in checks["leftovers"].sentence


def test_a_running_system_is_looked_at_part_by_part(home: Home) -> None:
    with system(home) as running:
        database = running.addresses()["database"]
        checks = look(home)
        assert wrong(checks) == ["migrations", "worker"]
        assert "run `onboard up`" in checks["migrations"].sentence
        assert "No worker asks for work" in checks["worker"].sentence
        for name in ("system", "database", "clock", "temporal", "namespace", "search attributes", "temporal ui"):
            assert checks[name].ok, checks[name]
        assert checks["mail server"].ok

        migrate(database)
        assert wrong(look(home)) == ["worker"]

        async def stop_mail() -> None:
            engine = connect(database, pool_size=1)
            await outbox.pause(engine, "ana", "a wrong template")
            await engine.dispose()

        asyncio.run(stop_mail())
        checks = look(home)
        assert wrong(checks) == ["mail", "worker"]
        assert "stopped by ana (a wrong template): `onboard mail resume`" in checks["mail"].sentence


def test_a_whole_system_has_nothing_wrong_and_its_worker_comes_back(home: Home) -> None:
    with system(home, parts="whole") as running:
        running.addresses()
        assert wrong(look(home)) == []
        [worker] = [pid for pid, command in running.children().items() if "worker.py" in command]
        (home.run / "worker.ready").unlink()
        os.kill(worker, signal.SIGKILL)
        eventually((home.run / "worker.ready").exists, 20)
        assert worker not in running.children()
        status, errors = running.end()
        assert status == 0
        assert "worker was ended by SIGKILL; it is started again" in errors


def test_wrong_settings_are_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBOARD_TEAM_TIME_ZONE", "Nowhere/Land")
    checks = look(home)
    assert wrong(checks) == ["settings"]
    assert "ONBOARD_TEAM_TIME_ZONE" in checks["settings"].sentence


def test_servers_elsewhere_that_do_not_answer_are_named_without_their_password(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, temporal, mail = any_free(), any_free(), any_free()
    monkeypatch.setenv("ONBOARD_HOME", str(home.path))
    monkeypatch.setenv("ONBOARD_DATABASE_URL", f"postgresql://user:secret@127.0.0.1:{database}/onboarding")
    monkeypatch.setenv("ONBOARD_SMTP_URL", f"smtp://127.0.0.1:{mail}")
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{temporal}")
    checks = {check.name: check for check in doctor()}
    assert wrong(checks) == ["database", "temporal", "mail server"]
    assert str(database) in checks["database"].sentence
    assert str(mail) in checks["mail server"].sentence
    assert "TEMPORAL_ADDRESS" in checks["temporal"].sentence
    assert not any("secret" in check.sentence for check in checks.values())


def test_a_disk_that_is_nearly_full_is_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "SPACE_NEEDED", 2**62)
    checks = look(home)
    assert not checks["disk"].ok
    assert "make room" in checks["disk"].sentence


def test_a_missing_program_is_said(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONBOARD_TEMPORAL_BINARY", str(tmp_path / "temporal"))
    checks = look(home)
    assert "correct ONBOARD_TEMPORAL_BINARY" in checks["temporal program"].sentence
    assert not checks["temporal program"].ok
