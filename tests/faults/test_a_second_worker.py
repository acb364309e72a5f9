"""One of two workers dies: nothing is lost, and nothing happens twice without a note.

By its name this comes first: after a test that killed a worker, it would wait until that one is forgotten.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

from cli.doctor import doctor
from machine.servers import PROJECT
from tests.faults.cluster import Cluster
from tests.faults.retrying_client import FACTS, RetryingClient
from tests.system.harness import Practice, eventually


@asynccontextmanager
async def second_worker(cluster: Cluster, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A second worker, `python worker.py`, once it polls."""
    addresses, marker = cluster.home.running(), folder / "ready"
    environment = cluster.environment | {
        "ONBOARD_DATABASE_URL": addresses["database"],
        "TEMPORAL_ADDRESS": addresses["temporal"],
        "TEMPORAL_NAMESPACE": addresses["namespace"],
        "ONBOARD_SECRET_KEY": cluster.home.secret("secret_key"),
        "ONBOARD_PUBLIC_URL": addresses["web"],
        "ONBOARD_WORKER_READY": os.fspath(marker),
    }
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "worker.py"), cwd=PROJECT, env=environment, stdout=log, stderr=log
        )

    async def ready() -> bool:
        assert process.returncode is None, (folder / "log").read_text()
        return marker.exists()

    try:
        await eventually(ready, bool)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_one_of_two_workers_is_killed_in_the_middle(cluster: Cluster, tmp_path: Path) -> None:
    async with second_worker(cluster, tmp_path) as second:

        async def at_work() -> list[str]:
            checks = await asyncio.to_thread(doctor, cluster.home.path)
            return [check.sentence for check in checks if check.name == "worker"]

        # One that an earlier test killed is remembered for a minute.
        await eventually(at_work, lambda said: said == ["2 at work in the task queue onboarding."])

        async def kill_the_second(message: EmailMessage) -> None:
            if len(cluster.mail_server.messages) >= already + 10 and second.returncode is None:
                second.send_signal(signal.SIGKILL)

        already = len(cluster.mail_server.messages)
        cluster.mail_server.then = kill_the_second
        clients = [
            RetryingClient(Practice(cluster.desk, cluster.mail_server, f"pair-{number}"), len(FACTS))
            for number in range(12)
        ]
        async with asyncio.TaskGroup() as running:
            for client in clients:
                running.create_task(client.run())
        assert await second.wait() == -signal.SIGKILL
        twice = await asyncio.gather(*(client.check() for client in clients))
    assert sum(twice) <= 5, "only what was in the dead worker's hands can come twice"
