"""Servers, worker and supervisor are killed at random moments: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time

from tests.faults.cluster import Cluster
from tests.faults.retrying_client import FACTS, RetryingClient
from tests.system.harness import Practice

VICTIMS = (("temporal",), ("postgres",), ("worker",), ("temporal", "postgres"), ("supervisor",))


async def kill(cluster: Cluster, victims: tuple[str, ...]) -> None:
    """Kills processes, and waits until they run again."""
    began = time.monotonic()
    if victims == ("supervisor",):
        await cluster.down(signal.SIGKILL)
        await cluster.up()
    else:
        await cluster.kill(*victims)
    print(f"{' and '.join(victims)}: back after {time.monotonic() - began:.1f} s")


async def test_killed_at_random_moments(cluster: Cluster) -> None:
    seed = int(os.environ.get("ONBOARD_SEED") or random.SystemRandom().randrange(10_000))
    print(f"ONBOARD_SEED={seed}")
    dice = random.Random(seed)
    lengths = [dice.randint(1, len(FACTS)) for _ in range(20)]
    clients = [
        RetryingClient(
            Practice(cluster.desk, cluster.mail_server, f"chaos-{number}"), length, lambda: dice.uniform(0, 1.5)
        )
        for number, length in enumerate(lengths)
    ]
    async with asyncio.TaskGroup() as running:
        for client in clients:
            running.create_task(client.run())
        for victims in dice.sample(VICTIMS, len(VICTIMS)):
            await asyncio.sleep(dice.uniform(0.2, 2))
            await kill(cluster, victims)
        began = time.monotonic()
    twice = await asyncio.gather(*(client.check() for client in clients))
    print(f"settled {time.monotonic() - began:.1f} s after the last was back; {sum(twice)} mails came twice")
