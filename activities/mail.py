"""Sending mail: one letter, claimed in the ledger before it goes out and settled there after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from partners.smtp import Smtp, TransportError
from pharmacy import ledger
from pharmacy.settings import Settings
from workflows.contracts import MailResult

# With many mails waiting for a server that is down or a stop that is on, all of them together ask this often a second.
QUESTIONS_A_SECOND = 20
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Mail:
    database: AsyncEngine
    settings: Settings
    smtp: Smtp

    @activity.defn(name="send_mail")
    async def send(self, key: str) -> MailResult:
        """Sends the letter unless it is settled already. Temporary trouble is an error, and tried again later."""
        raise NotImplementedError
