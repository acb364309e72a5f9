"""The activities of the feed watch: publishing a feed's state, and collecting evidence about a silence."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.mail_rendering import handles_in, render_letter
from configuration.settings import Settings
from integrations.registry import BRINGS_DATA
from pharmacy.records import feed_progress
from playbooks.calendar.values import Pause
from playbooks.engine.model import Role
from playbooks.engine.onboarding import MailOrder
from playbooks.engine.practice_commands import PRACTICE_SAID
from playbooks.feed_watch import watch
from playbooks.feed_watch.values import Evidence, FeedRow, TellTeam
from store.accounts.deputies import readers
from store.inbox import availability
from store.journal import feed_status
from store.mail import ledger
from workflows.contracts import FeedNews, Silence


@dataclass(frozen=True)
class FeedWatch:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="write_feed")
    async def publish(self, news: FeedNews) -> None:
        """Writes a feed's state, journal lines and mails. Idempotent: lines are numbered, mails have keys, and older
        states never win."""
        onboarding = BRINGS_DATA.onboarding(news.row.practice)
        await feed_status.publish(self.database, news.row, news.lines, onboarding, news.contacts)
        if news.messages:
            orders = [self._mail(news.row, message) for message in news.messages]
            handles = handles_in(orders)
            accounts = await readers(self.database, handles, news.messages[0].at) if handles else {}
            letters = [render_letter(order, self.settings, onboarding, news.row.run, accounts) for order in orders]
            await ledger.store(self.database, letters)

    def _mail(self, feed: FeedRow, message: TellTeam) -> MailOrder:
        quote = {"by": message.by, "about": message.about, "text": message.text}
        context = {
            "onboarding": BRINGS_DATA.onboarding(feed.practice),
            "practice": feed.practice_name,
            "zone": self.settings.team_time_zone,
            "now": message.at.isoformat(),
            "contacts": {},
            "assignee": feed.assignee,
            "stage_title": "Connected",
            "waiting_on": None,
            "quote": quote,
        }
        return MailOrder(
            key=message.key,
            kind=PRACTICE_SAID,
            to=Role.ASSIGNEE,
            handle=feed.assignee,
            at=message.at,
            context=context,
        )

    @activity.defn(name="feed_evidence")
    async def evidence(self, silence: Silence) -> Evidence:
        """Whether a silence may be our own fault (DP10): events that wait to be recorded, feeds that wait for approval
        or import, and our own outages."""
        waiting = await availability.waiting(self.database, BRINGS_DATA.onboarding(silence.practice))
        waiting += await feed_progress.count_unfinished(self.database, silence.practice, watch.QUIET)
        gaps = await availability.gaps(self.database, silence.since)
        return Evidence(waiting=waiting, outages=tuple(Pause(start=gap.begin, end=gap.end) for gap in gaps))
