"""Temporal on one machine: the real server with its Web UI, on one SQLite file, as a supervised process."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from machine.child import Child
from machine.files import write_whole
from machine.problem import Problem

if TYPE_CHECKING:
    from temporalio.client import Client

NAMESPACE = "onboarding"
BEHIND_THE_WEB = 5
"""By how much Temporal and the workers give way to the web and the database where processors are scarce: somebody waits
for each answer of these, while what is to be recorded stands in the inbox, and nothing of it is lost by waiting."""


@dataclass
class TemporalServer:
    """The server of one folder, and the ports it is served on (`ui_port`: the Web UI)."""

    folder: Path
    port: int
    ui_port: int
    time_travel: bool = False
    _client: Client | None = field(default=None, init=False)

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
        """Put aside a database whose creation was interrupted: the server would never start on it again."""
        if self._marker.exists():
            return
        for suffix in ("", "-wal", "-shm"):
            part = self.database.with_name(self.database.name + suffix)
            if part.exists():
                part.replace(part.with_name(f"unfinished-{part.name}"))

    def mark_complete(self) -> None:
        """Remember that the database was created to the end: from now on it is never put aside."""
        if not self._marker.exists():
            write_whole(self._marker, "")

    def child(self) -> Child:
        """The server as a supervised process. Raises Problem if the program is missing."""
        options = {
            "--ip": "127.0.0.1",
            "--port": str(self.port),
            "--ui-port": str(self.ui_port),
            "--db-filename": str(self.database),
            "--namespace": NAMESPACE,
            "--log-level": "warn",
        }
        # Three times the throughput of SQLite's defaults; safe whenever a process dies, if not the power.
        pragmas = ("journal_mode=WAL", "synchronous=NORMAL")
        travel = ("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true")
        return Child(
            name="temporal",
            command=(
                str(binary()),
                *("server", "start-dev", "--ui-disable-news-fetch"),
                *(word for option in options.items() for word in option),
                *(word for pragma in pragmas for word in ("--sqlite-pragma", pragma)),
                *(travel if self.time_travel else ()),
            ),
            ready=self.answers,
            environment=without_temporal(os.environ),
            ports=(self.port, self.ui_port),
            nice=BEHIND_THE_WEB,
        )

    async def client(self) -> Client:
        """A client of this server, whatever the environment says of others; it connects when it is first used."""
        await import_client()
        from temporalio.client import Client

        if self._client is None:
            self._client = await Client.connect(self.address, namespace=NAMESPACE, lazy=True)
        return self._client

    async def answers(self) -> bool:
        """Whether the server takes requests for our namespace."""
        client = await self.client()
        from machine.namespace import exists

        return await exists(client)


async def import_client() -> None:
    """Import what talks to Temporal: half a second, in which everything else goes on."""
    await asyncio.to_thread(importlib.import_module, "machine.namespace")
    await asyncio.to_thread(importlib.import_module, "temporalio.client")


def binary() -> Path:
    """The program `temporal`: the one in ONBOARD_TEMPORAL_BINARY, else the one installed beside Python.

    Raises Problem if it is not there or cannot be run.
    """
    own = os.environ.get("ONBOARD_TEMPORAL_BINARY")
    path = Path(own) if own else Path(sys.executable).parent / "temporal"
    if not (path.is_file() and os.access(path, os.X_OK)):
        remedy = "correct ONBOARD_TEMPORAL_BINARY" if own else "run `make install`, or name yours in "
        remedy += "" if own else "ONBOARD_TEMPORAL_BINARY"
        raise Problem(f"The program {path} is not there or cannot be run: {remedy}.")
    return path


def without_temporal(environment: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """The environment without what it says of other Temporal servers, in variables or in a profile."""
    kept = {name: value for name, value in environment.items() if not name.startswith("TEMPORAL_")}
    return kept | {"TEMPORAL_CONFIG_FILE": os.devnull}
