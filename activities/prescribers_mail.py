"""Writes the mail by which a practice learns that somebody else prescribes in its ezyVet than it confirmed (RX10)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.mail_rendering import render_letter
from configuration.settings import Settings
from playbooks.engine.model import Role
from playbooks.engine.onboarding import MailOrder
from store.mail import ledger
from workflows.prescription_contracts import PrescribersMail


@dataclass(frozen=True)
class PrescribersMails:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="write_prescribers_mail")
    async def write(self, order: PrescribersMail) -> None:
        """Stores the mail under the order's key. Idempotent."""
        mail = MailOrder(
            key=order.key,
            kind="prescribers_changed",
            to=Role.PRIMARY_CONTACT,
            name=order.name,
            email=order.email,
            link=False,
            at=order.at,
            context={
                "zone": order.zone,
                "now": order.at.isoformat(),
                "name": order.name,
                "practice": order.practice,
                "changes": [each.model_dump() for each in order.changes],
            },
        )
        await ledger.store(self.database, [render_letter(mail, self.settings, None, None)])
