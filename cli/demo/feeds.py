"""The demo's feeds: the practice's simulated data, its import, and the feed's watch."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.demo.home_delivery import add_home_delivery_clients
from cli.demo.narrator import TIMEOUT, Narrator, wait_for
from desk import feed_imports, feed_watch
from desk.onboarding_detail import OnboardingDetail
from desk.problem import NotFound
from desk.time_travel import fast_forward
from partners.simulators.datapoint.clinic import Clinic
from partners.simulators.datapoint.feed_file import write_feed
from pharmacy.records import feed_progress
from pharmacy.records.feed_progress import Feed
from playbooks.feed_watch.values import Records

CLIENTS = 12_400


class Feeds:
    """The practice's own system, as DataPoint reads it. `now` is the time in the scenario."""

    def __init__(self, narrator: Narrator, practice: str) -> None:
        self.narrator = narrator
        self.practice = practice
        self.now: datetime
        self.clinic: Clinic

    async def create_clinic(self, now: datetime) -> int:
        """Creates the practice's clients and patients; returns the number of home-delivery clients."""
        self.now = now
        self.clinic = Clinic.create(self.practice, CLIENTS, now.date())
        return await add_home_delivery_clients(self.narrator.desk.database, self.practice, self.clinic)

    async def import_feed(self) -> Feed:
        desk = self.narrator.desk
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "feed.zip"
            file.write_bytes(write_feed(self.practice, self.clinic, datetime.now(UTC)))
            arrival = await feed_imports.hand_in(desk, self.practice, file, file.name, "DataPoint")

        async def imported() -> Feed | None:
            feed = await feed_progress.load_feed(desk.database, self.practice, arrival.number)
            return feed if feed.is_over else None

        feed = await wait_for(imported)
        self._print(feed)
        return feed

    async def pass_days(self, days: int) -> None:
        """Changes the clinic's data over some days, and advances the feed watch's clock."""
        self.now += timedelta(days=days)
        self.clinic.pass_days(self.practice, days, self.now.date())
        watch = f"datapoint-feed/{self.practice}"
        await fast_forward(self.narrator.desk.client, watch, timedelta(days=days), TIMEOUT)

    async def report_to_watch(self, feed: Feed) -> None:
        """Reports a feed to the watch at the scenario's time; the import reported the real time."""
        records = Records(at=self.now, clients=feed.staged_clients, patients=feed.staged_patients)
        # After an earlier demo, the new watch may not have started yet.
        await wait_for(lambda: feed_watch.report_sign(self.narrator.desk, self.practice, records))

    async def reconnection(self) -> OnboardingDetail:
        narrator, identity = self.narrator, f"datapoint-reconnection/{self.practice}"
        reconnection = Narrator(narrator.console, narrator.desk, narrator.datapoint, identity, str(narrator.zone))

        async def opened() -> OnboardingDetail | None:
            with suppress(NotFound):
                # That of an earlier demo is withdrawn.
                if (await narrator.desk.show(identity)).status == "open":
                    return await reconnection.print_news()
            return None

        return await wait_for(opened)

    def _print(self, feed: Feed) -> None:
        new = feed.new_clients + feed.new_patients
        changed = feed.updated_clients + feed.updated_patients
        for line in (
            f"[cyan]⇣[/] feed {feed.number}: {new:,} new, {changed:,} updated, {feed.differing} held back",
            f"[cyan]⇣[/] {feed.merged} merged with home-delivery clients, {feed.to_review} for a person to look at",
        ):
            self.narrator.line(self.now, line)
