"""A burst of webhooks: 200 facts a second for a minute. How soon each is answered, and how fast the inbox drains.

Against bare updates: the same facts sent to the same kind of onboardings by Temporal's client alone, as many at a time
as the drain takes, each onboarding's in order.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from bench.cpu import used
from bench.floor import FACTS
from bench.offering import offer
from bench.table import Line
from bench.throughput import DETAILS, request
from bench.world import World
from desk.event_recorder import PARALLEL
from partners.datapoint import write_event
from playbooks.engine.onboarding import Receipt, Report

RATE, SECONDS = 200, 60
BARE = 120
"""Onboardings that get bare updates, before the burst and again after it: the machine's mood changes."""


async def measure(world: World) -> list[Line]:
    burst = [f"hook-{number}" for number in range(RATE * SECONDS // len(FACTS))]
    bare = [f"bare-{number}" for number in range(2 * BARE)]
    # Those with bare updates first: neither they nor the others are in the worker's memory when their turn comes.
    await _start(world, [*bare, *burst])
    idle = used()
    rates = [await _bare(world, bare[:BARE])]
    before, began = used(), time.perf_counter()
    answered = await offer(urlsplit(world.addresses["web"]), _requests(world, burst), RATE)
    left, offered = await _waiting(world), time.perf_counter()
    during = (len(answered) - left) / (offered - began)
    await _drained(world)
    drained = left / (time.perf_counter() - offered)
    after = used()
    rates.append(await _bare(world, bare[BARE:]))
    lost, doubled, others = await _truth(world, len(burst))
    spent = [each.seconds * 1000 for each in answered]
    p95 = statistics.quantiles(spent, n=20)[-1]
    late = statistics.quantiles([each.late * 1000 for each in answered], n=20)[-1]
    rate = statistics.mean(rates)
    cost = {name: (after[name] - before[name]) * 1000 / len(answered) for name in sorted(after)}
    bare_cost = {name: (before[name] - idle[name]) * 1000 / (BARE * len(FACTS)) for name in sorted(after)}
    by_cost = sum(bare_cost.values()) / (sum(cost.values()) - cost["web"])
    refused = sum(each.status != 202 for each in answered)
    return [
        Line(f"Events offered, {RATE} a second", f"{len(answered):,}"),
        Line("Answered otherwise than 202", f"{refused}", "0", refused == 0),
        Line("Answered within, median", f"{statistics.median(spent):.1f} ms"),
        Line("Answered within, 95 %", f"{p95:.1f} ms", "under 50 ms", p95 < 50),
        Line("Sent too late by the bench itself, 95 %", f"{late:.1f} ms"),
        Line("Lost", f"{lost}", "0", lost == 0),
        Line("Recorded twice", f"{doubled}", "0", doubled == 0),
        Line("Left in the inbox otherwise than recorded", f"{others}", "0", others == 0),
        Line("Recorded a second, while they were offered", f"{during:.1f}"),
        Line("Waiting when the burst was over", f"{left:,}"),
        Line("Recorded a second, from then on", f"{drained:.1f}"),
        Line("Bare updates a second, before and after", " and ".join(f"{each:.1f}" for each in rates)),
        Line("Ratio to bare updates", f"{drained / rate:.2f}", "at least 0.8", drained >= 0.8 * rate),
        Line("The same by processor time, without the web's", f"{by_cost:.2f}"),
        *(
            Line(f"Processor time an event, a bare update: {name}", f"{cost[name]:.1f} ms, {bare_cost[name]:.1f} ms")
            for name in cost
        ),
    ]


async def _start(world: World, names: Sequence[str]) -> None:
    gate = asyncio.Semaphore(32)

    async def one(name: str) -> None:
        async with gate:
            await world.desk.start("datapoint", request(name), "bench")

    await asyncio.gather(*(one(name) for name in names))
    async with world.desk.database.connect() as connection:
        query = text("SELECT count(*) FROM onboardings")
        while (await connection.scalar(query) or 0) < len(names):
            await asyncio.sleep(0.2)


async def _bare(world: World, names: Sequence[str]) -> float:
    """Updates a second."""
    gate = asyncio.Semaphore(PARALLEL)

    async def one(name: str) -> None:
        async with gate:
            handle = world.client.get_workflow_handle(f"datapoint/{name}")
            for fact in FACTS:
                report = Report(data=DETAILS.get(fact, {}), by="bench", key=f"bare {fact}")
                await handle.execute_update(fact, report, result_type=Receipt)

    began = time.perf_counter()
    await asyncio.gather(*(one(name) for name in names))
    return len(names) * len(FACTS) / (time.perf_counter() - began)


def _requests(world: World, names: Sequence[str]) -> list[bytes]:
    """The events as they go over the wire: everybody's first fact, then everybody's second."""
    webhook = Webhook((world.home / "secrets" / "datapoint_webhook_secret").read_text().strip())
    now = datetime.now(UTC)
    host = urlsplit(world.addresses["web"]).netloc
    requests = []
    for number, fact in enumerate(FACTS):
        happened = now - timedelta(hours=len(FACTS) - number)
        for name in names:
            body, id = write_event(fact, name, DETAILS.get(fact, {}), happened), f"evt-{name}-{number}"
            headers = {
                "host": host,
                "content-type": "application/json",
                "content-length": str(len(body.encode())),
                "webhook-id": id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": webhook.sign(id, now, body),
            }
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            requests.append(f"POST /hooks/datapoint HTTP/1.1\r\n{head}\r\n{body}".encode())
    return requests


async def _waiting(world: World) -> int:
    async with world.desk.database.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM inbox WHERE state = 'new'")) or 0)


async def _drained(world: World) -> None:
    while await _waiting(world):
        await asyncio.sleep(0.25)


async def _truth(world: World, practices: int) -> tuple[int, int, int]:
    """Facts that are on record less or more than once, and events that are not recorded."""
    query = text(
        "SELECT count(*) FROM entries WHERE kind = 'fact' AND onboarding LIKE 'datapoint/hook-%'"
        " GROUP BY onboarding, name"
    )
    async with world.desk.database.connect() as connection:
        for _ in range(100):
            times = list(await connection.scalars(query))
            if len(times) == practices * len(FACTS):
                break
            # The journal of the last ones is being written.
            await asyncio.sleep(0.1)
        others = await connection.scalar(text("SELECT count(*) FROM inbox WHERE state <> 'recorded'"))
    return practices * len(FACTS) - len(times), sum(count - 1 for count in times), int(others or 0)
