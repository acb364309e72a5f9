"""Writes the daily digest of overdue and waiting onboardings, for the team and each manager."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.mail_rendering import message_id
from configuration.settings import Settings
from partners.holidays import calendar_for
from playbooks.calendar import arithmetic
from playbooks.engine.listed import Row
from store.accounts import accounts
from store.journal.listing import Filter, list_onboardings
from store.mail import ledger
from store.mail.rows import Letter
from store.mail.undelivered import troubled, waiting
from templates.render import render
from workflows.contracts import DigestOrder, MailsWritten

MAX_ROWS = 50


@dataclass(frozen=True)
class Digest:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="write_digest")
    async def write(self, order: DigestOrder) -> MailsWritten:
        """Stores the digest's mails and returns their keys; none on a day off. Idempotent for each day."""
        now = (order.now or datetime.now(UTC)).astimezone(ZoneInfo(self.settings.team_time_zone))
        if not self._is_business_day(now):
            return MailsWritten()
        context = await self._context(now)
        addresses = dict.fromkeys((self.settings.team_address, *self.settings.manager_address))
        letters = [self._letter(number, address, context, now) for number, address in enumerate(addresses, start=1)]
        await ledger.store(self.database, letters)
        return MailsWritten(keys=tuple(letter.key for letter in letters))

    def _is_business_day(self, now: datetime) -> bool:
        settings = self.settings
        calendar = calendar_for(
            settings.team_time_zone, settings.team_country, settings.team_state, first_day=now.date(), years=0
        )
        morning = now.replace(hour=calendar.opens.hour, minute=calendar.opens.minute, second=0, microsecond=0)
        return arithmetic.working_moment(calendar, morning) == morning

    async def _context(self, now: datetime) -> dict[str, Any]:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        overdue = await list_onboardings(self.database, Filter(sla="breached"), limit=MAX_ROWS)
        due = await list_onboardings(self.database, Filter(due_before=midnight), limit=MAX_ROWS)
        names = {each.handle: each.name for each in await accounts.everybody(self.database)}
        return {
            "zone": self.settings.team_time_zone,
            "now": now.isoformat(),
            "overdue": [_summary(row, names) for row in overdue],
            "due_today": [_summary(row, names) for row in due if row.sla in ("on_track", "due_soon")],
            "waiting": [{"party": party, "count": count} for party, count in await waiting(self.database)],
            "refused_mails": [
                {
                    "id": mail.onboarding,
                    "practice": mail.practice_name,
                    "kind": mail.kind,
                    "to": mail.to_email,
                    "reason": mail.error,
                }
                for mail in await troubled(self.database, limit=MAX_ROWS)
            ],
        }

    def _letter(self, number: int, address: str, context: dict[str, Any], now: datetime) -> Letter:
        mail = render("digest", context, self.settings.brand)
        key = f"digest/{now.date()}/{number}"
        return Letter(
            key=key,
            onboarding=None,
            run=None,
            kind="digest",
            role="team" if number == 1 else "manager",
            stage=None,
            to_name="",
            to_email=address,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            message_id=message_id(key, self.settings),
            created_at=now,
        )


def _summary(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "practice": row.practice_name,
        "stage_title": row.stage_title,
        "waiting_on": row.waiting_on_title,
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "assignee": names.get(row.assignee or "", row.assignee),
    }
