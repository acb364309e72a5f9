"""A practice with an account for each test, and its people in browsers of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from configuration.settings import Settings
from desk.service import Desk
from integrations.ezyvet import sites
from partners.ezyvet.credentials import Credentials
from store.accounts.members import Member
from store.accounts.people import SCOPES
from store.secrets.keyring import secrets_keyring
from tests.simulators.ezyvet.running import RunningEzyvet, ezyvet_running
from tests.system.harness import Mailbox
from tests.web.browser import Browser
from tests.web.clinic.staff import Clinic
from tests.web.clinic.surgery import Surgery, open_surgery
from tests.web.programs import program, token_of
from tests.web.serving import serving
from web.app import create_app

Linked = tuple[str, Desk, Settings]
Enter = Callable[[Clinic, Member], Awaitable[Browser]]


@pytest.fixture
async def clinic(linked_web: Linked) -> Clinic:
    return await Clinic.new(linked_web[0], linked_web[1].database)


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    """Signs a member in: `await enter(clinic, await clinic.member("vet"))`."""
    async with AsyncExitStack() as open_ones:

        async def let_in(clinic: Clinic, member: Member) -> Browser:
            return await open_ones.enter_async_context(await clinic.enter(member))

        yield let_in


@pytest.fixture
async def surgery(clinic: Clinic, linked_web: Linked, mailbox: tuple[Mailbox, int]) -> AsyncIterator[Surgery]:
    one = await open_surgery(clinic, linked_web[1], mailbox[0])
    async with one.browser:
        yield one


@pytest.fixture
async def anybody(linked_web: Linked) -> AsyncIterator[Browser]:
    """A browser in which nobody is signed in; all tests come from one address, and some of them guess."""
    async with linked_web[1].database.begin() as connection:
        await connection.execute(text("DELETE FROM throttles WHERE key LIKE '%address:%'"))
    async with Browser(linked_web[0]) as one:
        yield one


@pytest.fixture
async def pharmacy(linked_web: Linked) -> AsyncIterator[httpx2.AsyncClient]:
    """A program with the token of an admin of the team."""
    async with program(linked_web[0], await token_of(linked_web[1].database, "admin", *SCOPES)) as one:
        yield one


@pytest.fixture(scope="module")
async def ezyvet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningEzyvet]:
    async with ezyvet_running(tmp_path_factory.mktemp("ezyvet")) as running:
        yield running


@pytest.fixture
async def connected(linked_web: Linked, ezyvet: RunningEzyvet, mailbox: tuple[Mailbox, int]) -> AsyncIterator[Surgery]:
    """A practice whose ezyVet is known, and its vet."""
    settings = linked_web[2].model_copy(update={"ezyvet_url": ezyvet.url})
    desk = replace(linked_web[1], settings=settings)
    async with serving(create_app(desk, settings), settings) as address:
        one = await open_surgery(await Clinic.new(address, desk.database), desk, mailbox[0])
        site = await ezyvet.seed(one.clinic.id)
        given = {name: SecretStr(site[name]) for name in ("client_id", "client_secret", "partner_id")}
        credentials = Credentials(**given, site_uid=SecretStr(site["uid"]))
        keyring = secrets_keyring(settings)
        assert keyring is not None
        await sites.store_credentials(desk.database, keyring, one.clinic.id, credentials)
        async with one.browser:
            yield one
