"""Ten thousand open onboardings: the worker's memory, how long a fact takes, and what it costs to look at them."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.floor import FACTS, Floor
from bench.floor_worker import QUEUE
from bench.table import Line
from bench.throughput import request
from bench.world import World, child
from playbooks.engine.onboarding import Report
from store.journal import journal
from store.journal.figures import figures
from store.journal.listing import list_onboardings

FEW, MANY = 1_000, 10_000
SAMPLES = 60


async def measure(world: World) -> list[Line]:
    environment = {
        "TEMPORAL_ADDRESS": world.addresses["temporal"],
        "TEMPORAL_NAMESPACE": world.addresses["namespace"],
    }
    async with child("-m", "bench.floor_worker", **environment):
        await _open(world, "warm", 20)
        alone = await _fact(world, [f"warm-{number}" for number in range(20)])
        await _open(world, "few", FEW)
        small = worker_memory(world)
        await _open(world, "many", MANY - FEW)
        large = worker_memory(world)
        await _floors(world, MANY)
        chosen = random.Random(1).sample(range(MANY - FEW), SAMPLES)
        # In turns, so that both meet the machine in the same mood.
        among, floor = [], []
        for number in chosen:
            among += await _times(partial(_record, world, f"many-{number}"))
            floor += await _times(partial(_tell, world, number))
    ours, theirs = statistics.median(among), statistics.median(floor)
    listing = await _median(lambda: list_onboardings(world.desk.database, limit=50))
    report = await _median(lambda: figures(world.desk.database, now=datetime.now(UTC)))
    shown = {name: await _command(world, name) for name in ("list", "report")}
    return [
        Line(f"Worker's memory with {FEW:,} open", f"{small:.0f} MB"),
        Line(f"Worker's memory with {MANY:,} open", f"{large:.0f} MB", "at most 1.3 times", large <= 1.3 * small),
        Line("A fact to its stage, none else open (median)", f"{alone * 1000:.0f} ms"),
        Line(f"A fact to its stage, {MANY:,} open", f"{ours * 1000:.0f} ms", "at most 4 times", ours <= 4 * alone),
        Line("The floor's in the same situation", f"{theirs * 1000:.0f} ms"),
        Line("Ratio to the floor's", f"{ours / theirs:.2f}", "at most 1.3", ours <= 1.3 * theirs),
        Line("The query behind `onboard list`", f"{listing * 1000:.0f} ms", "under 0.5 s", listing < 0.5),
        Line("The query behind `onboard report`", f"{report * 1000:.0f} ms", "under 0.5 s", report < 0.5),
        *(Line(f"`onboard {name}` as a whole process", f"{took:.2f} s") for name, took in shown.items()),
    ]


async def _open(world: World, prefix: str, count: int) -> None:
    """Starts so many, and waits until all are in the journal."""
    gate = asyncio.Semaphore(32)

    async def one(number: int) -> None:
        async with gate:
            await world.desk.start("datapoint", request(f"{prefix}-{number}"), "bench")

    await asyncio.gather(*(one(number) for number in range(count)))
    while await journal.find(world.desk.database, f"datapoint/{prefix}-{count - 1}") is None:
        await asyncio.sleep(0.2)


async def _floors(world: World, count: int) -> None:
    gate = asyncio.Semaphore(32)

    async def one(number: int) -> None:
        async with gate:
            await world.client.start_workflow(Floor.run, len(FACTS), id=f"floor-{number}", task_queue=QUEUE)

    await asyncio.gather(*(one(number) for number in range(count)))
    # Started is not yet settled: until a late one answers at once, the first steps of the others are under way.
    while max(await _times(partial(_tell, world, count - 1), 3)) > 0.5:
        await asyncio.sleep(2)


async def _record(world: World, name: str) -> None:
    receipt = await world.desk.record(f"datapoint/{name}", "queued", Report(by="bench"))
    assert receipt.stage == "invitation"


async def _tell(world: World, number: int) -> None:
    await world.client.get_workflow_handle(f"floor-{number}").execute_update("fact", "queued")


async def _fact(world: World, names: list[str]) -> float:
    return statistics.median([took for name in names for took in await _times(partial(_record, world, name))])


async def _times(act: Callable[[], Awaitable[object]], count: int = 1) -> list[float]:
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        await act()
        taken.append(time.perf_counter() - began)
    return taken


async def _median(act: Callable[[], Awaitable[object]]) -> float:
    return statistics.median(await _times(act, 7))


async def _command(world: World, name: str) -> float:
    """A command of the user's, interpreter and all."""
    program = Path(sys.executable).parent / "onboard"

    async def run() -> None:
        process = await asyncio.create_subprocess_exec(
            str(program), "--home", str(world.home), name, stdout=asyncio.subprocess.DEVNULL
        )
        assert await process.wait() == 0

    return await _median(run)


def worker_memory(world: World) -> float:
    """The resident memory of the worker process, in MB."""
    children = json.loads((world.home / "run" / "children.json").read_text())
    for entry in children:
        pid = entry["pid"]
        if "worker.py" in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "):
            status = Path(f"/proc/{pid}/status").read_text()
            return int(status.split("VmRSS:")[1].split()[0]) / 1024
    raise LookupError("no worker runs")
