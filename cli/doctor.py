"""`onboard doctor`: checks the system and says what to do. Changes nothing."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from cli.doctor_check import Check
from cli.doctor_servers import server_checks
from machine import ports, postgres, servers, temporal
from machine.home import Home
from machine.problem import MachineProblem
from machine.processes import still_running

if TYPE_CHECKING:
    from configuration.settings import Settings

NO_PROXY = (
    "PUBLIC_URL is https, so there is a proxy, but TRUSTED_PROXIES names none: all visitors seem to come "
    "from one address, and wrong passwords of one make all wait. Set it to the proxy's address."
)
MIN_PYTHON = (3, 11)
MIN_FREE_SPACE = 1024**3
"""Bytes: PostgreSQL and Temporal stop when the disk is full."""


def doctor(home: Path | str | None = None) -> list[Check]:
    """Checks the system in `home`, or the servers that the settings name, also when nothing runs."""
    checked = Home.find(home)
    checks = [_python(), _disk(checked)]
    settings = _settings(checked, checks)
    if settings is None:
        return checks
    external_database = settings.database_url is not None and not home
    external_temporal = servers.uses_external_temporal() and not home
    if not external_temporal:
        checks.append(_program("temporal program", lambda: f"{temporal.binary()} is installed."))
    if not external_database:
        checks.append(_program("postgres programs", _postgres_programs))
    addresses: dict[str, Any] = {}
    if not (external_database and external_temporal):
        try:
            addresses = checked.running()
            checks.append(Check("system", True, f"It runs in {checked.path}."))
        except MachineProblem as problem:
            checks.append(Check("system", False, str(problem)))
            checks += _when_nothing_runs(checked)
    if external_database and settings.database_url:
        addresses["database"] = settings.database_url.get_secret_value()
    if not addresses.get("smtp") and settings.smtp_url:
        addresses["smtp"] = settings.smtp_url.get_secret_value()
    if external_database and external_temporal:
        checks.append(_links(settings))
    elif settings.secret_key is None and addresses:
        settings = settings.model_copy(update={"secret_key": SecretStr(checked.secret("secret_key"))})
    if (settings.public_url or "").startswith("https:") and not settings.trusted_proxies:
        checks.append(Check("proxy", False, NO_PROXY))
    return checks + asyncio.run(server_checks(addresses, external_temporal, settings))


def _links(settings: Settings) -> Check:
    from configuration.settings import SettingsProblem

    try:
        settings.require_links()
    except SettingsProblem as problem:
        return Check("links", False, str(problem))
    return Check("links", True, f"Links in mails lead to {settings.public_url}.")


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < MIN_PYTHON:
        return Check("python", False, f"Python {version} is too old: use 3.11 or later, then `make install`.")
    return Check("python", True, f"Python {version}.")


def _disk(home: Home) -> Check:
    folder = next(path for path in (home.path, *home.path.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GB are free at {folder}"
    if free < MIN_FREE_SPACE:
        return Check("disk", False, f"Only {found}: make room, or choose another place with --home.")
    return Check("disk", True, f"{found}.")


def _settings(home: Home, checks: list[Check]) -> Settings | None:
    from configuration.settings import Settings, SettingsProblem

    try:
        settings = Settings.load(home.path)
    except SettingsProblem as problem:
        checks.append(Check("settings", False, str(problem)))
        return None
    redirect = settings.mail_redirect_all
    checks.append(Check("settings", True, f"All mail goes to {redirect}." if redirect else "They can be read."))
    return settings


def _program(name: str, find: Callable[[], str]) -> Check:
    try:
        return Check(name, True, find())
    except MachineProblem as problem:
        return Check(name, False, str(problem))


def _postgres_programs() -> str:
    return f"PostgreSQL {max(postgres.installed_versions())} is installed."


def _when_nothing_runs(home: Home) -> list[Check]:
    taken = [f"{port} ({component})" for component, port in ports.DEFAULTS.items() if not ports.is_free(port)]
    sentence = f"In use by others: {', '.join(taken)}; free ones are chosen." if taken else "The usual ports are free."
    checks = [Check("ports", True, sentence)]
    if not home.is_running() and (left := still_running(home.run / "children.json")):
        numbers = ", ".join(str(process.pid) for process in left)
        sentence = f"Processes of a killed start still run ({numbers}): the next `onboard up` ends them."
        checks.append(Check("leftovers", False, sentence))
    return checks
