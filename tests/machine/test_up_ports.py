"""A port that another program takes after it was found free and before our server listens."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.up import End, up
from machine import ports
from machine.child import Child
from machine.components import Component, Machine

SERVER = """
import http.server, sys
try:
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.BaseHTTPRequestHandler).serve_forever()
except OSError as error:
    sys.exit(f"it cannot start: {error.strerror}")
"""


async def _server(machine: Machine) -> None:
    port = machine.ports["datapoint"]
    command = (sys.executable, "-c", SERVER, str(port))
    await machine.start_child(lambda: Child("server", command, ready=lambda: asyncio.sleep(0, True), ports=(port,)))
    machine.addresses["datapoint"] = f"http://127.0.0.1:{port}"


async def _first_admin(machine: Machine) -> None:
    machine.addresses["first_admin"] = None


COMPONENTS = (Component("server", _server), Component("first admin", _first_admin))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A port that is free when it is chosen for the first time, and taken when the server wants it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port, choose, calls = other.getsockname()[1], ports.choose, []

        def too_early(*given: Any) -> dict[str, int]:
            calls.append(given)
            chosen = choose(*given)
            return {**chosen, "datapoint": port} if len(calls) == 1 else chosen

        monkeypatch.setattr(ports, "choose", too_early)
        yield port


async def test_it_starts_again_with_other_ports(tmp_path: Path, taken: int, capfd: pytest.CaptureFixture[str]) -> None:
    answered: list[str] = []

    async def ready(addresses: dict[str, Any]) -> None:
        answered.append(addresses["datapoint"])
        raise End(7)

    assert await up(tmp_path / "home", standins=False, components=COMPONENTS, on_ready=ready) == 7
    assert answered and str(taken) not in answered[0]
    assert "starting again with others" in capfd.readouterr().err
