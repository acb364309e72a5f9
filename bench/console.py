"""The console's pages with 10,000 onboardings and 200,000 lines of their journals: how long, and by which queries.

Asked of the real web server, signed in, one request at a time, each with other filters, words and onboardings. Then
once more with the queries explained, at a quarter of the size and at the full one: what reads four times the rows then
grows with the table.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

import httpx2

from bench.console_rows import ANIMALS, HOUSES, LINES, PEOPLE, PLACES, PLAYBOOK, fill
from bench.floor import FACTS
from bench.plans import Query, watched
from bench.table import Line
from bench.throughput import DETAILS, request
from bench.world import World
from playbooks.engine.onboarding import Report
from store.accounts import access, accounts

SIZES = 2_500, 10_000
REQUESTS, WARM = 200, 10
REAL = 60
"""Onboardings that live: those that are looked at one by one ask their workflow."""
GOAL = 100.0
EXPLAINED = 12
"""Addresses of each page whose queries are explained."""
FEW = 100
"""Rows by which a query may read more without being said to grow."""
HANDLE = "bench-reader"

Addresses = Callable[[random.Random, int], str]


async def measure(world: World) -> list[Line]:
    await _live(world)
    cookies = {"session": await _sign_in(world)}
    times: list[dict[str, list[float]]] = []
    plans: list[dict[str, list[Query]]] = []
    filled = 0
    for size in SIZES:
        await asyncio.to_thread(fill, world.addresses["database"], size - filled, filled)
        filled = size
        times.append({page: await _times(world, cookies, _addresses(page)) for page in PAGES})
        async with watched(world, cookies) as application:
            # A process reads all open onboardings once, when it begins.
            await application.queries(["/"])
            plans.append({page: await application.queries(_addresses(page)[:EXPLAINED]) for page in PAGES})
    for page, queries in plans[-1].items():
        print(f"\n### Queries of {page}\n\n```", *(_told(each) for each in queries), "```", sep="\n", flush=True)
    return [
        Line("Onboardings, and lines of their journals", f"{filled:,} and {filled * LINES:,}"),
        *(line for page in PAGES for line in _lines(page, times, plans)),
    ]


def _lines(page: str, times: Sequence[dict[str, list[float]]], plans: Sequence[dict[str, list[Query]]]) -> list[Line]:
    small, large = (statistics.median(each[page]) for each in times)
    p95 = statistics.quantiles(times[-1][page], n=20)[-1]
    before = {query.statement: query.read for query in plans[0][page]}
    growing = [each for each in plans[-1][page] if each.read > 2 * before.get(each.statement, each.read) + FEW]
    scans = sum(each.scans for each in plans[-1][page])
    worst = {each.name: each for each in sorted(growing, key=lambda each: each.read)}
    told = "; ".join(f"{each.name}: {each.read:,} rows in {each.milliseconds:.0f} ms" for each in worst.values())
    return [
        Line(f"{page}: median, and 95 %", f"{large:.0f} ms and {p95:.0f} ms", f"under {GOAL:.0f} ms", p95 < GOAL),
        Line(f"{page}: median against {SIZES[0]:,} onboardings", f"{large / small:.2f} times"),
        Line(f"{page}: queries that read more than before", told or "none", "none", not growing),
        Line(f"{page}: queries that read a whole table that grows", f"{scans or 'none'}", "none", not scans),
    ]


def _told(query: Query) -> str:
    return "\n".join((f"{query.name} ({query.milliseconds:.1f} ms, {query.read:,} rows read)", *query.nodes))


async def _times(world: World, cookies: dict[str, str], addresses: Sequence[str]) -> list[float]:
    """Milliseconds until each page was there, as a browser on this machine sees it."""
    times = []
    async with httpx2.AsyncClient(base_url=world.addresses["web"], cookies=cookies, timeout=60) as client:
        for address in addresses:
            began = time.perf_counter()
            answer = await client.get(address)
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, f"{address}: {answer.status_code}"
    # The first ones compile templates and queries.
    return times[WARM:]


def _addresses(page: str) -> list[str]:
    """The same at every size."""
    pick = random.Random(page)
    return [PAGES[page](pick, number) for number in range(REQUESTS + WARM)]


def _board(pick: random.Random, number: int) -> str:
    stages = [stage.name for stage in PLAYBOOK.stages[:-1]]
    choices = {
        "stage": stages,
        "waiting_on": [party.name for party in PLAYBOOK.parties],
        "assignee": PEOPLE,
        "sla": ("breached", "tomorrow"),
        "status": ("on_hold", "complete", "all"),
        "playbook": ("datapoint",),
    }
    chosen = pick.sample(sorted(choices), number % 4)
    return "/?" + "&".join(f"{name}={pick.choice(choices[name])}" for name in chosen)


def _search(pick: random.Random, number: int) -> str:
    kinds = (
        f"bench-{pick.randrange(SIZES[0])}",
        f"{pick.choice(PLACES)} {pick.choice(ANIMALS)}",
        pick.choice(HOUSES)[:4].lower(),
        str(pick.randrange(100)),
        f"nobody {number}",
    )
    return f"/?q={kinds[number % len(kinds)]}".replace(" ", "+")


def _onboarding(pick: random.Random, number: int) -> str:
    return f"/onboardings/datapoint/living-{number % REAL}"


def _needs(pick: random.Random, number: int) -> str:
    return "/needs"


def _mails(pick: random.Random, number: int) -> str:
    day = (datetime.now(UTC) - timedelta(days=pick.randrange(60))).date()
    return f"/mails?day={day}&to={('', 'practices', 'colleagues')[number % 3]}&q={('', 'queue', 'nobody')[number % 3]}"


def _reports(pick: random.Random, number: int) -> str:
    return f"/reports?days={('', '30', '90', '365')[number % 4]}"


PAGES: dict[str, Addresses] = {
    "Board": _board,
    "Search": _search,
    "One onboarding": _onboarding,
    "What needs a person": _needs,
    "Reports": _reports,
    "Mails": _mails,
}


async def _live(world: World) -> None:
    """Starts those that live; each has come another way."""
    gate = asyncio.Semaphore(16)

    async def one(number: int, facts: int) -> None:
        async with gate:
            name = f"living-{number}"
            await world.desk.start("datapoint", request(name), "bench")
            for fact in FACTS[:facts]:
                await world.desk.record(f"datapoint/{name}", fact, Report(data=DETAILS.get(fact, {}), by="bench"))

    ways = islice(cycle(range(len(FACTS) + 1)), REAL)
    await asyncio.gather(*(one(number, facts) for number, facts in enumerate(ways)))


async def _sign_in(world: World) -> str:
    person = accounts.new_person(handle=HANDLE, name="Reader", email="reader@pharmacy.test", role="manager")
    async with world.desk.database.begin() as connection:
        await accounts.add(connection, person, "bench")
    return await access.open_session(world.desk.database, HANDLE, "bench")
