"""Writes the mail that tells a colleague which onboardings were handed over to them, or taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.mail_rendering import message_id
from configuration.settings import Settings
from playbooks.engine.model import Role
from playbooks.engine.states import STATUSES
from store.accounts import accounts
from store.accounts.deputies import readers
from store.journal import hand_overs
from store.journal.hand_overs import HandOver
from store.journal.listing import Filter, list_onboardings
from store.mail import ledger
from store.mail.rows import Letter
from templates.render import render
from workflows.contracts import HandOverMail, MailsWritten


@dataclass(frozen=True)
class HandOverMails:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="write_hand_over_mail")
    async def write(self, order: HandOverMail) -> MailsWritten:
        """Stores the mail and returns its key. Idempotent."""
        found = await hand_overs.find(self.database, order.id)
        if found is None:
            return MailsWritten()
        key = f"hand-over/{order.id}/{order.kind}/{len(order.onboardings)}"
        mail = render(order.kind, await self._context(found, order), self.settings.brand)
        read_by = (await readers(self.database, [found.receiver], order.at)).get(found.receiver)
        address = read_by.email if read_by else self.settings.people.get(found.receiver) or self.settings.team_address
        letter = Letter(
            key=key,
            onboarding=None,
            run=None,
            kind=order.kind,
            role=Role.ASSIGNEE,
            stage=None,
            to_name=read_by.addressed if read_by else found.receiver,
            to_email=address,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            message_id=message_id(key, self.settings),
            created_at=order.at,
        )
        await ledger.store(self.database, [letter])
        return MailsWritten(keys=(key,))

    async def _context(self, found: HandOver, order: HandOverMail) -> dict[str, Any]:
        names = {each.handle: each.name for each in await accounts.everybody(self.database)}
        wanted = Filter(ids=order.onboardings, status=STATUSES)
        rows = await list_onboardings(self.database, wanted, order="newest", limit=20 * len(order.onboardings))
        latest = {row.id: row for row in reversed(rows)}
        practices = [
            {"id": id, "practice": latest[id].practice_name, "stage_title": latest[id].stage_title}
            if id in latest
            else {"id": id, "practice": id.partition("/")[2], "stage_title": ""}
            for id in order.onboardings
        ]
        return {
            "zone": self.settings.team_time_zone,
            "now": order.at.isoformat(),
            "id": found.id,
            "by": names.get(order.by, order.by),
            "receiver": names.get(found.receiver, found.receiver),
            "why": order.why,
            "practices": sorted(practices, key=lambda each: (each["practice"].casefold(), each["id"])),
        }
