"""The demo's data: feeds of the practice's clients as they really arrive, and the watch over them."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.demo.home_delivery import move_in
from cli.demo.teller import PATIENCE, Teller
from desk import feed_imports
from desk.feed_watch import heard
from desk.onboarding_detail import Shown
from desk.problem import NotFound
from desk.time_travel import fast_forward
from partners.simulators.datapoint_feed import write_feed
from partners.simulators.datapoint_people import Clinic
from pharmacy.records import feed_progress
from pharmacy.records.feed_progress import Feed
from playbooks.feed_watch.values import Records

CLIENTS = 12_400


class Data:
    """The practice's own system, as far as DataPoint reads it; `now` is the practice's clock."""

    def __init__(self, teller: Teller, practice: str) -> None:
        self.teller = teller
        self.practice = practice
        self.now: datetime
        self.clinic: Clinic

    async def begin(self, now: datetime) -> int:
        """From now on there are clients and patients; returns how many of them we know already."""
        self.now = now
        self.clinic = Clinic.of(self.practice, CLIENTS, now.date())
        return await move_in(self.teller.desk.database, self.practice, self.clinic)

    async def arrive(self) -> Feed:
        """DataPoint delivers what there is; waits until it is in the database."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "feed.zip"
            file.write_bytes(write_feed(self.practice, self.clinic, datetime.now(UTC)))
            arrival = await feed_imports.hand_in(self.teller.desk, self.practice, file, file.name, "DataPoint")
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                feed = await feed_progress.load_feed(self.teller.desk.database, self.practice, arrival.number)
                if feed.is_over:
                    break
                await asyncio.sleep(0.1)
        self._tell(feed)
        return feed

    async def let_pass(self, days: int) -> None:
        """The clinic works on; the watch's clock goes along."""
        self.now += timedelta(days=days)
        self.clinic.live(self.practice, days, self.now.date())
        await fast_forward(self.teller.desk.client, f"datapoint-feed/{self.practice}", timedelta(days=days), PATIENCE)

    async def heard(self, feed: Feed) -> None:
        """Tells the watch in the practice's own time that a feed has come; the import told it in ours."""
        sign = Records(at=self.now, clients=feed.staged_clients, patients=feed.staged_patients)
        await heard(self.teller.desk, self.practice, sign)

    async def reconnection(self) -> Shown:
        """The reconnection, once it is open."""
        desk, identity = self.teller.desk, f"datapoint-reconnection/{self.practice}"
        again = Teller(self.teller.console, desk, self.teller.datapoint, identity, str(self.teller.zone))
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                with suppress(NotFound):
                    return await again.look()
                await asyncio.sleep(0.1)

    def _tell(self, feed: Feed) -> None:
        new = feed.new_clients + feed.new_patients
        changed = feed.updated_clients + feed.updated_patients
        self.teller.line(
            self.now, f"[cyan]⇣[/] feed {feed.number}: {new:,} new, {changed:,} updated, {feed.differing} held back"
        )
        self.teller.line(
            self.now,
            f"[cyan]⇣[/] {feed.merged} merged with home-delivery clients, {feed.to_review} for a person to look at",
        )
