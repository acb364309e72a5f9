"""Practices whose mails carry links: the session's servers, and a worker and a web that know each other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from configuration.settings import Settings
from desk.service import Desk
from tests.system.harness import Mailbox
from tests.web.browser import Browser, next_number
from tests.web.practice.world import Clinic, member


@pytest.fixture
async def clinic(linked_web: tuple[str, Desk, Settings], mailbox: tuple[Mailbox, int]) -> Clinic:
    """A practice of the test's own, not started yet."""
    address, desk, settings = linked_web
    return Clinic(desk, mailbox[0], f"clinic-{next_number()}", address=address, settings=settings)


@pytest.fixture
async def registering(clinic: Clinic) -> Clinic:
    """A practice that DataPoint waits for."""
    await clinic.start()
    await clinic.record("queued")
    await clinic.record("invitation_sent")
    return clinic


@pytest.fixture
async def phone(linked_web: tuple[str, Desk, Settings]) -> AsyncIterator[Browser]:
    """A browser without a screen at the practice's side; all tests come from one address, and some of them guess."""
    async with linked_web[1].database.begin() as connection:
        await connection.execute(text("DELETE FROM throttles WHERE key LIKE 'link %'"))
    async with Browser(linked_web[0]) as one:
        yield one


@pytest.fixture
async def connected(registering: Clinic) -> Clinic:
    await registering.register()
    await registering.record("data_received", clients=800)
    await registering.handle.result()
    return registering


@pytest.fixture
async def manager(clinic: Clinic) -> AsyncIterator[Browser]:
    async with await member(clinic, "manager") as one:
        yield one
