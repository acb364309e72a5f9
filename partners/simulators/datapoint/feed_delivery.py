"""Delivers a practice's data to the product: a feed of all clients and patients, posted to its API.

The data are made up (`clinic`) and the same after a restart: they follow from the practice's ID and the days on which
its feeds were delivered.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpx2

from partners.simulators.datapoint.clinic import Clinic
from partners.simulators.datapoint.feed_file import write_feed
from partners.simulators.datapoint.steps import Practice
from partners.smtp import TransportError

TIMEOUT = 60.0
"""Seconds for an answer."""


class FeedDelivery:
    """Posts feeds to `URL/practices/PRACTICE/feeds` of the product's API, with this token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
        self._clinics: dict[str, tuple[tuple[datetime, ...], Clinic]] = {}

    async def deliver(self, practice: Practice, at: datetime) -> tuple[int, int]:
        """Delivers the feed as of `at`, on the practice's clock; returns how many clients and patients it holds.

        Raises TransportError.
        """
        feed = await asyncio.to_thread(self._write, practice, at)
        url = f"{self._url}/practices/{practice.id}/feeds"
        parameters = {"name": "datapoint.zip", "by": "datapoint"}
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
                response = await client.post(url, params=parameters, content=feed, headers=self._headers)
        except httpx2.HTTPError as error:
            raise TransportError(
                f"The feed could not be delivered to {url}: {error or type(error).__name__}."
            ) from error
        if not response.is_success:
            permanent = response.is_client_error and response.status_code != 429
            why = f"{response.status_code} {response.text.strip()[:200]}"
            raise TransportError(f"The feed was not taken at {url}: {why}", permanent=permanent)
        _, clinic = self._clinics[practice.id]
        return len(clinic.clients), len(clinic.patients)

    def _write(self, practice: Practice, at: datetime) -> bytes:
        days = (*practice.delivered, at)
        simulated, clinic = self._clinics.get(practice.id, ((), None))
        if clinic is None or simulated != days[: len(simulated)]:
            simulated, clinic = days[:1], Clinic.create(practice.id, practice.client_count, days[0].date())
        for before, day in zip(days[len(simulated) - 1 :], days[len(simulated) :], strict=False):
            clinic.pass_days(practice.id, max(1, (day - before).days), day.date())
        self._clinics[practice.id] = (days, clinic)
        return write_feed(practice.id, clinic, at)
