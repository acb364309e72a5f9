"""`python -m bench.importing_child URL PRACTICE FILE`: brings in one feed, and prints what each step took, as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.cpu import used_by
from machine.exit import hard_exit
from pharmacy.records import feed_progress, feeds, linking, matching, plausibility, staging
from store.database import connect


async def bring_in(url: str, practice: str, path: Path) -> dict[str, Any]:
    """The steps of the import in this process, as the worker takes them; seconds, and megabytes at the most.

    `cpu` are the seconds of processor time of this process, its helpers and PostgreSQL's for it.
    """
    engine = connect(url, pool_size=2)
    before = sum(os.times()[:4])
    took: dict[str, float] = {}

    async def timed(name: str, work: Awaitable[Any]) -> Any:
        start = time.perf_counter()
        result = await work
        took[name] = time.perf_counter() - start
        return result

    arrival = await timed("receive", feeds.receive_feed(engine, practice, path, path.name, "bench"))
    number = arrival.number
    await timed("read and stage", staging.stage_feed(engine, practice, number, lambda *_: None))
    assert await timed("check", plausibility.check_plausibility(engine, practice, number)) is None
    await timed("apply and merge", linking.apply_and_link(engine, practice, number, lambda *_: None))
    feed = await feed_progress.load_feed(engine, practice, number)
    async with engine.connect() as connection:
        servers = (await connection.execute(_SERVERS)).scalars().all()
    cpu = sum(os.times()[:4]) - before + used_by(servers)
    await engine.dispose()
    assert feed.state == "done", feed
    counts = {name: getattr(feed, name) for name in ("new_clients", "new_patients", "updated_clients", "merged")}
    return {"took": took, "cpu": cpu, "mb": _memory(feed.new_clients), "counts": counts}


_SERVERS = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user")


def _memory(new_clients: int) -> float:
    """The most that this process and its helpers had, as if all of them had it at the same moment."""
    own, helper = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own + helper * matching.process_count(new_clients)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(bring_in(sys.argv[1], sys.argv[2], Path(sys.argv[3])))), flush=True)
    hard_exit(0)
