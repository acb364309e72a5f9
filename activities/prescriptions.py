"""Publishes prescriptions, and wakes those of a practice that waited for its ezyVet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.heartbeats import heartbeats
from pharmacy.prescriptions import register
from pharmacy.prescriptions.listed import row_of
from workflows.prescription_contracts import PrescriptionNews, Site
from workflows.site_signals import tell_site_changed

PROMPT = 3.0
"""Seconds within which a prescription is sent if it need not wait for the limits."""
LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Prescriptions:
    database: AsyncEngine

    @property
    def all(self) -> tuple[Callable[..., Any], ...]:
        return self.publish, self.release

    @activity.defn(name="publish_prescription")
    async def publish(self, news: PrescriptionNews) -> None:
        """Idempotent: an older version never overwrites a newer one."""
        await register.publish(self.database, row_of(news.prescription, datetime.now(UTC)))

    @activity.defn(name="release_prescriptions")
    async def release(self, site: Site) -> None:
        """Has the practice's waiting prescriptions sent, the oldest first.

        Each is waited for, so that they arrive in order. One that does not go out at once waits for a place within the
        limits, where the order is kept: the others can follow it there.
        """
        patience = PROMPT
        async with heartbeats():
            for id in await register.waiting(self.database, site.practice):
                await tell_site_changed(activity.client(), id)
                until = time.monotonic() + patience
                while await register.is_waiting(self.database, id):
                    if time.monotonic() > until:
                        patience = 0.0
                        break
                    await asyncio.sleep(LOOK_EVERY)
