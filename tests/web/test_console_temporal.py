"""From the console into Temporal UI and back: the saved lists find what they say, on a real Temporal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import unquote

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client

from configuration.settings import Settings
from desk.service import Desk
from playbooks.engine.onboarding import Command, Receipt
from playbooks.registry import PLAYBOOKS
from store.journal.board import Group
from tests.system.harness import Mailbox, Practice, eventually
from tests.web.browser import Browser, next_number
from web.console.temporal_links import SavedLink, quoted, saved_links
from web.metrics import Metrics
from web.services import Services

ASSIGNEE = "o'brien"


@pytest.fixture
def services(desk: Desk, web_settings: Settings) -> Services:
    return Services(Desk(desk.client, desk.database, web_settings), web_settings, "secret", Metrics())


@pytest.fixture
async def late(practice: Practice) -> AsyncIterator[Practice]:
    """One that DataPoint has not invited in time, looked after by somebody with a quote in the handle."""
    await practice.start()
    # The desk knows no colleague of that handle.
    order = Command(by="sam", why="because", assignee=ASSIGNEE)
    await practice.handle.execute_update("reassign", order, result_type=Receipt)
    await practice.record("queued")
    await practice.forward(timedelta(hours=50))
    yield practice


def links(services: Services, *assignees: str | None) -> dict[str, SavedLink]:
    groups = [Group("datapoint", "invitation", None, None, "none", "open", each, 1) for each in assignees]
    return {link.title: link for link in saved_links(services, groups)}


async def found(client: Client, query: str) -> set[str]:
    return {each.id async for each in client.list_workflows(query)}


async def test_every_saved_list_is_a_question_that_temporal_answers(services: Services, temporal: Client) -> None:
    offered = links(services, "ana", ASSIGNEE, None, 'x\\"y')
    parties = {f"Waiting on {party.title}" for book in PLAYBOOKS.values() for party in book.parties}
    assert set(offered) == {
        "Overdue now",
        "Due soon",
        *parties,
        "Assigned to ana",
        f"Assigned to {ASSIGNEE}",
        'Assigned to x\\"y',
    }
    for link in offered.values():
        await found(temporal, link.query)
        base, _, query = link.address.partition("?query=")
        assert base == "http://127.0.0.1:8233/namespaces/onboarding/workflows"
        assert unquote(query) == link.query


async def test_the_lists_find_the_right_ones(services: Services, late: Practice, desk: Desk) -> None:
    other = Practice(desk, late.mailbox, f"fine-{next_number()}")
    await other.start()
    offered = links(services, ASSIGNEE, "sam")
    wanted = {
        "Overdue now": {late.identity},
        "Due soon": set(),
        "Waiting on DataPoint": {late.identity},
        "Waiting on the onboarding team": {other.identity},
        "Waiting on the practice's primary contact": set(),
        f"Assigned to {ASSIGNEE}": {late.identity},
        "Assigned to sam": {other.identity},
    }
    both = {late.identity, other.identity}
    for title, identities in wanted.items():

        async def those(query: str = offered[title].query) -> set[str]:
            return await found(desk.client, query) & both

        await eventually(those, lambda seen, identities=identities: seen == identities)  # type: ignore[misc]
    await other.command("withdraw", why="The test is over")

    async def team() -> set[str]:
        return await found(desk.client, offered["Waiting on the onboarding team"].query) & both

    await eventually(team, lambda seen: not seen)


async def test_the_reports_page_offers_them(services: Services, late: Practice, specialist: Browser) -> None:
    async def page() -> str:
        return (await specialist.get("/reports")).text

    link = links(services, ASSIGNEE)[f"Assigned to {ASSIGNEE}"]
    await eventually(page, lambda html: f'href="{link.address}"' in html)


async def test_nothing_is_offered_where_temporal_ui_is_unknown(desk: Desk, web_settings: Settings) -> None:
    without = web_settings.model_copy(update={"temporal_ui_url": None})
    services = Services(Desk(desk.client, desk.database, without), without, "secret", Metrics())
    assert links(services, "ana") == {}


async def test_temporal_ui_leads_back_to_where_the_console_is_now(
    linked_web: tuple[str, Desk, Settings], mailbox: tuple[Mailbox, int]
) -> None:
    """The worker's address counts, not that of whoever started the practice."""
    address, desk, settings = linked_web
    moved = Desk(desk.client, desk.database, settings.model_copy(update={"public_url": "http://127.0.0.1:1"}))
    practice = Practice(moved, mailbox[0], f"back-{next_number()}")
    await practice.start()
    said = await practice.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert f"[In the console]({address}/onboardings/{practice.identity})" in said.current_details
    assert said.current_details.count("- [") > 3, "behind the details that the workflow gives"
    constant = await (await practice.handle.describe()).static_details() or ""
    assert "127.0.0.1" not in constant and practice.contact not in constant, "no address of the web or of a person"


def test_a_value_can_be_no_part_of_the_question() -> None:
    assert quoted("' OR WorkflowType = 'x") == "'\\' OR WorkflowType = \\'x'"
    assert quoted("a\\") == "'a\\\\'"
