"""`onboard doctor`: what is wrong with the system, in words, and what to do about it. Changes nothing."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.doctor_servers import Check, server_checks
from machine import ports, postgres, servers, temporal
from machine.home import Home
from machine.problem import MachineProblem
from machine.processes import still_running

if TYPE_CHECKING:
    from configuration.settings import Settings

PYTHON_NEEDED = (3, 11)
SPACE_NEEDED = 1024**3
"""Bytes that must be free: PostgreSQL and Temporal stop when the disk is full."""


def doctor(home: Path | str | None = None) -> list[Check]:
    """Look at the system in `home`, or at the servers that the settings name. Works when nothing runs."""
    place = Home.find(home)
    checks = [_python(), _disk(place)]
    settings = _settings(place, checks)
    if settings is None:
        return checks
    theirs_database = settings.database_url is not None and not home
    theirs_temporal = servers.uses_external_temporal() and not home
    if not theirs_temporal:
        checks.append(_program("temporal program", lambda: f"{temporal.binary()} is installed."))
    if not theirs_database:
        checks.append(_program("postgres programs", _postgres_programs))
    addresses: dict[str, Any] = {}
    if not (theirs_database and theirs_temporal):
        try:
            addresses = place.running()
            checks.append(Check("system", True, f"It runs in {place.path}."))
        except MachineProblem as problem:
            checks.append(Check("system", False, str(problem)))
            checks += _when_nothing_runs(place)
    if theirs_database and settings.database_url:
        addresses["database"] = settings.database_url.get_secret_value()
    if not addresses.get("smtp") and settings.smtp_url:
        addresses["smtp"] = settings.smtp_url.get_secret_value()
    return checks + asyncio.run(server_checks(addresses, theirs_temporal, settings))


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < PYTHON_NEEDED:
        return Check("python", False, f"Python {version} is too old: use 3.11 or later, then `make install`.")
    return Check("python", True, f"Python {version}.")


def _disk(home: Home) -> Check:
    place = next(path for path in (home.path, *home.path.parents) if path.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / 1024**3:.1f} GB are free at {place}"
    if free < SPACE_NEEDED:
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
    taken = [f"{port} ({part})" for part, port in ports.DEFAULTS.items() if not ports.is_free(port)]
    said = f"In use by others: {', '.join(taken)}; free ones are chosen." if taken else "The usual ports are free."
    checks = [Check("ports", True, said)]
    if not home.is_running() and (left := still_running(home.run / "children.json")):
        numbers = ", ".join(str(process.pid) for process in left)
        sentence = f"Processes of a killed start still run ({numbers}): the next `onboard up` ends them."
        checks.append(Check("leftovers", False, sentence))
    return checks
