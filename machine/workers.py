"""The worker as a part: one process or several, side by side."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from functools import partial
from pathlib import Path

from machine.child import Child
from machine.files import write_whole
from machine.home import Home
from machine.parts import Machine, Part
from machine.servers import importable, uses_other_temporal
from machine.temporal import without_temporal

MODULE = "worker"
PATIENCE = 60.0


def workers(count: int) -> Part:
    """Part `worker`: `count` processes of `worker.py`.

    They load at once and begin when all that they use is ready.
    """
    return Part("worker", partial(_start, count=count))


async def _start(machine: Machine, count: int) -> None:
    variables = machine.home.run / "environment.json"
    variables.unlink(missing_ok=True)
    names = [MODULE, *(f"{MODULE}-{number}" for number in range(2, count + 1))]
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(machine.supervisor.start(worker(machine.home, name, variables)))
        await machine.wait_for("database", "schema", "temporal", "mailbox")
        write_whole(variables, json.dumps(environment(machine)))


def worker(home: Home, name: str, variables: Path) -> Child:
    """One worker process: it makes the file named in ONBOARD_WORKER_READY once it polls."""
    marker = home.run / f"{name}.ready"

    async def polls() -> bool:
        return marker.exists()

    inherited = os.environ if uses_other_temporal() else without_temporal(os.environ)
    return Child(
        name=name,
        command=(sys.executable, "-m", "machine.preload", MODULE, str(variables)),
        ready=polls,
        environment=importable(inherited) | {"ONBOARD_WORKER_READY": str(marker)},
        after=frozenset({"postgres", "temporal", "mailbox"}),
        marker=marker,
        patience=PATIENCE,
        # All that it uses is ready: what fails once would fail again.
        tries=1,
    )


def environment(machine: Machine) -> dict[str, str]:
    """The variables by which a process of ours finds every server of this machine."""
    addresses = machine.addresses
    variables = {
        "ONBOARD_HOME": str(machine.home.path),
        "ONBOARD_DATABASE_URL": addresses["database"],
        "ONBOARD_SMTP_URL": addresses["smtp"],
        "TEMPORAL_NAMESPACE": addresses["namespace"],
        **machine.extra,
    }
    if not uses_other_temporal():
        # Another's profile may hold more than the address, and the process reads it itself.
        variables["TEMPORAL_ADDRESS"] = addresses["temporal"]
    return variables
