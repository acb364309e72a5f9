"""The activities of the feed watch: publishing a feed's state, and collecting evidence about a silence."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from integrations.registry import BRINGS_DATA
from pharmacy.records import feed_progress
from playbooks.calendar.values import Pause
from playbooks.feed_watch import watch
from playbooks.feed_watch.values import Evidence
from store.inbox import availability
from store.journal import feed_status
from workflows.contracts import FeedNews, Silence


@dataclass(frozen=True)
class FeedWatch:
    database: AsyncEngine

    @activity.defn(name="write_feed")
    async def publish(self, news: FeedNews) -> None:
        """Writes a feed's state and journal lines. Idempotent: lines are numbered, and older states never win."""
        await feed_status.publish(self.database, news.row, news.lines)

    @activity.defn(name="feed_evidence")
    async def evidence(self, silence: Silence) -> Evidence:
        """Whether a silence may be our own fault (DP10): events that wait to be recorded, feeds that wait for approval
        or import, and our own outages."""
        waiting = await availability.waiting(self.database, BRINGS_DATA.onboarding(silence.practice))
        waiting += await feed_progress.count_unfinished(self.database, silence.practice, watch.QUIET)
        gaps = await availability.gaps(self.database, silence.since)
        return Evidence(waiting=waiting, outages=tuple(Pause(start=gap.begin, end=gap.end) for gap in gaps))
