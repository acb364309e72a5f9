"""One practice's watched feed, driven as agents, DataPoint and people drive it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from desk import feed_watch
from pharmacy.records import feed_progress
from playbooks.datapoint import DATAPOINT, FEED
from playbooks.engine.consequences import handover
from playbooks.feed_watch.values import FeedReceipt, FeedRow, Heartbeat, Order, Records, Watch
from store.journal import feed_status
from tests.patience import PATIENCE
from tests.system.harness import Practice, eventually
from workflows.contracts import FeedStart


class Reconnection(Practice):
    """The reconnection of a practice, which is an onboarding of its own."""

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
        """The practice's onboarding, to its end, which begins the watch."""
        await self.practice.start()
        await self.practice.register()
        receipt = await self.practice.record("data_received", clients=10)
        assert receipt.status == "complete"
        await self.practice.handle.result()

    async def begin(self, *, ago: timedelta = timedelta(), history_limit: int = 4_000) -> None:
        """A watch over a practice that was connected some time ago, and not heard of since."""
        await self.practice.start()
        onboarding = (await self.practice.desk.state(self.practice.identity)).onboarding
        given = handover(DATAPOINT, onboarding, FEED, datetime.now(UTC) - ago)
        client, queue = self.practice.desk.client, self.practice.desk.settings.task_queue
        start = FeedStart(handover=given, history_limit=history_limit)
        await client.start_workflow("FeedWatch", start, id=self.identity, task_queue=queue)

    async def look(self) -> Watch:
        found: Watch = await self.handle.query("state", result_type=Watch)
        return found

    async def seen(self, state: str) -> Watch:
        """The watch once it is in this state."""
        return await eventually(self.look, lambda watch: watch.state == state)

    async def listed(self, state: str) -> FeedRow:
        """The feed as it is listed, once it is so in this state."""
        database = self.practice.desk.database
        found = await eventually(
            lambda: feed_status.find(database, self.practice.id), lambda feed: feed is not None and feed.state == state
        )
        assert found
        return found

    async def now(self) -> datetime:
        """The time on the watch's own clock."""
        skipper = TimeSkipper(self.practice.desk.client, config=TimeSkippingConfig(enabled=False))
        return await skipper.get_current_time(self.handle)

    async def forward(self, duration: timedelta) -> None:
        """Moves the watch's clock."""
        config = TimeSkippingConfig(enabled=False, disable_propagation=True)
        async with asyncio.timeout(PATIENCE):
            await TimeSkipper(self.practice.desk.client, config=config).fast_forward(self.handle, duration)

    async def beat(self) -> None:
        assert await feed_watch.report_sign(self.practice.desk, self.practice.id, Heartbeat(at=await self.now()))

    async def deliver(self, **more: Any) -> None:
        records = Records(at=await self.now(), **more)
        assert await feed_watch.report_sign(self.practice.desk, self.practice.id, records)

    async def order(self, name: str, until: datetime | None = None) -> FeedReceipt:
        given = Order(by="sam", why="the clinic is rebuilt", until=until)
        return await feed_watch.order(self.practice.desk, self.practice.id, name, given)

    async def heard_from(self, *stretches: tuple[timedelta, timedelta]) -> None:
        """As if our web server had run from so long ago to so long ago, and not in between."""
        now = datetime.now(UTC)
        async with self.practice.desk.database.begin() as connection:
            await connection.execute(text("DELETE FROM availability"))
            for begin, end in stretches:
                values = {"begin": now - begin, "end": now - end}
                await connection.execute(text("INSERT INTO availability VALUES (:begin, :end)"), values)


async def seen(practice: Practice, number: int, *states: str) -> feed_progress.Feed:
    async def look() -> feed_progress.Feed:
        return await feed_progress.load_feed(practice.desk.database, practice.id, number)

    return await eventually(look, lambda feed: feed.state in states)
