"""A practice's corrected name reaches its feed's watch, its data and its account; a corrected contact the watch."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from desk.queries import query_open
from desk.updates import NotOpen, update
from integrations.registry import FEED
from pharmacy.records import feeds
from playbooks.engine.model import Role
from playbooks.engine.onboarding import Command, Contact, Practice
from playbooks.engine.practice_commands import corrected_contact
from playbooks.engine.transition import Refused
from playbooks.feed_watch.values import FeedReceipt, Order, Watch
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


async def correct_watched(client: Client, practice: str, before: Contact, order: Command) -> None:
    """Has the watch of the practice's feed correct its primary contact, if that is the one who is corrected.

    It does so before the onboarding, so that a repetition after `NoAnswer` corrects both.
    """
    id, after = f"{FEED.prefix}/{practice}", corrected_contact(before, order)
    watch = await query_open(client, id, Watch)
    if after == before or watch is None or watch.subject.primary_contact != before:
        return
    given = Order(by=order.by, why=order.why, role=Role.PRIMARY_CONTACT, contact=after)
    with suppress(NotOpen, Refused):
        await update(client.get_workflow_handle(id), "contact", given, FeedReceipt)


async def rename_elsewhere(engine: AsyncEngine, practice: Practice, by: str) -> None:
    """Calls the practice so where its data and its account are, as the journal does for an open onboarding."""
    await feeds.rename_practice(engine, practice.id, practice.name)
    await clinics.rename_clinic(engine, practice.id, practice.name, by)
