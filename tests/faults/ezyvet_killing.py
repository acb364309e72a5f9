"""Kills the worker at each step of a write to ezyVet, and checks that ezyVet then holds every prescription once."""

from __future__ import annotations

import time
from typing import Any

from tests.faults.cluster import Cluster
from tests.faults.ezyvet_points import Points, holding
from tests.system.prescribing import EzyvetPractice

STEPS = 7


async def approve(live: EzyvetPractice, id: str) -> None:
    await live.report(id, "approve", by="dr-okafor")


async def kill_at_each_step(
    cluster: Cluster, live: EzyvetPractice, method: str, report: Any, done: Any, state: str, victims: list[str]
) -> None:
    ids = [await live.prescribe() for _ in range(STEPS)]
    if method != "POST":
        for id in ids:
            await approve(live, id)
        for id in ids:
            await live.sent(id, "PENDING")
    points = Points(cluster, live, method, lambda id: report(live, id), done)
    began = len(cluster.said)
    async with holding(points):
        await points.hold(iter(ids))
        await points.check()
        killed = time.monotonic()
        cluster.signal("worker")
        await cluster.wait_for_output("worker was ended by SIGKILL", began)
    for victim in victims[1:]:
        cluster.signal(victim)
    for victim in victims:
        await cluster.wait_for_output(f"{victim} is back", began)
    print(f"{len(points.checks)} steps; back after {time.monotonic() - killed:.1f} s")
    for id in ids:
        shown = await live.shown_when(id, lambda shown: shown.ezyvet.state == state)
        print(f"{id}: {state} after {time.monotonic() - killed:.1f} s")
        assert shown.ezyvet.state == state
    held = await live.held()
    assert sorted(each["external_reference"] for each in held) == sorted(ids)
    assert all(done(each) for each in held)
    calls = await live.ezyvet.calls(live.site["uid"], endpoint="externalprescription")
    assert {call["status"] for call in calls} <= {200, None}, "nothing illegal was sent"
