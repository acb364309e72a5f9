"""The morning's digest: one look at the board, written to the team and to each manager."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.letters import message_id
from configuration.settings import Settings
from partners.holidays import calendar_for
from playbooks.calendar import arithmetic
from playbooks.engine.listed import Row
from store.journal.listing import Filter, list_onboardings
from store.mail import ledger
from store.mail.rows import Letter
from store.mail.undelivered import troubled, waiting
from templates.render import render
from workflows.contracts import DigestOrder, DigestWritten

MOST = 50


@dataclass(frozen=True)
class Digest:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="write_digest")
    async def write(self, order: DigestOrder) -> DigestWritten:
        """Stores the digest's mails and returns their keys; none on a day off. The same morning again stores nothing
        new."""
        now = (order.now or datetime.now(UTC)).astimezone(ZoneInfo(self.settings.team_time_zone))
        if not self._is_business_day(now):
            return DigestWritten()
        words = await self._words(now)
        readers = dict.fromkeys((self.settings.team_address, *self.settings.manager_address))
        letters = [self._letter(number, reader, words, now) for number, reader in enumerate(readers, start=1)]
        await ledger.store(self.database, letters)
        return DigestWritten(keys=tuple(letter.key for letter in letters))

    def _is_business_day(self, now: datetime) -> bool:
        settings = self.settings
        place = calendar_for(
            settings.team_time_zone, settings.team_country, settings.team_state, first_day=now.date(), years=0
        )
        morning = now.replace(hour=place.opens.hour, minute=place.opens.minute, second=0, microsecond=0)
        return arithmetic.working_moment(place, morning) == morning

    async def _words(self, now: datetime) -> dict[str, Any]:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        overdue = await list_onboardings(self.database, Filter(sla="breached"), limit=MOST)
        soon = await list_onboardings(self.database, Filter(due_before=midnight), limit=MOST)
        return {
            "zone": self.settings.team_time_zone,
            "now": now.isoformat(),
            "overdue": [_line(row) for row in overdue],
            "due_today": [_line(row) for row in soon if row.sla in ("on_track", "due_soon")],
            "waiting": [{"party": party, "count": count} for party, count in await waiting(self.database)],
            "refused_mails": [
                {
                    "id": mail.onboarding,
                    "practice": mail.practice_name,
                    "kind": mail.kind,
                    "to": mail.to_email,
                    "reason": mail.error,
                }
                for mail in await troubled(self.database, limit=MOST)
            ],
        }

    def _letter(self, number: int, reader: str, words: dict[str, Any], now: datetime) -> Letter:
        letter = render("digest", words, self.settings.brand)
        key = f"digest/{now.date()}/{number}"
        return Letter(
            key=key,
            onboarding=None,
            run=None,
            kind="digest",
            role="team" if number == 1 else "manager",
            stage=None,
            to_name="",
            to_email=reader,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            message_id=message_id(key, self.settings),
            created_at=now,
        )


def _line(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "practice": row.practice_name,
        "stage_title": row.stage_title,
        "waiting_on": row.waiting_on_title,
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "assignee": row.assignee,
    }
