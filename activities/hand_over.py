"""Writes the mail that tells a colleague which onboardings were assigned or handed over to them, or taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.mail_rendering import render_letter
from configuration.settings import Settings
from playbooks.engine.model import Role
from playbooks.engine.onboarding import MailOrder
from playbooks.engine.states import STATUSES
from store.accounts import accounts
from store.accounts.deputies import readers
from store.accounts.personal_notifications import without_mail
from store.journal import hand_overs
from store.journal.listing import Filter, list_onboardings
from store.mail import ledger
from workflows.contracts import HandOverMail, MailsWritten

LOOKS = 4
"""How often the board is looked at for the names of practices that have only just started."""


@dataclass(frozen=True)
class HandOverMails:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="write_hand_over_mail")
    async def write(self, order: HandOverMail) -> MailsWritten:
        """Stores the mail and returns its key; none if the receiver has switched such mails off. Idempotent."""
        receiver = order.receiver
        if receiver is None:
            found = await hand_overs.find(self.database, order.id)
            receiver = found.receiver if found else None
        if receiver is None or await without_mail(self.database, {(receiver, "assignment")}):
            return MailsWritten()
        key = f"hand-over/{order.id}/{order.kind}/{len(order.onboardings)}"
        context = await self.context(receiver, order)
        if activity.info().attempt < LOOKS and not all(each["stage_title"] for each in context["practices"]):
            raise ApplicationError("not yet on the board", category=ApplicationErrorCategory.BENIGN)
        mail = MailOrder(key=key, kind=order.kind, to=Role.ASSIGNEE, handle=receiver, at=order.at, context=context)
        read_by = await readers(self.database, [receiver], order.at)
        await ledger.store(self.database, [render_letter(mail, self.settings, None, None, read_by)])
        return MailsWritten(keys=(key,))

    async def context(self, receiver: str, order: HandOverMail) -> dict[str, Any]:
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
            "id": order.id,
            "by": names.get(order.by, order.by),
            "receiver": names.get(receiver, receiver),
            "why": order.why,
            "practices": sorted(practices, key=lambda each: (each["practice"].casefold(), each["id"])),
        }
