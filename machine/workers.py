"""The component for the workers: one process or several."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial

from machine.child import Child
from machine.components import Component, Machine
from machine.servers import PROJECT, uses_external_temporal, with_project_path
from machine.temporal import BACKGROUND_NICENESS, without_temporal_variables

WORKER = "worker"
"""What the names begin with under which workers are known to Temporal and PostgreSQL."""


def workers(count: int) -> Component:
    """Component `worker`: `count` processes of `worker.py`, started once everything they use is ready."""
    return Component("worker", partial(_start, count=count))


async def _start(machine: Machine, count: int) -> None:
    await machine.wait_for("database", "schema", "temporal", "mailbox")
    names = ["worker", *(f"worker-{number}" for number in range(2, count + 1))]
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(machine.supervisor.start(worker(machine, name)))


def worker(machine: Machine, name: str) -> Child:
    """One worker process: it creates the file named in ONBOARD_WORKER_READY once it polls."""
    marker = machine.home.run / f"{name}.ready"

    async def polls() -> bool:
        return marker.exists()

    return Child(
        name=name,
        command=(sys.executable, str(PROJECT / "worker.py")),
        ready=polls,
        environment=environment(machine) | {"ONBOARD_WORKER_READY": str(marker)},
        depends_on=frozenset({"postgres", "temporal", "mailbox"}),
        marker=marker,
        # Everything it uses is ready, so what failed once would fail again.
        start_attempts=1,
        nice=BACKGROUND_NICENESS,
    )


def environment(machine: Machine) -> dict[str, str]:
    """The environment of a product's process, with the address of every server of this machine."""
    addresses = machine.addresses
    external_temporal = uses_external_temporal()
    variables = with_project_path(os.environ if external_temporal else without_temporal_variables(os.environ)) | {
        "ONBOARD_HOME": str(machine.home.path),
        "ONBOARD_DATABASE_URL": addresses["database"],
        "ONBOARD_SMTP_URL": addresses["smtp"],
        "ONBOARD_PUBLIC_URL": machine.public_url,
        "TEMPORAL_NAMESPACE": addresses["namespace"],
        **machine.extra,
    }
    if not external_temporal:
        # An external Temporal's profile may hold more than the address, and the process reads it itself.
        variables["TEMPORAL_ADDRESS"] = addresses["temporal"]
    return variables
