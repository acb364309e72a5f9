"""Writing down what happened: the journal, the board's row, and the mails that came with it, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.letters import write
from configuration.settings import Settings
from playbooks.engine.model import Role
from store.accounts.deputies import readers
from store.journal import journal
from workflows.contracts import Publication


@dataclass(frozen=True)
class Journal:
    database: AsyncEngine
    settings: Settings

    @activity.defn(name="journal")
    async def publish(self, news: Publication) -> None:
        """Idempotent: lines and letters have keys, and an older publication never overwrites a newer row."""
        row = news.row
        # The team's accounts are asked only where somebody of the team is written to.
        handles = {mail.handle for mail in news.mails if mail.to == Role.ASSIGNEE and mail.handle}
        there = await readers(self.database, handles, news.mails[0].at) if handles else {}
        await journal.publish(
            self.database,
            row,
            news.lines,
            [write(order, self.settings, row.id, row.run, there) for order in news.mails],
        )
