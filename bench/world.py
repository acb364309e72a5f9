"""The servers a benchmark runs against: the product's own, with an SMTP sink, and the floor's worker beside them."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import Client

from cli.up import End, up
from configuration.settings import Settings
from desk.connection import connect
from desk.service import Desk
from machine.ezyvet_simulator import PARTNER
from store.database import connect as connect_database


@dataclass(frozen=True)
class World:
    """A running system: the desk to act through, and where it lives. `ezyvet` is its ezyVet, a simulator."""

    home: Path
    client: Client
    desk: Desk
    addresses: dict[str, Any]
    ezyvet: str


@asynccontextmanager
async def child(*command: str, **environment: str) -> AsyncIterator[str]:
    """A helper process; yields the line it prints once it is ready, and ends it by closing its input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    assert process.stdin and process.stdout
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def _ezyvet() -> AsyncIterator[str]:
    """ezyVet's simulator; yields its address."""
    with tempfile.TemporaryDirectory(prefix="onboard-bench-") as home:
        command = "-m", "partners.simulators.ezyvet", "--port", "0", "--home", home
        process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout
        try:
            yield (await process.stdout.readline()).decode().split()[-1]
        finally:
            # It has ended if Ctrl-C ended the benchmark.
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def in_world(measure: Callable[[World], Awaitable[None]], *, time_travel: bool = False) -> None:
    """Runs `measure` against a fresh system, and removes all of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="onboard-bench-"))
    # As everywhere else: without it, the sandbox of the floor's worker compiles the source for every workflow anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

    async def ready(addresses: dict[str, Any]) -> None:
        client = await connect(addresses["temporal"], addresses["namespace"])
        database = connect_database(addresses["database"])
        try:
            desk = Desk(client, database, Settings.load(folder))
            await measure(World(folder / "home", client, desk, addresses, os.environ["ONBOARD_EZYVET_URL"]))
        finally:
            await database.dispose()
        raise End(0)

    try:
        async with child("-m", "bench.sink") as port, _ezyvet() as ezyvet:
            given = {
                "ONBOARD_SMTP_URL": f"smtp://127.0.0.1:{port}",
                "ONBOARD_EZYVET_URL": ezyvet,
                "ONBOARD_EZYVET_PARTNER_ID": PARTNER,
            }
            os.environ.update(given)
            try:
                status = await up(folder / "home", time_travel=time_travel, on_ready=ready)
            finally:
                for name in given:
                    del os.environ[name]
        if status:
            raise SystemExit(status)
    finally:
        shutil.rmtree(folder)
