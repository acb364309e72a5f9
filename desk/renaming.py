"""A practice's corrected name reaches the watch of its feed, its data and its account."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from desk.updates import NotOpen, update
from integrations.registry import FEED
from pharmacy.records import feeds
from playbooks.engine.onboarding import Command, Practice
from playbooks.engine.transition import Refused
from playbooks.feed_watch.values import FeedReceipt, Order
from store.accounts import clinics


async def rename_watched(client: Client, before: Practice, practice: Practice, order: Command) -> None:
    """Has the watch of the practice's feed call it by its corrected name, if there is a watch.

    It does so before the onboarding, so that a repetition after `NoAnswer` corrects both.
    """
    if practice.name == before.name:
        return
    given = Order(by=order.by, why=order.why or "The practice was corrected", name=practice.name)
    with suppress(NotOpen, Refused):
        await update(client.get_workflow_handle(f"{FEED.prefix}/{practice.id}"), "renamed", given, FeedReceipt)


async def rename_elsewhere(engine: AsyncEngine, practice: Practice, by: str) -> None:
    """Calls the practice so where its data and its account are, as the journal does for an open onboarding."""
    await feeds.rename_practice(engine, practice.id, practice.name)
    await clinics.rename_clinic(engine, practice.id, practice.name, by)
