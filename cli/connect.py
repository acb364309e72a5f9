"""Connects a command to the running system, which --home, the environment or the default directory names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine
    from temporalio.client import Client

    from configuration.settings import Settings
    from desk.service import Desk

T = TypeVar("T")
CONNECT_SECONDS = 10


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def load_settings(home: str | None) -> Settings:
    from configuration.settings import Settings

    return Settings.load(home)


def addresses(home: str | None) -> dict[str, Any]:
    """Returns the addresses of the system in a home. Raises NotRunning."""
    from machine.home import Home

    return Home.find(home).running()


@asynccontextmanager
async def open_database(home: str | None) -> AsyncIterator[tuple[AsyncEngine, Settings]]:
    """Yields the database and the settings, without a connection to Temporal."""
    from store.database import connect

    settings = load_settings(home)
    external = settings.database_url is not None and not home
    url = settings.required("database_url") if external else str(addresses(home)["database"])
    engine = connect(url, pool_size=2)
    try:
        yield engine, settings
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_desk(home: str | None) -> AsyncIterator[Desk]:
    """Yields the desk of the running system. Raises a problem that names the server that does not answer."""
    from pydantic import SecretStr

    from desk.service import Desk
    from machine.home import Home

    async with open_database(home) as (database, settings):
        temporal = await connect_temporal(home)
        local = {} if _uses_external_temporal(home) else addresses(home)
        updates = {
            "public_url": settings.public_url or local.get("web"),
            "development": settings.development or bool(local.get("time_travel")),
            "secret_key": settings.secret_key or (SecretStr(Home.find(home).secret("secret_key")) if local else None),
            **_simulators(settings, local),
        }
        yield Desk(temporal, database, settings.model_copy(update=updates))


def _simulators(settings: Settings, local: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings by which the running system reaches simulators, unless they are set."""
    from machine.simulators import SIMULATORS

    running = [each for each in SIMULATORS if each.name in local and getattr(settings, each.url_setting) is None]
    values = {name: value for each in running for name, value in each.settings.items()}
    unset = {name: value for name, value in values.items() if getattr(settings, name) is None}
    return {**{each.url_setting: local[each.name] for each in running}, **unset}


@cache
def silence_temporal() -> None:
    """Keeps Temporal's library from writing its own warnings to standard output, among what a command prints."""
    from temporalio.runtime import Runtime, TelemetryConfig

    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)), error_if_already_set=False)


async def connect_temporal(home: str | None) -> Client:
    """Returns a client of the running system's Temporal. Raises NoAnswer."""
    from desk.connection import connect
    from desk.problem import NoAnswer

    silence_temporal()
    local = {} if _uses_external_temporal(home) else addresses(home)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await connect(local.get("temporal"), local.get("namespace"), settings=load_settings(home))
    except TimeoutError:
        raise NoAnswer(
            f"Temporal does not answer within {CONNECT_SECONDS} seconds; is it running? ('onboard doctor' checks that.)"
        ) from None


def _uses_external_temporal(home: str | None) -> bool:
    from machine.servers import uses_external_temporal

    return not home and uses_external_temporal()


def team_time(text: str | None, home: str | None) -> datetime | None:
    """Parses a time, in the team's zone if it has no offset. Raises CliProblem."""
    if text is None:
        return None
    from cli.problem import CliProblem
    from desk.calendar_due import parse_time

    try:
        return parse_time(text, ZoneInfo(load_settings(home).team_time_zone))
    except ValueError as error:
        raise CliProblem(str(error)) from None


def check_identity(identity: str) -> str:
    """Returns `identity` if it has the form of an onboarding's ID. Raises CliProblem or DeskProblem."""
    from cli.problem import CliProblem
    from desk.practice_files import playbook_called
    from playbooks.engine.fields import PRACTICE_ID

    playbook, slash, practice = identity.partition("/")
    if not slash or not PRACTICE_ID.fullmatch(practice):
        from integrations.registry import BRINGS_DATA

        example = BRINGS_DATA.onboarding("riverside-vet")
        raise CliProblem(f"'{identity}' is not an onboarding's ID; write PLAYBOOK/PRACTICE-ID, for example {example}.")
    playbook_called(playbook)
    return identity
