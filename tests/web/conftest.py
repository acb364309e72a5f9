"""The web as it is served: a real server in this process, over the session's desk, database and Temporal."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser as Chromium
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from configuration.settings import Settings
from desk.service import Desk
from store.accounts import passwords, throttle
from store.accounts.people import Role
from store.database import connect
from tests.browser import running_browser
from tests.patience import PATIENCE
from tests.simulators.ezyvet.running import RunningEzyvet, ezyvet_running
from tests.simulators.trial import a_trial
from tests.system.conftest import database, desk, mailbox, practice, settings, temporal
from tests.system.harness import Mailbox
from tests.web.browser import Browser, SignedIn, next_number
from tests.web.busy_day import Busy, fill, keep_mails
from tests.web.programs import NEXT_SECRET, SECRET
from tests.web.serving import serving
from web import health
from web.app import create_app
from worker import build, mail_server

__all__ = ["database", "desk", "mailbox", "practice", "settings", "temporal"]

API_TOKEN = "the-api-token-of-this-test-machine-0123456789"
"""What lets programs in as the built-in admin `local`."""


@pytest.fixture(scope="package", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashes that cost nothing: each costs a quarter of a second on purpose, and every test lets in a new person."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", quick)
        patch.setattr(passwords, "NOBODYS", quick.hash(secrets.token_hex()))
        yield


@pytest.fixture
def patient_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What answers is given time, however busy this machine is; what is away refuses at once."""
    monkeypatch.setattr(health, "TIMEOUT", timedelta(seconds=PATIENCE))


@pytest.fixture(scope="package")
def web_settings(settings: Settings) -> Settings:
    """The settings of the served application: the system's own, and what the web needs besides."""
    return settings.model_copy(
        update={
            "secret_key": SecretStr("a-secret-key-for-tests-only-0123456789"),
            "api_token": SecretStr(API_TOKEN),
            "temporal_ui_url": "http://127.0.0.1:8233",
            "development": True,
        }
    )


@pytest.fixture(scope="package")
async def web(desk: Desk, web_settings: Settings) -> AsyncIterator[str]:
    """The address of the application, served by uvicorn in this process; without a slash at its end."""
    app = create_app(Desk(desk.client, desk.database, web_settings), web_settings)
    async with serving(app, web_settings) as address:
        yield address


@pytest.fixture
async def browser(web: str, desk: Desk) -> AsyncIterator[Browser]:
    """A browser in which nobody is signed in."""
    # All tests come from one address, and some of them guess passwords.
    await throttle.forgive(desk.database, "address:127.0.0.1")
    async with Browser(web) as one:
        yield one


@pytest.fixture
async def signed_in(web: str, desk: Desk) -> AsyncIterator[SignedIn]:
    """Makes a person with a role and a browser in which that person is signed in: `await signed_in("manager")`."""
    async with AsyncExitStack() as open_ones:

        async def enter(role: Role, **more: Any) -> Browser:
            one = await Browser.of_new_person(web, desk.database, role, f"{role}-{next_number()}", **more)
            return await open_ones.enter_async_context(one)

        yield enter


@pytest.fixture(scope="package")
async def chromium() -> AsyncIterator[Chromium]:
    """A real browser, without a window; `tests.web.looking.look` opens pages in it."""
    async with running_browser() as one:
        yield one


@pytest.fixture(scope="module")
def hook_settings(web_settings: Settings) -> Settings:
    both = (SecretStr(SECRET), SecretStr(NEXT_SECRET))
    return web_settings.model_copy(update={"datapoint_webhook_secret": both})


