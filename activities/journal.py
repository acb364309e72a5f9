"""Publishes what happened to an onboarding: journal lines, the board's row and mails, in one transaction.

A corrected name is the clinic's, too. Then the integration follows, if it keeps something in step with its onboardings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.mail_rendering import handles_in, render_letter
from activities.telling import told, unless_switched_off
from configuration.settings import Settings
from integrations.registry import integration_of
from pharmacy.records import feeds
from playbooks.engine.practice_commands import corrects_name
from store.accounts import clinics
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
        # Accounts are queried only if a mail goes to somebody of the team, or names one.
        handles = handles_in(news.mails)
        accounts = await readers(self.database, handles, news.mails[0].at) if handles else {}
        orders = [(order, render_letter(order, self.settings, row.id, row.run, accounts)) for order in news.mails]
        # What piled up while the database was away may have a mail that was held and sent, or dropped, in between.
        letters = {letter.key: letter for _, letter in orders}
        letters = await unless_switched_off(self.database, row.playbook, news.mails, letters)
        released = [letter for order, letter in orders if order.released]
        dropped = {drop.key: drop.why for drop in news.drops}
        for key in dropped.keys() & letters.keys():
            letters[key] = replace(letters[key], state="cancelled", note=dropped[key])
        concerned = told(row, news.lines)
        await journal.publish(self.database, row, news.lines, list(letters.values()), released, dropped, concerned)
        if any(map(corrects_name, news.lines)):
            await feeds.rename_practice(self.database, row.practice, row.practice_name)
            await clinics.rename_clinic(self.database, row.practice, row.practice_name, news.lines[0].by)
        if follow := integration_of(row.playbook).follow:
            await follow(self.database, row)
