"""Delivers a practice's data to the product: a feed of all clients and patients, handed in by its API.

The practice's own life is made up (`datapoint_people`), and comes out the same after a restart: it follows from the
practice's name and the days on which its feeds were delivered.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpx2

from partners.simulators.datapoint_feed import write_feed
from partners.simulators.datapoint_people import Clinic
from partners.simulators.datapoint_progress import Practice
from partners.smtp import TransportError

TIMEOUT = 60.0
"""Seconds for an answer."""


class Delivery:
    """To the product's API at `url`, which takes feeds at `URL/practices/PRACTICE/feeds` with this token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
        self._clinics: dict[str, tuple[tuple[datetime, ...], Clinic]] = {}

    async def deliver(self, practice: Practice, at: datetime) -> tuple[int, int]:
        """Hands in the feed of the moment `at`, on the practice's clock. Returns how many clients and patients are in
        it. Raises `TransportError`."""
        packed = await asyncio.to_thread(self._pack, practice, at)
        url = f"{self._url}/practices/{practice.id}/feeds"
        told = {"name": "datapoint.zip", "by": "datapoint"}
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
                answer = await client.post(url, params=told, content=packed, headers=self._headers)
        except httpx2.HTTPError as error:
            raise TransportError(
                f"The feed could not be delivered to {url}: {error or type(error).__name__}."
            ) from error
        if not answer.is_success:
            permanent = answer.is_client_error and answer.status_code != 429
            why = f"{answer.status_code} {answer.text.strip()[:200]}"
            raise TransportError(f"The feed was not taken at {url}: {why}", permanent=permanent)
        _, clinic = self._clinics[practice.id]
        return len(clinic.clients), len(clinic.patients)

    def _pack(self, practice: Practice, at: datetime) -> bytes:
        days = (*practice.delivered, at)
        known, clinic = self._clinics.get(practice.id, ((), None))
        if clinic is None or known != days[: len(known)]:
            known, clinic = days[:1], Clinic.of(practice.id, practice.client_count, days[0].date())
        for before, day in zip(days[len(known) - 1 :], days[len(known) :], strict=False):
            clinic.live(practice.id, max(1, (day - before).days), day.date())
        self._clinics[practice.id] = (days, clinic)
        return write_feed(practice.id, clinic, at)
