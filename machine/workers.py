"""The worker as a part: one process or several, side by side."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial

from machine.child import Child
from machine.parts import Machine, Part
from machine.servers import PROJECT, importable, uses_other_temporal
from machine.temporal import BEHIND_THE_WEB, without_temporal


def workers(count: int) -> Part:
    """Part `worker`: `count` processes of `worker.py`, started side by side once all that they use is ready."""
    return Part("worker", partial(_start, count=count))


async def _start(machine: Machine, count: int) -> None:
    await machine.wait_for("database", "schema", "temporal", "mailbox")
    names = ["worker", *(f"worker-{number}" for number in range(2, count + 1))]
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(machine.supervisor.start(worker(machine, name)))


def worker(machine: Machine, name: str) -> Child:
    """One worker process: it makes the file named in ONBOARD_WORKER_READY once it polls."""
    marker = machine.home.run / f"{name}.ready"

    async def polls() -> bool:
        return marker.exists()

    return Child(
        name=name,
        command=(sys.executable, str(PROJECT / "worker.py")),
        ready=polls,
        environment=environment(machine) | {"ONBOARD_WORKER_READY": str(marker)},
        after=frozenset({"postgres", "temporal", "mailbox"}),
        marker=marker,
        # All that it uses is ready: what fails once would fail again.
        tries=1,
        nice=BEHIND_THE_WEB,
    )


def environment(machine: Machine) -> dict[str, str]:
    """The environment in which a process of ours finds every server of this machine."""
    addresses = machine.addresses
    theirs = uses_other_temporal()
    variables = importable(os.environ if theirs else without_temporal(os.environ)) | {
        "ONBOARD_HOME": str(machine.home.path),
        "ONBOARD_DATABASE_URL": addresses["database"],
        "ONBOARD_SMTP_URL": addresses["smtp"],
        "ONBOARD_PUBLIC_URL": machine.public_url,
        "TEMPORAL_NAMESPACE": addresses["namespace"],
        **machine.extra,
    }
    if not theirs:
        # Another's profile may hold more than the address, and the process reads it itself.
        variables["TEMPORAL_ADDRESS"] = addresses["temporal"]
    return variables
