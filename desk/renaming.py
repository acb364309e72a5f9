"""A practice's corrected name reaches the watch of its feed."""

from __future__ import annotations

from contextlib import suppress

from temporalio.client import Client

from desk.practice_files import playbook_called
from desk.updates import NotOpen, update
from integrations.registry import FEED
from playbooks.engine.onboarding import Command, Practice
from playbooks.engine.transition import Refused
from playbooks.engine.view import view
from playbooks.feed_watch.values import FeedReceipt, Order
from workflows.contracts import State


async def rename_watched(client: Client, before: State, practice: Practice, order: Command) -> None:
    """Has the watch of the practice's feed call it by its corrected name, if there is a watch.

    It does so before the onboarding, so that a repetition after `NoAnswer` corrects both.
    """
    onboarding = before.onboarding
    rules, renamed = playbook_called(onboarding.playbook), practice.name != onboarding.practice.name
    if not renamed or view(rules, onboarding, before.now).closed:
        return
    given = Order(by=order.by, why=order.why or "The practice was corrected", name=practice.name)
    with suppress(NotOpen, Refused):
        await update(client.get_workflow_handle(f"{FEED.prefix}/{practice.id}"), "renamed", given, FeedReceipt)
