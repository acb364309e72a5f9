"""ezyVet's simulator as a component of the machine."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from machine.components import Machine, start_components
from machine.ezyvet_simulator import EZYVET, URL
from machine.home import Home
from machine.ports import free_port
from machine.supervisor import Supervisor
from partners.simulators.ezyvet.store import Store
from partners.simulators.serving import StoreProblem
from tests.patience import PATIENCE
from tests.simulators.ezyvet.running import Client, a_client


def a_machine(home: Home, supervisor: Supervisor) -> Machine:
    home.create()
    port = free_port()
    return Machine(home, supervisor, {"web": free_port(), "ezyvet": port}, extra={URL: f"http://127.0.0.1:{port}"})


async def test_killed_it_comes_back_with_what_it_held(tmp_path: Path) -> None:
    back = asyncio.Event()

    def report(sentence: str) -> None:
        if sentence == "ezyvet is back.":
            back.set()

    async with Supervisor(tmp_path, tmp_path / "children.json", report) as supervisor:
        machine = a_machine(Home(tmp_path / "home"), supervisor)
        await start_components(machine, [EZYVET])
        async with a_client(machine.addresses["ezyvet"]) as ezyvet:
            client = await ezyvet.signed_in("riverside")
            uid = await client.created()
            os.kill(supervisor.pids()["ezyvet"], signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            await back.wait()
        async with a_client(machine.addresses["ezyvet"]) as ezyvet:
            again = Client(ezyvet, client.seeded, client.headers)
            assert (await again.items(uid))["TestProd"]["status"] == "PENDING"
            held = await again.held()
    assert held["site"] == client.seeded
    assert [call["calls"] for call in held["calls"] if call["method"] == "POST"] == [1, 1]


async def test_it_stays_out_where_ezyvet_itself_is_used(tmp_path: Path) -> None:
    async with Supervisor(tmp_path, tmp_path / "children.json", lambda _: None) as supervisor:
        machine = a_machine(Home(tmp_path / "home"), supervisor)
        del machine.extra[URL]
        await start_components(machine, [EZYVET])
        assert "ezyvet" not in machine.addresses
        assert supervisor.pids() == {}


def test_a_home_has_one_simulator(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(StoreProblem, match="another stand-in runs there"):
        Store(tmp_path)
    store.close()
    Store(tmp_path).close()
