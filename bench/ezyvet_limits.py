"""ezyVet's limits: `python -m bench ezyvet_limits`.

100 practices side by side, each with more calls than it may make, at the real limits: what each gets of its own share, and
whether any minute anywhere held more than the limit. Then 2,000 prescriptions of one practice over real HTTP, by the
simulator with a clock ten times as fast, and clicks that come in between.
"""  # noqa: E501 - one paragraph

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from itertools import count

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.ezyvet_practice import seed
from bench.table import Line
from bench.world import World
from integrations.ezyvet.budget import Budget
from integrations.ezyvet.gateway import Gateway
from integrations.ezyvet.limits import Limits, Priority, Wait
from integrations.ezyvet.places import Asking
from integrations.ezyvet.sites import store_credentials
from partners.ezyvet.http import Http
from store.database import connect
from store.secrets.keyring import Keyring

PRACTICES, WAITING = 100, 65
"""Practices, and calls of each that want a place at any time: more than there are places."""
SECONDS = 250.0
"""Of which the practices begin one after the other within the first minute."""
CONNECTIONS = 20
MINUTE, ENDPOINT = 60.0, 60
LATENCY = 0.2
SPEED, DRAINED, CLICKS = 10.0, 2000, 10
PRACTICE = "bench-ezyvet"


async def measure(world: World) -> list[Line]:
    engine = connect(world.addresses["database"], pool_size=CONNECTIONS)
    try:
        return [*await _side_by_side(engine), *await _drain(engine, world.ezyvet)]
    finally:
        await engine.dispose()


async def _side_by_side(engine: AsyncEngine) -> list[Line]:
    budget = Budget(engine)
    counted: list[list[float]] = [[] for _ in range(PRACTICES)]
    end = time.monotonic() + SECONDS

    async def caller(practice: int, numbers: count[int]) -> None:
        await asyncio.sleep(MINUTE / PRACTICES * practice)
        number = next(numbers)
        while time.monotonic() < end:
            asking = Asking("externalprescription", f"{number}", Priority.DELIVERY, number)
            try:
                place = await budget.take(f"site-{practice}", asking)
            except Wait as wait:
                await asyncio.sleep(wait.seconds)
                continue
            await asyncio.sleep(LATENCY * (number % 3) / 2)
            counted[practice].append(time.monotonic())
            await asyncio.sleep(LATENCY * (2 - number % 3) / 2)
            await budget.finish(place)
            number = next(numbers)

    async with asyncio.TaskGroup() as group:
        for practice in range(PRACTICES):
            numbers = count()
            for _ in range(WAITING):
                group.create_task(caller(practice, numbers))
    shares = sorted(_share(sorted(each)) for each in counted)
    over = sum(_over(sorted(each)) for each in counted)
    worst, middle = shares[0], statistics.median(shares)
    return [
        Line(f"Practices side by side, {ENDPOINT} calls a minute each", f"{PRACTICES}"),
        Line("Calls over the limit, in any minute of any practice", f"{over}", "0", over == 0),
        Line("Share of its own allowance, median", f"{middle:.3f}", "at least 0.95", middle >= 0.95),
        Line("Share of its own allowance, the worst", f"{worst:.3f}", "at least 0.9", worst >= 0.9),
    ]


def _share(times: Sequence[float]) -> float:
    """The limit's minute, of the time that as many calls as the limit took: all of a minute's may go in one moment."""
    cycles = [later - earlier for earlier, later in zip(times, times[ENDPOINT:], strict=False)]
    return MINUTE / statistics.mean(cycles) if cycles else 0.0


def _over(times: Sequence[float]) -> int:
    """How many calls came when the minute before held the limit already."""
    return sum(later - earlier < MINUTE for earlier, later in zip(times, times[ENDPOINT:], strict=False))


async def _drain(engine: AsyncEngine, url: str) -> list[Line]:
    keyring = Keyring([os.urandom(32)])
    async with httpx2.AsyncClient(base_url=url, timeout=30) as control:
        given = await seed(control, PRACTICE)
        (await control.post("/control", json={"speed": SPEED})).raise_for_status()
        await store_credentials(engine, keyring, PRACTICE, given)
        window = MINUTE / SPEED
        gateway = Gateway(engine, keyring, Http(url), Limits(window=window + 0.02, typical=0.1))
        await gateway.at(PRACTICE).users()
        waits: list[float] = []
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(DRAINED):
                group.create_task(_deliver(gateway, number))
            for _ in range(CLICKS):
                await asyncio.sleep(window)
                waits.append(await _click(gateway, f"click-{len(waits)}"))
        took = time.monotonic() - began
        held = (await control.get(f"/control/sites/{PRACTICE}", timeout=120)).raise_for_status().json()
    sent = [each["external_reference"] for each in held["prescriptions"]]
    order = [int(each) for each in sent if each.isdecimal()]
    displaced = max((abs(place - number) for place, number in enumerate(order)), default=0)
    refused = sum(each["violations"] for each in held["calls"])
    # The last call cannot go earlier: so many go in one moment, a window apart.
    soonest = (DRAINED + CLICKS - 1) // ENDPOINT * window
    pace = soonest / took
    return [
        Line(f"Prescriptions of one practice, at a clock {SPEED:g} times as fast", f"{DRAINED:,}"),
        Line("Created", f"{len(set(order)):,}", f"{DRAINED:,}, each once", sorted(order) == list(range(DRAINED))),
        Line("Answered 429", f"{refused}", "0", refused == 0),
        Line("Pace, of the limit's own", f"{pace:.3f}", "at least 0.9", pace >= 0.9),
        Line("Out of order by at most", f"{displaced}", f"under {ENDPOINT}", displaced < ENDPOINT),
        Line("A click waited, median", f"{statistics.median(waits):.1f} s", f"under {window:g} s, a minute there"),
    ]


async def _deliver(gateway: Gateway, number: int) -> None:
    """Creates a prescription as its workflow's activity does: who has no place comes again at its time."""
    while True:
        try:
            async with gateway.delivering(PRACTICE, key=f"{number}", position=number) as there:
                await there.create(_body(f"{number}"))
            return
        except Wait as wait:
            await asyncio.sleep(wait.seconds)


async def _click(gateway: Gateway, reference: str) -> float:
    """Creates a prescription for somebody at a page; returns the seconds until it was sent and answered."""
    began = time.monotonic()
    await gateway.at(PRACTICE, Priority.CLICK, key=reference, patience=MINUTE).create(_body(reference))
    return time.monotonic() - began


def _body(reference: str) -> dict[str, object]:
    item = {
        "external_product_name": "Product",
        "external_product_reference": "product",
        "external_link": "https://pharmacy.example/rx",
        "instructions": "Once daily",
        "price": 20.0,
        "qty": 3,
        "remaining": 0,
    }
    return {
        **{"animal_id": 6, "contact_id": 5, "prescribing_vet_user_id": 10, "date_of_prescription": 1720488651},
        **{"external_reference": reference, "total_price": 20.0, "external_prescription_item_list": [item]},
    }
