"""Writes a mail that belongs to no onboarding."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.mail_rendering import render_letter
from configuration.settings import Settings
from playbooks.engine.onboarding import MailOrder
from store.mail import ledger


@dataclass(frozen=True)
class SingleMail:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="write_single_mail")
    async def write(self, order: MailOrder) -> None:
        """Stores the mail under the order's key. Idempotent."""
        await ledger.store(self.database, [render_letter(order, self.settings, None, None)])
