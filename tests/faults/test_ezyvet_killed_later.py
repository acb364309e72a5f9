"""The worker is killed at each step of changing a prescription in ezyVet: it is there once, as it is here (RX1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.cluster import Cluster
from tests.faults.ezyvet_killing import kill_at_each_step
from tests.system.prescribing import EzyvetPractice


async def dispense(live: EzyvetPractice, id: str) -> None:
    await live.report(id, "dispense", product="carprofen-75", qty=3, remaining=2)


async def cancel(live: EzyvetPractice, id: str) -> None:
    await live.report(id, "cancel", by="owner", reason="Bought elsewhere")


def is_dispensed(held: dict[str, Any]) -> bool:
    return bool(held["items"][0]["status"] == "CURRENT")


def is_disabled(held: dict[str, Any]) -> bool:
    return bool(held["active"] == "0")


@pytest.mark.parametrize(
    ("method", "report", "done", "state"),
    [("PATCH", dispense, is_dispensed, "sent"), ("DELETE", cancel, is_disabled, "disabled")],
    ids=["update", "disable"],
)
async def test_rx1_killed_at_each_step(
    cluster: Cluster, live: EzyvetPractice, method: str, report: Any, done: Any, state: str
) -> None:
    await kill_at_each_step(cluster, live, method, report, done, state, ["worker"])
