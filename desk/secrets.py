"""Secrets of a fact on their way in: the values are kept, and what goes on to Temporal are their references."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from playbooks.engine.model import FactType
from playbooks.engine.onboarding import Report
from playbooks.engine.transition import Refused
from store.secrets import secrets
from store.secrets.keyring import Keyring, secrets_keyring


@asynccontextmanager
async def kept(
    engine: AsyncEngine, settings: Settings, identity: str, kind: FactType, report: Report
) -> AsyncIterator[Report]:
    """The report with references in place of its secrets, which are stored; if it is refused, no more.

    Raises `Refused` if there is no key to encrypt them with.
    """
    values = {name: report.data[name].strip() for name in kind.secrets if isinstance(report.data.get(name), str)}
    if not values:
        yield report
        return
    found, added = await secrets.keep(engine, _keyring(settings, kind), identity, kind.name, values)
    try:
        yield report.model_copy(update={"data": {**report.data, **found}})
    except Refused:
        await secrets.forget(engine, added)
        raise


def masked(settings: Settings, identity: str, kind: FactType, data: dict[str, Any]) -> dict[str, Any]:
    """Details with references in place of their secrets, for what must not hold these; nothing is stored."""
    values = {name: value for name in kind.secrets if isinstance(value := data.get(name), str)}
    if not values:
        return data
    keyring = _keyring(settings, kind)
    return {
        **data,
        **{
            name: secrets.references(keyring, identity, kind.name, name, value.strip())[0]
            for name, value in values.items()
        },
    }


def _keyring(settings: Settings, kind: FactType) -> Keyring:
    keyring = secrets_keyring(settings)
    if keyring is None:
        raise Refused(
            f"{kind.name} comes with a secret, which is kept encrypted, and there is no key: set ONBOARD_PAYLOAD_KEYS,"
            " or ONBOARD_SECRET_KEY."
        )
    return keyring
