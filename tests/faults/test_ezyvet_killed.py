"""The worker is killed at each step of creating a prescription in ezyVet: ezyVet holds it once, as it is here (RX1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.cluster import Cluster
from tests.faults.ezyvet_killing import approve, kill_at_each_step
from tests.system.prescribing import EzyvetPractice


def is_there(held: dict[str, Any]) -> bool:
    return True


@pytest.mark.parametrize(
    "victims",
    [["worker"], ["worker", "postgres"]],
    ids=["create", "create, and PostgreSQL while the worker recovers"],
)
async def test_rx1_killed_at_each_step(cluster: Cluster, live: EzyvetPractice, victims: list[str]) -> None:
    await kill_at_each_step(cluster, live, "POST", approve, is_there, "sent", victims)
