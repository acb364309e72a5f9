"""Real servers for the workflow tests: Temporal with time travel, PostgreSQL, SMTP, and a worker in this process."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from configuration.settings import Settings
from desk.service import Desk
from playbooks.registry import PLAYBOOKS
from store.database import connect
from tests.mailing import smtp_server
from tests.playbooks.trials import TRIALS
from tests.simulators.ezyvet.running import RunningEzyvet, ezyvet_running
from tests.system.feeds import Feed
from tests.system.harness import Mailbox, Practice
from tests.system.histories import WORKFLOWS, keep_history, replayer
from tests.system.prescribing import EzyvetPractice, ezyvet_practice
from tests.temporal import running_temporal
from worker import build, build_ezyvet, mail_server

next_number = itertools.count(1).__next__


@pytest.fixture(scope="package", autouse=True)
def trials() -> Iterator[None]:
    """The tests' own playbooks, as if they stood in the registry while the tests of this folder run."""
    PLAYBOOKS.update(TRIALS)
    yield
    for name in TRIALS:
        del PLAYBOOKS[name]


@pytest.fixture(scope="package")
async def temporal() -> AsyncIterator[Client]:
    async with running_temporal() as client:
        yield client


@pytest.fixture(scope="package")
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    """An SMTP server in this process, and its port."""
    box = Mailbox()
    async with smtp_server(box, enable_SMTPUTF8=True) as port:
        yield box, port


@pytest.fixture(scope="package")
def settings(new_database: Callable[[], str], mailbox: tuple[Mailbox, int]) -> Settings:
    return Settings(
        database_url=SecretStr(new_database()),
        smtp_url=SecretStr(f"smtp://127.0.0.1:{mailbox[1]}"),
        team_address="team@pharmacy.test",
        manager_address=("manager@pharmacy.test",),
        people={name: f"{name}@pharmacy.test" for name in ("ana", "kim", "sam")},
        datapoint_sender="setup@datapoint.test",
    )


@pytest.fixture(scope="package")
async def database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = connect(settings.required("database_url"))
    yield engine
    await engine.dispose()


@pytest.fixture(scope="package")
async def desk(temporal: Client, database: AsyncEngine, settings: Settings) -> AsyncIterator[Desk]:
    """The desk, with a worker beside it."""
    async with build(temporal, database, settings, mail_server(settings), workflows=WORKFLOWS):
        yield Desk(temporal, database, settings)


@pytest.fixture
async def practice(desk: Desk, mailbox: tuple[Mailbox, int], request: pytest.FixtureRequest) -> AsyncIterator[Practice]:
    """A practice of the test's own. When the test ends, every run of its workflow is replayed from its history."""
    one = Practice(desk, mailbox[0], f"practice-{next_number()}")
    yield one
    await replay(desk.client, one.identity, outcome_of(request, "onboarding"))


def outcome_of(request: pytest.FixtureRequest, what: str) -> str | None:
    """The outcome under which the test's onboarding, or its `prescription`, is kept; None if it is not."""
    marker = request.node.get_closest_marker("outcome")
    return marker.args[0] if marker and marker.kwargs.get("of", "onboarding") == what else None


async def replay(client: Client, identity: str, outcome: str | None) -> None:
    """Replays all runs of a workflow with today's code; a difference is an error. Keeps those of an outcome if asked
    to (`make histories`)."""
    number = 0
    async for run in client.list_workflows(f"WorkflowId = '{identity}'"):
        history = await client.get_workflow_handle(identity, run_id=run.run_id).fetch_history()
        await replayer().replay_workflow(history)
        number += 1
        if outcome and (kept := os.environ.get("ONBOARD_HISTORIES")):
            keep_history(Path(kept), f"{outcome}-{number}", history)


@pytest.fixture
async def feed(practice: Practice, request: pytest.FixtureRequest) -> AsyncIterator[Feed]:
    """The feed of a practice of the test's own; its workflows are replayed from their histories when the test ends."""
    one = Feed(practice)
    yield one
    outcome = outcome_of(request, "onboarding")
    for what, identity in (("feed", one.identity), ("reconnection", one.reconnection.identity)):
        await replay(practice.desk.client, identity, f"{outcome}-{what}" if outcome else None)


@pytest.fixture(scope="module")
async def ezyvet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningEzyvet]:
    async with ezyvet_running(tmp_path_factory.mktemp("ezyvet")) as running:
        yield running


@pytest.fixture(scope="module")
def ezyvet_settings(settings: Settings, ezyvet: RunningEzyvet) -> Settings:
    own = {"ezyvet_url": ezyvet.url, "ezyvet_partner_id": "example-partner", "prescription_undo": timedelta(0)}
    return settings.model_copy(
        update={**own, "secret_key": SecretStr("k" * 40), "public_url": "https://onboarding.example.com"}
    )


@pytest.fixture
async def live(
    practice: Practice,
    ezyvet: RunningEzyvet,
    ezyvet_settings: Settings,
    temporal: Client,
    request: pytest.FixtureRequest,
) -> AsyncIterator[EzyvetPractice]:
    """A practice whose ezyVet is live. Every prescription is replayed from its history in the end; an outcome's first
    one is kept by `make histories`."""
    practice.desk = desk = replace(practice.desk, settings=ezyvet_settings)
    async with (
        ezyvet_practice(practice, ezyvet, ezyvet_settings) as one,
        build_ezyvet(temporal, desk.database, ezyvet_settings),
    ):
        yield one
        outcome = outcome_of(request, "prescription")
        for id in one.opened:
            await replay(temporal, f"prescription/{id}", outcome if id == one.opened[0] else None)
