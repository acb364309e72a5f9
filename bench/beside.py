"""A practice with few prescriptions beside one with hundreds that wait for ezyVet: `python -m bench beside`."""

from __future__ import annotations

import asyncio
import statistics
import time

from bench.ezyvet_practice import VET, EzyvetPractice, live_practice
from bench.prescriptions import open_like
from bench.table import Line
from bench.world import World
from desk import prescriptions
from integrations.ezyvet.sites import read_site
from integrations.ezyvet.usage import read_usage
from pharmacy.prescriptions.life.delivery import delivery_state

MANY, FEW = 500, 3
AT_ONCE = 32


async def measure(world: World) -> list[Line]:
    many, few = [await live_practice(world, f"bench-{name}") for name in ("many", "few")]
    alone = [await _sent(few) for _ in range(FEW)]
    ids = await open_like(many, await many.prescribe(), MANY)
    gate = asyncio.Semaphore(AT_ONCE)

    async def approve(id: str) -> None:
        async with gate:
            await many.report(id, "approve", by=VET)

    await asyncio.gather(*map(approve, ids))
    waiting = await _waiting(many)
    beside = [await _sent(few) for _ in range(FEW)]
    still = await _waiting(many)
    return [
        Line("From a vet's approval until ezyVet has it, alone (median)", f"{statistics.median(alone):.1f} s"),
        Line(f"- beside a practice of which {still} to {waiting} wait (the slowest)", f"{max(beside):.1f} s"),
    ]


async def _sent(practice: EzyvetPractice) -> float:
    id = await practice.prescribe()
    began = time.monotonic()
    await practice.report(id, "approve", by=VET)
    while delivery_state(await prescriptions.load(practice.desk, id)).state != "sent":
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def _waiting(practice: EzyvetPractice) -> int:
    site = await read_site(practice.desk.database, practice.id)
    assert site.id
    whole, *_ = await read_usage(practice.desk.database, site.id)
    return whole.waiting
