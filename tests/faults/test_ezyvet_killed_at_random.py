"""Worker and PostgreSQL are killed at random while prescriptions are sent: ezyVet holds each once, as it is here (RX1).

ONBOARD_PRESCRIPTIONS=600 ONBOARD_KILLS=200 ONBOARD_AT_ONCE=3 ONBOARD_SEED=1 and --timeout 0 make a longer run.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial

import psycopg

from desk import prescribing, prescriptions
from desk.prescribing import PrescriptionOrder
from pharmacy.prescriptions.life.events import parse_event
from tests.faults.cluster import Cluster
from tests.faults.ezyvet_practices import live_practice
from tests.faults.retrying_client import retry_until_answered
from tests.patience import PATIENCE
from tests.system.harness import Practice, eventually
from tests.system.prescribing import CARPROFEN, VET, EzyvetPractice, item

A_PRACTICE = 25
"""Prescriptions of one practice: each is created and dispensed, within the limit of a minute."""
AT_ONCE = int(os.environ.get("ONBOARD_AT_ONCE", 8))
"""The fewer at once, the more kills each prescription sees."""
LONG = 10 * PATIENCE
"""Seconds. Temporal tries a workflow's task that was killed several times less and less often."""


async def test_rx1_killed_at_random(cluster: Cluster) -> None:
    seed = int(os.environ.get("ONBOARD_SEED") or random.SystemRandom().randrange(10_000))
    number, kills = int(os.environ.get("ONBOARD_PRESCRIPTIONS", 50)), int(os.environ.get("ONBOARD_KILLS", 3))
    print(f"ONBOARD_SEED={seed}")
    dice = random.Random(seed)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        practices = [
            await stack.enter_async_context(
                live_practice(cluster, Practice(cluster.desk, cluster.mail_server, f"rx-{at}"))
            )
            for at in range(-(-number // A_PRACTICE))
        ]
        for fault in ({"do": "slow", "when": "before"}, {"do": "slow", "when": "after"}):
            await cluster.ezyvet.fault(**fault, probability=0.5, seconds=0.3, seed=seed)
        for do, when in (("cut", "before"), ("cut", "after"), ("500", "after")):
            given = {"when": when, "endpoint": "externalprescription", "probability": 0.04, "seed": seed}
            await cluster.ezyvet.fault(do, **given)
        all_reported = asyncio.Event()
        places = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            killing = group.create_task(_kill(cluster, dice, kills, all_reported))
            lives = [group.create_task(_life(practices[at // A_PRACTICE], at, places, dice)) for at in range(number)]
            await asyncio.wait(lives)
            all_reported.set()
        ids, landed = [life.result() for life in lives], killing.result()
        await cluster.ezyvet.http.delete("/control/faults")
        for at, id in enumerate(ids):
            await retry_until_answered(partial(practices[at // A_PRACTICE].sent, id, "CURRENT"), LONG)
        held = [each for one in practices for each in await one.held()]
        logged = [await cluster.ezyvet.calls(one.site["uid"]) for one in practices]
        calls = Counter(call["status"] for each in logged for call in each)
    times = Counter(each["external_reference"] for each in held)
    print(f"{number} prescriptions, {len(landed)} kills in {time.monotonic() - began:.0f} s; writes hit: {landed}")
    print(f"calls by status: {dict(calls)}")
    assert times == Counter(ids), "each is there once"
    assert {each["items"][0]["status"] for each in held} == {"CURRENT"}
    assert set(calls) <= {200, 500, 401, None}, "nothing illegal was sent"
    assert sum(landed) > 0, "no kill hit a write: take another seed"


async def _life(live: EzyvetPractice, number: int, places: asyncio.Semaphore, dice: random.Random) -> str:
    order = PrescriptionOrder(
        practice=live.practice.id, patient="6", prescriber=VET, origin="vet", items=(item(CARPROFEN),)
    )
    async with places:
        opened = await retry_until_answered(
            partial(prescribing.open_prescription, live.desk, order, "pharmacy", f"key {number}"), LONG
        )
        await asyncio.sleep(dice.uniform(0, 1))
        for name, body in (
            ("approve", {"by": VET}),
            ("dispense", {"product": CARPROFEN.reference, "qty": 3, "remaining": 2}),
        ):
            event = parse_event(name, body)
            await retry_until_answered(
                partial(prescriptions.record_event, live.desk, opened.id, event, "pharmacy", event.name), LONG
            )
            await asyncio.sleep(dice.uniform(0, 2))
    return opened.id


async def _kill(cluster: Cluster, dice: random.Random, kills: int, all_reported: asyncio.Event) -> list[int]:
    """Kills while something is written; returns how many writes each kill ended."""
    landed: list[int] = []

    async def is_due() -> bool:
        return all_reported.is_set() or await _writes(cluster) > 0

    while len(landed) < kills:
        # Otherwise nothing would ever be done between two kills.
        await asyncio.sleep(dice.uniform(2, 5))
        await eventually(is_due, bool)
        if all_reported.is_set():
            break
        landed.append(await _writes(cluster))
        await cluster.kill(*(("worker", "postgres") if dice.random() < 0.2 else ("worker",)))
    return landed


async def _writes(cluster: Cluster) -> int:
    """How many writes were just begun, and have no answer yet; those of a worker that was killed are older."""
    young = "state = 'sent' AND sent_at > clock_timestamp() - interval '1 second'"
    async with await psycopg.AsyncConnection.connect(cluster.database, autocommit=True) as connection:
        rows = await connection.execute(f"SELECT count(*) FROM ezyvet_attempts WHERE {young}")
        [count] = await rows.fetchone() or [0]
        return int(count)
