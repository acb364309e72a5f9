"""What the watch over feeds has done in the world: how a feed stands is written down, and a silence is examined."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from pharmacy.records import feed_progress
from playbooks.calendar.values import Pause
from playbooks.feed_watch import watch
from playbooks.feed_watch.values import Evidence
from store.inbox import availability
from store.journal import feed_status
from store.journal.rows import Line
from workflows.contracts import FeedNews, Silence


@dataclass(frozen=True)
class Feeds:
    database: AsyncEngine

    @activity.defn(name="write_feed")
    async def write(self, news: FeedNews) -> None:
        """Idempotent: lines have numbers, and an older word about a feed never overwrites a newer one."""
        lines = [Line(**line.model_dump()) for line in news.lines]
        await feed_status.publish(self.database, feed_status.Feed(**news.row.model_dump()), lines)

    @activity.defn(name="feed_evidence")
    async def evidence(self, silence: Silence) -> Evidence:
        """Whether a silence may be our own: what waits to be recorded, or for one of us to let it in, and when nobody
        could hear (DP10)."""
        waiting = await availability.waiting(self.database, f"datapoint/{silence.practice}")
        waiting += await feed_progress.count_unfinished(self.database, silence.practice, watch.QUIET)
        gaps = await availability.gaps(self.database, silence.since)
        return Evidence(waiting=waiting, deaf=tuple(Pause(start=gap.begin, end=gap.end) for gap in gaps))
