"""The way from a command to the running system: the one named by --home, by variables, or by the usual directory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine
    from temporalio.client import Client

    from configuration.settings import Settings
    from desk.service import Desk

T = TypeVar("T")
ELSEWHERE = ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE")
CONNECT_SECONDS = 10


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a command's work to its end."""
    return asyncio.run(work)


def settings_of(home: str | None) -> Settings:
    from configuration.settings import Settings

    return Settings.load(home)


def addresses(home: str | None) -> dict[str, Any]:
    """Where the system in the home answers. Raises `NotRunning`."""
    from machine.home import Home

    return Home.find(home).running()


@asynccontextmanager
async def at_journal(home: str | None) -> AsyncIterator[tuple[AsyncEngine, Settings]]:
    """The journal's database and the settings; Temporal is not asked."""
    from store.database import connect

    settings = settings_of(home)
    elsewhere = settings.database_url is not None and not home
    url = settings.needed("database_url") if elsewhere else str(addresses(home)["database"])
    engine = connect(url, pool_size=2)
    try:
        yield engine, settings
    finally:
        await engine.dispose()


@asynccontextmanager
async def at_desk(home: str | None) -> AsyncIterator[Desk]:
    """The desk of the running system. Raises what says that a part of it does not answer."""
    from desk.service import Desk

    async with at_journal(home) as (database, settings):
        temporal = await temporal_of(home)
        here = settings.public_url is None and not _elsewhere(home)
        web = addresses(home).get("web") if here else settings.public_url
        travels = not _elsewhere(home) and bool(addresses(home).get("time_travel"))
        known = {"public_url": web, "development": settings.development or travels}
        yield Desk(temporal, database, settings.model_copy(update=known))


async def temporal_of(home: str | None) -> Client:
    """The running system's Temporal."""
    from desk.connection import connect
    from desk.problem import NoAnswer

    found = {} if _elsewhere(home) else addresses(home)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await connect(found.get("temporal"), found.get("namespace"), settings=settings_of(home))
    except TimeoutError:
        raise NoAnswer(
            f"Temporal does not answer within {CONNECT_SECONDS} seconds; is it running? ('onboard doctor' tells.)"
        ) from None


def _elsewhere(home: str | None) -> bool:
    """Whether variables name the Temporal of a system that is not on this machine."""
    return not home and any(os.environ.get(name) for name in ELSEWHERE)


def team_time(text: str | None, home: str | None) -> datetime | None:
    """A time as the user wrote it; without an offset, as clocks of the team's zone show it."""
    if text is None:
        return None
    from cli.problem import CliProblem
    from desk.calendar_due import parse_time

    try:
        return parse_time(text, ZoneInfo(settings_of(home).team_time_zone))
    except ValueError as error:
        raise CliProblem(str(error)) from None


def check_identity(identity: str) -> str:
    """`identity`, if it can be one. Raises `CliProblem` or `DeskProblem`."""
    from cli.problem import CliProblem
    from desk.practice_files import playbook_called
    from playbooks.engine.fields import PRACTICE_ID

    playbook, slash, practice = identity.partition("/")
    if not slash or not PRACTICE_ID.fullmatch(practice):
        from integrations.registry import BRINGS_DATA

        example = BRINGS_DATA.onboarding("riverside-vet")
        raise CliProblem(f"'{identity}' is no onboarding's ID; write PLAYBOOK/PRACTICE-ID, as {example}.")
    playbook_called(playbook)
    return identity
