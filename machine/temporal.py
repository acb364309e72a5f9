"""Temporal on one machine: the development server with its Web UI and one SQLite file."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from machine.child import Child
from machine.files import write_atomically
from machine.problem import MachineProblem

if TYPE_CHECKING:
    from machine.namespace import SmallClient

NAMESPACE = "onboarding"
BACKGROUND_NICENESS = 5
"""The niceness of Temporal and the workers. Somebody waits for each answer of the web and the database, while work for
Temporal waits in the inbox and is not lost."""


@dataclass
class TemporalServer:
    """The server of one folder and its ports (`ui_port`: the Web UI)."""

    folder: Path
    port: int
    ui_port: int
    time_travel: bool = False
    _client: SmallClient | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def ui(self) -> str:
        return f"http://127.0.0.1:{self.ui_port}"

    @property
    def database(self) -> Path:
        return self.folder / "temporal.db"

    @property
    def _marker(self) -> Path:
        return self.folder / "complete"

    def prepare(self) -> None:
        """Rename a database whose creation was interrupted: the server could never start on it."""
        if self._marker.exists():
            return
        for suffix in ("", "-wal", "-shm"):
            file = self.database.with_name(self.database.name + suffix)
            if file.exists():
                file.replace(file.with_name(f"unfinished-{file.name}"))

    def mark_complete(self) -> None:
        """Note that the database was created completely, so that `prepare` never renames it."""
        if not self._marker.exists():
            write_atomically(self._marker, "")

    def child(self) -> Child:
        """The server as a supervised process. Raises MachineProblem if the program is missing."""
        options = {
            "--ip": "127.0.0.1",
            "--port": str(self.port),
            "--ui-port": str(self.ui_port),
            "--db-filename": str(self.database),
            "--namespace": NAMESPACE,
            "--log-level": "warn",
        }
        # Three times the throughput of SQLite's defaults; safe if a process dies, not if the power fails.
        pragmas = ("journal_mode=WAL", "synchronous=NORMAL")
        configured = ["matching.enableFairness=true"]
        if self.time_travel:
            configured.append("frontend.WorkflowTimeSkippingEnabled=true")
        return Child(
            name="temporal",
            command=(
                str(binary()),
                *("server", "start-dev", "--ui-disable-news-fetch"),
                *(word for option in options.items() for word in option),
                *(word for pragma in pragmas for word in ("--sqlite-pragma", pragma)),
                *(word for value in configured for word in ("--dynamic-config-value", value)),
            ),
            ready=self.answers,
            environment=without_temporal_variables(os.environ),
            ports=(self.port, self.ui_port),
            nice=BACKGROUND_NICENESS,
        )

    async def client(self) -> SmallClient:
        """A client of this server, whatever the environment names; it connects when first used."""
        await import_client()
        from machine.namespace import connect

        if self._client is None:
            self._client = await connect(self.address, NAMESPACE)
        return self._client

    async def answers(self) -> bool:
        """Whether the server accepts requests for our namespace."""
        client = await self.client()
        from machine.namespace import exists

        return await exists(client)


async def import_client() -> None:
    """Import Temporal's services in a thread: it takes a third of a second."""
    await asyncio.to_thread(importlib.import_module, "machine.namespace")


def binary() -> Path:
    """The program `temporal`: the one in ONBOARD_TEMPORAL_BINARY, else the one installed beside Python.

    Raises MachineProblem if it is not there or cannot be run.
    """
    own = os.environ.get("ONBOARD_TEMPORAL_BINARY")
    path = Path(own) if own else Path(sys.executable).parent / "temporal"
    if not (path.is_file() and os.access(path, os.X_OK)):
        remedy = "correct ONBOARD_TEMPORAL_BINARY" if own else "run `make install`, or name yours in "
        remedy += "" if own else "ONBOARD_TEMPORAL_BINARY"
        raise MachineProblem(f"The program {path} is not there or cannot be run: {remedy}.")
    return path


def without_temporal_variables(environment: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """The environment without variables or a profile that name another Temporal."""
    kept = {name: value for name, value in environment.items() if not name.startswith("TEMPORAL_")}
    return kept | {"TEMPORAL_CONFIG_FILE": os.devnull}
