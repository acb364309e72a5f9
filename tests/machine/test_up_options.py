"""The options of `up`, in this process and with one small component."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.up import End, up, without_password
from machine import ports, supervisor
from machine.child import Child
from machine.components import Component, Machine
from machine.home import Home
from machine.servers import MAILBOX
from tests.machine.trial_system import eventually, is_gone
from tests.patience import PATIENCE


async def test_on_ready_ends_everything_with_its_status(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[dict[str, Any]] = []

    async def on_ready(addresses: dict[str, Any]) -> None:
        seen.append(addresses)
        raise End(3)

    assert await up(home.path, on_ready=on_ready, components=[MAILBOX]) == 3
    assert seen[0]["smtp"].startswith("smtp://127.0.0.1:")
    assert ports.is_free(int(seen[0]["smtp"].rpartition(":")[2]))
    assert seen[0]["smtp"] in capsys.readouterr().out


async def test_what_on_ready_raises_ends_everything_and_is_seen(home: Home) -> None:
    async def on_ready(addresses: dict[str, Any]) -> None:
        raise LookupError(addresses["smtp"])

    with pytest.raises(LookupError) as raised:
        await up(home.path, on_ready=on_ready, components=[MAILBOX])
    assert ports.is_free(int(str(raised.value).rpartition(":")[2]))
    assert not home.is_running()


@pytest.mark.parametrize("components", [[MAILBOX]])
async def test_a_ready_file_that_cannot_be_written_is_refused_before_anything_starts(
    home: Home, components: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    status = await up(home.path, ready_file=home.path / "missing" / "ready.json", components=components)
    assert status == 1
    assert "name a file in a directory that exists" in capsys.readouterr().err
    assert not home.path.exists()


async def test_a_port_asked_for_and_taken_is_refused(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert await up(home.path, port=port, components=[MAILBOX]) == 1
    assert f"Port {port} for web is in use" in capsys.readouterr().err


async def test_another_servers_smtp_is_used_and_none_is_started(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBOARD_SMTP_URL", "smtp://user:secret@mail.example.org:587")
    seen: list[dict[str, Any]] = []

    async def on_ready(addresses: dict[str, Any]) -> None:
        seen.append(addresses)
        raise End

    assert await up(home.path, on_ready=on_ready, components=[MAILBOX]) == 0
    assert seen[0]["smtp"] == "smtp://user:secret@mail.example.org:587"
    assert seen[0]["mailbox"] is None


async def test_a_second_ctrl_c_waits_for_nobody(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "marker"
    program = f"import signal, time, pathlib; signal.signal(15, signal.SIG_IGN); pathlib.Path({str(marker)!r}).touch()"
    pids: list[int] = []

    async def start(machine: Machine) -> None:
        command = (sys.executable, "-c", f"{program}; time.sleep(60)")
        await machine.supervisor.start(Child("stubborn", command, lambda: asyncio.sleep(0, marker.exists())))
        pids.extend(machine.supervisor.pids().values())

    async def on_ready(_: dict[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0.1, os.kill, os.getpid(), signal.SIGINT)
        loop.call_later(0.4, os.kill, os.getpid(), signal.SIGINT)

    # Who waited for it would wait for longer than this test may take.
    monkeypatch.setattr(supervisor, "STOP_TIMEOUT", 10 * PATIENCE)
    async with asyncio.timeout(PATIENCE):
        assert await up(home.path, on_ready=on_ready, components=[Component("stubborn", start)]) == 0
    [pid] = pids
    eventually(lambda: is_gone(pid))
    assert not home.is_running()


def test_a_password_is_not_shown() -> None:
    shown = without_password("postgresql+psycopg://onboarding:s-e.cret@127.0.0.1:5433/onboarding")
    assert shown == "postgresql+psycopg://onboarding@127.0.0.1:5433/onboarding"
    assert without_password("smtp://127.0.0.1:1025") == "smtp://127.0.0.1:1025"
