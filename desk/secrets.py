"""Secrets of a fact on their way in: the values are stored, and what goes on to Temporal are their references."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.problem import NotFound
from playbooks.engine.model import FactType
from playbooks.engine.onboarding import Report
from playbooks.engine.transition import Refused
from store.secrets import secrets
from store.secrets.keyring import Keyring, secrets_keyring


@asynccontextmanager
async def stored(
    engine: AsyncEngine, settings: Settings, identity: str, kind: FactType, report: Report
) -> AsyncIterator[Report]:
    """Stores a report's secrets and yields it with references in their place; forgets them if it is refused.

    Raises `Refused` if there is no key to encrypt them with.
    """
    if not (values := _values(kind, report)):
        yield report
        return
    found, added = await secrets.keep(engine, _keyring(settings, kind), identity, kind.name, values)
    try:
        yield _with(report, found)
    except (Refused, NotFound):
        await secrets.forget(engine, added)
        raise


async def referenced(engine: AsyncEngine, settings: Settings, identity: str, kind: FactType, report: Report) -> Report:
    """The report with references in place of its secrets, and nothing is stored. Raises `Refused` without a key."""
    if not (values := _values(kind, report)):
        return report
    return _with(report, await secrets.find(engine, _keyring(settings, kind), identity, kind.name, values))


def _values(kind: FactType, report: Report) -> dict[str, str]:
    return {name: value.strip() for name in kind.secrets if (value := report.data.get(name))}


def _with(report: Report, found: dict[str, str]) -> Report:
    return report.model_copy(update={"data": report.data | found})


def _keyring(settings: Settings, kind: FactType) -> Keyring:
    if keyring := secrets_keyring(settings):
        return keyring
    no_key = "comes with a secret, which is kept encrypted, and there is no key: "
    keys = "set ONBOARD_PAYLOAD_KEYS, or ONBOARD_SECRET_KEY."
    raise Refused(f"{kind.name} {no_key}{keys}", plain=f"“{kind.title}” {no_key}{keys}")
