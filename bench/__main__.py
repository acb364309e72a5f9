"""`python -m bench [NAME ...]`: runs the benchmarks, or those named, and prints their table as Markdown,
with the load it was measured under."""

from __future__ import annotations

import asyncio
import sys

from bench import (
    beside,
    console,
    ezyvet_limits,
    fairness,
    importing,
    many,
    matching,
    prescriptions,
    sharing,
    starting,
    throughput,
    webhooks,
)
from bench.cpu import Load
from bench.table import Line, markdown
from bench.world import World, in_world
from machine.exit import hard_exit

BENCHES = {
    "throughput": throughput.measure,
    "many": many.measure,
    "console": console.measure,
    "webhooks": webhooks.measure,
    "importing": importing.measure,
    "ezyvet_limits": ezyvet_limits.measure,
    "prescriptions": prescriptions.measure,
    "sharing": sharing.measure,
    "fairness": fairness.measure,
    "beside": beside.measure,
}
# These need no running system, or start their own.
ALONE = {"starting": starting.measure, "matching": matching.measure}


async def main(names: list[str]) -> None:
    for name in names or [*BENCHES, *ALONE]:
        lines: list[Line] = []
        load = Load()

        async def run(world: World, name: str = name, lines: list[Line] = lines) -> None:
            lines += await BENCHES[name](world)

        if name in ALONE:
            lines += await ALONE[name]()
        else:
            await in_world(run)
        print(f"\n## {name}\n\n{load}\n\n{markdown(lines)}", flush=True)


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - BENCHES.keys() - ALONE.keys()
    if unknown:
        sys.exit(f"There is no benchmark {min(unknown)}; there are {', '.join([*BENCHES, *ALONE])}.")
    asyncio.run(main(sys.argv[1:]))
    hard_exit(0)
