"""A page of a group that shares beside the same page of a clinic alone: times, plans, and reads of whole tables."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bench.plans import PLANNED
from bench.table import Line
from pharmacy.records.clinic import member_transaction

WARM = 20
GOAL, RATIO = 100, 1.5
BIG = ("clients", "patients", "medical_records", "changes", "differences", "person_links", "tasks", "task_notes")
"""Tables that grow."""


@dataclass(frozen=True)
class Side:
    """Who asks for a page, at which clinics, and what each time."""

    person: str
    clinics: Sequence[str]
    page: Callable[[AsyncConnection, str], Awaitable[Any]]
    asked: Sequence[str]


async def compare(engine: AsyncEngine, what: str, shared: Side, alone: Side) -> list[Line]:
    """Asks both in turns, so that the machine is the same for both, each as a member's transaction asks."""

    async def ask(side: Side, number: int) -> None:
        async with member_transaction(engine, side.person, *side.clinics) as (connection, _):
            await side.page(connection, side.asked[number])

    took = await in_turns([partial(ask, each) for each in (shared, alone)], len(shared.asked))
    await _print_plans(engine, what, shared)
    scans = await _scans(engine, shared)
    return [*lines(what, *took), Line("... reads of a whole table that grows", str(scans or "none"), "none", not scans)]


async def in_turns(asks: Sequence[Callable[[int], Awaitable[Any]]], times: int) -> list[list[float]]:
    """Returns the milliseconds of each; the first few, which make connections and compile queries, do not count."""
    took: list[list[float]] = [[] for _ in asks]
    for number in [*range(WARM), *range(times)]:
        for each, ask in zip(took, asks, strict=True):
            start = time.perf_counter()
            await ask(number)
            each.append((time.perf_counter() - start) * 1000)
    return [each[WARM:] for each in took]


def lines(what: str, shared: Sequence[float], alone: Sequence[float]) -> list[Line]:
    p95, ratio = quantiles(shared, n=20)[-1], median(shared) / median(alone)
    medians = f"{ratio:.2f} ({median(shared):.1f} ms and {median(alone):.1f} ms)"
    return [
        Line(f"{what} (p95)", f"{p95:.1f} ms", f"under {GOAL} ms", p95 < GOAL),
        Line("... median in times of the same without sharing", medians, f"at most {RATIO}", ratio <= RATIO),
    ]


async def _scans(engine: AsyncEngine, side: Side) -> int:
    """Returns how often PostgreSQL read a table that grows from its beginning to its end, also within functions."""
    query = text("SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname = ANY (:big)")
    async with member_transaction(engine, side.person, *side.clinics) as (connection, _):
        for each in side.asked:
            await side.page(connection, each)
        return int(await connection.scalar(query, {"big": list(BIG)}) or 0)


async def _print_plans(engine: AsyncEngine, what: str, side: Side) -> None:
    statements: dict[str, Any] = {}

    def remember(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements[statement] = parameters

    async with member_transaction(engine, side.person, *side.clinics) as (connection, _):
        event.listen(engine.sync_engine, "before_cursor_execute", remember)
        await side.page(connection, side.asked[0])
        event.remove(engine.sync_engine, "before_cursor_execute", remember)
        print(f"\n### {what}")
        for statement, parameters in statements.items():
            if statement.lstrip().upper().startswith(PLANNED):
                plan = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {statement}", parameters)
                print("\n".join(["", " ".join(statement.split())[:160], *(f"    {line}" for line in plan.scalars())]))
