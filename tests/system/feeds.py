"""One practice's watched feed, driven as agents, DataPoint and people drive it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from playbooks.feed_values import Heartbeat, Records, Watch
from tests.system.world import Practice, eventually


@dataclass
class Reconnection(Practice):
    """The reconnection of the practice, an onboarding of its own."""

    @property
    def identity(self) -> str:
        return f"datapoint-reconnection/{self.id}"


@dataclass
class Feed:
    practice: Practice

    @property
    def identity(self) -> str:
        return f"datapoint-feed/{self.practice.id}"

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self.practice.desk.client.get_workflow_handle(self.identity)

    @property
    def reconnection(self) -> Reconnection:
        return Reconnection(self.practice.desk, self.practice.mailbox, self.practice.id)

    async def connect(self) -> None:
        """The practice's onboarding, to its end."""
        await self.practice.start()
        await self.practice.register()
        receipt = await self.practice.record("data_received", clients=10)
        assert receipt.status == "complete"
        await self.practice.handle.result()

    async def look(self) -> Watch:
        found: Watch = await self.handle.query("state", result_type=Watch)
        return found

    async def seen(self, state: str) -> Watch:
        return await eventually(self.look, lambda watch: watch.state == state)

    async def now(self) -> datetime:
        """The time on the watch's own clock."""
        skipper = TimeSkipper(self.practice.desk.client, config=TimeSkippingConfig(enabled=False))
        return await skipper.get_current_time(self.handle)

    async def forward(self, duration: timedelta) -> None:
        await Practice.forward(self, duration)  # type: ignore[arg-type]

    @property
    def desk(self) -> Any:
        return self.practice.desk

    async def beat(self) -> None:
        await self.handle.signal("heartbeat", Heartbeat(at=await self.now()))

    async def deliver(self, **more: Any) -> None:
        await self.handle.signal("records", Records(at=await self.now(), **more))
