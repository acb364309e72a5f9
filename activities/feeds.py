"""What the watch over feeds has done in the world: how a feed stands is written down, and a silence is examined."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from pharmacy import feed_health, hearing
from pharmacy.records import watching
from pharmacy.rows import Line
from playbooks import feed_watch
from playbooks.calendar import Pause
from playbooks.feed_values import Evidence
from workflows.contracts import FeedNews, Silence


@dataclass(frozen=True)
class Feeds:
    database: AsyncEngine

    @activity.defn(name="write_feed")
    async def write(self, news: FeedNews) -> None:
        """Idempotent: lines have numbers, and an older word about a feed never overwrites a newer one."""
        lines = [Line(**line.model_dump()) for line in news.lines]
        await feed_health.publish(self.database, feed_health.Feed(**news.row.model_dump()), lines)

    @activity.defn(name="feed_evidence")
    async def evidence(self, silence: Silence) -> Evidence:
        """Whether a silence may be our own: what waits to be recorded, or for one of us to let it in, and when nobody
        could hear (DP10)."""
        waiting = await hearing.waiting(self.database, f"datapoint/{silence.practice}")
        waiting += await watching.arrived(self.database, silence.practice, feed_watch.QUIET)
        gaps = await hearing.gaps(self.database, silence.since)
        return Evidence(waiting=waiting, deaf=tuple(Pause(start=gap.begin, end=gap.end) for gap in gaps))
