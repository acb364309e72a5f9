"""What a prescription costs: `python -m bench prescriptions`.

Events, billable actions and calls to ezyVet of its steps. Then the worker's memory with 20,000 open ones against 2,000.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable

from sqlalchemy import func, select
from temporalio.api.history.v1 import HistoryEvent

from bench.cost import actions, written
from bench.ezyvet_practice import PRODUCT, VET, EzyvetPractice, live_practice
from bench.many import worker_memory
from bench.table import Line
from bench.world import World
from desk import prescriptions
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life.delivery import delivery_state
from pharmacy.prescriptions.tables import prescriptions as table
from store.database import at_once
from workflows.prescription_contracts import PrescriptionStart

FEW, MANY = 2_000, 20_000
AT_ONCE = 32
PRACTICE = "bench-prescriptions"
ENTERED = ("practice", "patient", "label_name", "client", "prescriber", "origin")
"""What is copied from one prescription to the others."""


async def measure(world: World) -> list[Line]:
    practice = await live_practice(world, PRACTICE)
    lines = await _cost(world, practice)
    like = await practice.prescribe()
    await open_like(practice, like, FEW)
    small = worker_memory(world)
    await open_like(practice, like, MANY - FEW)
    large = worker_memory(world)
    return [
        *lines,
        Line(f"Worker's memory with {FEW:,} open prescriptions", f"{small:.0f} MB"),
        Line(
            f"Worker's memory with {MANY:,} open prescriptions",
            f"{large:.0f} MB",
            "at most 1.3 times",
            large <= 1.3 * small,
        ),
    ]


async def _cost(world: World, practice: EzyvetPractice) -> list[Line]:
    id = await practice.prescribe("owner")
    steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("requested by the owner, approved, paid, created", lambda: _approve_and_pay(practice, id)),
        ("the first fill", lambda: _fill(practice, id, 2)),
        ("a refill", lambda: _fill(practice, id, 1)),
        ("cancelled", lambda: practice.report(id, "cancel", by="vet", reason="Not needed any more")),
    ]
    # The site's token is fetched for all of them together.
    first = await practice.prescribe()
    await practice.report(first, "approve", by=VET)
    await _settle(practice, first)
    lines: list[Line] = []
    events, calls = 0, len(await practice.calls())
    for name, act in steps:
        await act()
        await _settle(practice, id)
        history = await world.client.get_workflow_handle(f"prescription/{id}").fetch_history()
        made = await practice.calls()
        new: list[HistoryEvent] = list(history.events)[events:]
        endpoints = Counter(f"{call['method']} {call['endpoint']}" for call in made[calls:])
        lines += [
            Line(f"A prescription, {name}: events", f"{len(new)}"),
            Line("- billable actions", written(actions(new))),
            Line("- calls to ezyVet", ", ".join(f"{one} {count}" for one, count in endpoints.items())),
        ]
        events, calls = len(history.events), len(made)
    return lines


async def _approve_and_pay(practice: EzyvetPractice, id: str) -> None:
    await _settle(practice, id)
    await practice.report(id, "approve", by=VET)
    await _settle(practice, id)
    await practice.report(id, "pay")


async def _fill(practice: EzyvetPractice, id: str, remaining: int) -> None:
    await practice.report(id, "dispense", product=PRODUCT.reference, qty=3, remaining=remaining)


async def _settle(practice: EzyvetPractice, id: str) -> None:
    """Waits until everything that follows from the last report has been done, as when days lie between reports."""
    while True:
        prescription = await prescriptions.load(practice.desk, id)
        _, row = await prescriptions.read_stored(practice.desk, id)
        if delivery_state(prescription).state != "waiting" and row["version"] == prescription.version:
            return
        await asyncio.sleep(0.2)


async def open_like(practice: EzyvetPractice, like: str, count: int) -> list[str]:
    """Opens so many that wait for their vet, like one that was opened before, and waits until all are published.

    Returns their ids.
    """
    desk, gate = practice.desk, asyncio.Semaphore(AT_ONCE)
    _, row = await prescriptions.read_stored(desk, like)
    start = PrescriptionStart.model_validate(row["request"])

    ids = [f"rx-{secrets.token_hex(10)}" for _ in range(count)]

    async def one(id: str) -> None:
        mine = start.model_copy(update={"request": start.request.model_copy(update={"id": id})})
        changed = {"id": id, "token": id, "request": mine.model_dump(mode="json")}
        async with gate:
            async with desk.database.begin() as connection:
                await register.enter(connection, **{name: row[name] for name in ENTERED} | changed)
            await prescriptions.start_workflow(desk, id)

    async with asyncio.TaskGroup() as group:
        for id in ids:
            group.create_task(one(id))
    unpublished = select(func.count()).where(table.c.practice == practice.id, table.c.record.is_(None))
    while True:
        async with at_once(desk.database) as connection:
            if not await connection.scalar(unpublished):
                return ids
        await asyncio.sleep(0.5)
