"""`onboard doctor` with a system that runs, one that does not, and one with defects."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from cli import doctor as doctor_module
from cli import doctor_servers
from cli.doctor import doctor
from cli.doctor_check import Check
from machine import processes
from machine.home import Home
from machine.ports import free_port
from machine.servers import TEMPORAL_VARIABLES
from store.database import connect, migrate
from store.inbox import inbox
from store.inbox.inbox import Arrival
from store.mail import outbox
from store.secrets.keyring import Keyring
from store.secrets.secrets import keep
from tests.machine.trial_system import eventually, system


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ONBOARD_HOME", "ONBOARD_DATABASE_URL", "ONBOARD_SMTP_URL", *TEMPORAL_VARIABLES):
        monkeypatch.delenv(name, raising=False)


def checks_of(home: Home) -> dict[str, Check]:
    return {check.name: check for check in doctor(home.path)}


def failed(checks: dict[str, Check]) -> list[str]:
    return [name for name, check in checks.items() if not check.ok]


def test_when_nothing_runs_only_that_check_fails(home: Home) -> None:
    checks = checks_of(home)
    assert failed(checks) == ["system"]
    assert "start it with `onboard up`" in checks["system"].sentence
    assert not home.path.exists(), "looking changes nothing"


def test_what_a_killed_start_left_running_is_named(home: Home) -> None:
    home.create()
    me = processes.ProcessIdentity.of(os.getpid())
    assert me is not None
    processes.save(home.run / "children.json", [me])
    checks = checks_of(home)
    assert failed(checks) == ["system", "leftovers"]
    assert str(os.getpid()) in checks["leftovers"].sentence


def test_each_component_of_a_running_system_is_checked(home: Home) -> None:
    with system(home) as running:
        database = running.addresses()["database"]
        checks = checks_of(home)
        assert failed(checks) == ["migrations", "worker"]
        assert "run `onboard up`" in checks["migrations"].sentence
        assert "No worker asks for work" in checks["worker"].sentence
        for name in ("system", "database", "clock", "temporal", "namespace", "search attributes", "temporal ui"):
            assert checks[name].ok, checks[name]
        assert checks["mail server"].ok

        migrate(database)
        assert failed(checks_of(home)) == ["worker"]

        async def disturb() -> None:
            engine = connect(database, pool_size=1)
            await outbox.pause(engine, "ana", "a wrong template")
            await keep(engine, Keyring([bytes(32)]), "vault/elm", "key_given", {"secret": "of a key that is gone"})
            await inbox.store(engine, [Arrival("datapoint", "1", "odd", {}, state="refused", error="It is odd.")])
            await engine.dispose()

        asyncio.run(disturb())
        checks = checks_of(home)
        assert failed(checks) == ["mail", "keys", "worker"]
        assert "add them to ONBOARD_PAYLOAD_KEYS" in checks["keys"].sentence
        assert "1 event of a partner is not recorded: see `onboard inbox list`" in checks["events"].sentence
        assert "paused by ana (a wrong template): resume it with `onboard mail resume`" in checks["mail"].sentence


def test_a_whole_system_has_nothing_wrong_and_its_worker_comes_back(
    used_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long this takes, Temporal still counts the worker that dies as one that polls.
    monkeypatch.setattr(doctor_servers, "MAX_POLL_AGE", timedelta(days=1))
    with system(used_home, components="whole") as running:
        running.addresses()
        assert failed(checks_of(used_home)) == []
        [worker] = [pid for pid, command in running.children().items() if "worker.py" in command]
        (used_home.run / "worker.ready").unlink()
        # Held, so that it does not start another one.
        running.process.send_signal(signal.SIGSTOP)
        try:
            os.kill(worker, signal.SIGKILL)
            eventually(lambda: failed(checks_of(used_home)) == ["worker"])
        finally:
            running.process.send_signal(signal.SIGCONT)
        eventually((used_home.run / "worker.ready").exists)
        assert worker not in running.children()
        status, errors = running.end()
        assert status == 0
        assert "worker was ended by SIGKILL; it is started again" in errors


def test_invalid_settings_are_reported(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBOARD_TEAM_TIME_ZONE", "Nowhere/Land")
    checks = checks_of(home)
    assert failed(checks) == ["settings"]
    assert "ONBOARD_TEAM_TIME_ZONE" in checks["settings"].sentence


def test_external_servers_that_do_not_answer_are_named_without_their_password(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, temporal, mail = free_port(), free_port(), free_port()
    monkeypatch.setenv("ONBOARD_HOME", str(home.path))
    monkeypatch.setenv("ONBOARD_DATABASE_URL", f"postgresql://user:secret@127.0.0.1:{database}/onboarding")
    monkeypatch.setenv("ONBOARD_SMTP_URL", f"smtp://127.0.0.1:{mail}")
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{temporal}")
    checks = {check.name: check for check in doctor()}
    assert failed(checks) == ["links", "database", "temporal", "mail server"]
    assert "ONBOARD_SECRET_KEY" in checks["links"].sentence
    assert str(database) in checks["database"].sentence
    assert str(mail) in checks["mail server"].sentence
    assert "TEMPORAL_ADDRESS" in checks["temporal"].sentence
    assert not any("secret" in check.sentence for check in checks.values())


@pytest.mark.parametrize(("proxies", "fails"), [("", ["system", "proxy"]), ("10.0.0.7", ["system"])])
def test_a_proxy_that_nobody_named_is_reported(
    home: Home, monkeypatch: pytest.MonkeyPatch, proxies: str, fails: list[str]
) -> None:
    monkeypatch.setenv("ONBOARD_PUBLIC_URL", "https://onboarding.example.com")
    monkeypatch.setenv("ONBOARD_TRUSTED_PROXIES", proxies)
    assert failed(checks_of(home)) == fails


def test_a_nearly_full_disk_is_reported(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "MIN_FREE_SPACE", 2**62)
    checks = checks_of(home)
    assert not checks["disk"].ok
    assert "make room" in checks["disk"].sentence


def test_a_missing_program_is_reported(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONBOARD_TEMPORAL_BINARY", str(tmp_path / "temporal"))
    checks = checks_of(home)
    assert "correct ONBOARD_TEMPORAL_BINARY" in checks["temporal program"].sentence
    assert not checks["temporal program"].ok