@pytest.fixture(scope="module")
async def hooks(desk: Desk, hook_settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """DataPoint, that knows where to send its events; nothing records them yet."""
    async with (
        serving(create_app(desk, hook_settings), hook_settings) as address,
        httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        yield client


@pytest.fixture(scope="package")
async def busy(
    desk: Desk, web_settings: Settings, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Busy]:
    """A team's console on a busy day, with a manager and a viewer signed in; only to be looked at."""
    settings = web_settings.model_copy(update={"home": tmp_path_factory.mktemp("busy")})
    keep_mails(settings.home / "mailbox")
    engine = connect(new_database())
    await fill(engine)
    async with serving(create_app(Desk(desk.client, engine, settings), settings), settings) as address:
        manager = await Browser.of_new_person(address, engine, "manager", "ana", name="Ana Ruiz")
        viewer = await Browser.of_new_person(address, engine, "viewer", "vic", name="Vic Moss")
        async with manager, viewer:
            yield Busy(address, engine, manager, viewer)
    await engine.dispose()


@pytest.fixture(scope="package")
def linked_settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"secret_key": SecretStr("the-key-of-tests-with-links-0123456789"), "task_queue": "practice-page"}
    )


@pytest.fixture(scope="package")
async def linked_web(
    temporal: Client, database: AsyncEngine, linked_settings: Settings, mailbox: tuple[Mailbox, int]
) -> AsyncIterator[tuple[str, Desk, Settings]]:
    """The web's address, and the desk and settings of the worker, which writes that address into mails."""
    desk = Desk(temporal, database, linked_settings)
    async with serving(create_app(desk, linked_settings), linked_settings) as address:
        settings = linked_settings.model_copy(update={"public_url": address})
        async with build(temporal, database, settings, mail_server(settings)):
            yield address, Desk(temporal, database, settings), settings


@pytest.fixture(scope="package")
async def ezyvet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningEzyvet]:
    """ezyVet's simulator, for many tests, each with a site of its own."""
    async with ezyvet_running(tmp_path_factory.mktemp("ezyvet")) as running:
        yield running


@pytest.fixture(scope="package")
async def ezyvet_web(linked_web: tuple[str, Desk, Settings], ezyvet: RunningEzyvet) -> AsyncIterator[tuple[str, Desk]]:
    """The address of a web whose ezyVet is the simulator, and its desk."""
    given = {"ezyvet_url": ezyvet.url, "ezyvet_partner_id": "example-partner", "api_token": SecretStr(API_TOKEN)}
    settings = linked_web[2].model_copy(update=given)
    desk = Desk(linked_web[1].client, linked_web[1].database, settings)
    async with serving(create_app(desk, settings), settings) as address:
        yield address, desk


@pytest.fixture(scope="package")
async def datapoint_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a simulator of DataPoint, which does nothing by itself once it is asked."""
    async with (
        a_trial(tmp_path_factory.mktemp("datapoint")) as place,
        place.running("--no-automatic", speed=1) as datapoint,
    ):
        yield datapoint.url


@pytest.fixture(scope="package")
async def asking_web(desk: Desk, web_settings: Settings, datapoint_url: str) -> AsyncIterator[str]:
    """The address of a web that can ask DataPoint."""
    contact = {"datapoint_address": "help@datapoint.test", "datapoint_phone": "(312) 555-0188"}
    settings = web_settings.model_copy(update={"datapoint_url": datapoint_url, **contact})
    async with serving(create_app(Desk(desk.client, desk.database, settings), settings), settings) as address:
        yield address


@pytest.fixture
async def asking(asking_web: str, desk: Desk) -> AsyncIterator[Browser]:
    """A specialist on that web."""
    async with await Browser.of_new_person(asking_web, desk.database, "specialist", f"asks-{next_number()}") as one:
        yield one


@pytest.fixture
async def specialist(signed_in: SignedIn) -> Browser:
    return await signed_in("specialist")


@pytest.fixture
async def admin(signed_in: SignedIn) -> Browser:
    return await signed_in("admin")


@pytest.fixture
async def api(web: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A program with the machine's own token."""
    headers = {"Authorization": f"Bearer {API_TOKEN}"}
    async with httpx2.AsyncClient(base_url=web, headers=headers, timeout=PATIENCE, verify=False) as client:
        yield client
