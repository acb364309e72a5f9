"""Secrets that came with facts: kept encrypted here and nowhere else, and read back by their references.

A reference stands for a value in histories, journal, answers and mails. The same value of the same field has the same
reference, so that a report that comes twice is known, also after a new key was put in front.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.secrets.keyring import Keyring
from store.secrets.tables import secrets

PREFIX = "secret:"
_REFERENCE = re.compile(r"secret:[0-9a-f]{32}")


def references(keyring: Keyring, onboarding: str, fact: str, field: str, value: str) -> list[str]:
    """What may stand for a value: by each key, the one that seals now first."""
    return [f"{PREFIX}{mark}" for mark in keyring.marks(json.dumps([onboarding, fact, field, value]))]


async def keep(
    engine: AsyncEngine, keyring: Keyring, onboarding: str, fact: str, values: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Stores the values of a fact's fields; returns their references by field, and which of these are new."""
    wanted = {field: references(keyring, onboarding, fact, field, value) for field, value in values.items()}
    known = await _known(engine, [each for several in wanted.values() for each in several])
    found = {field: next((each for each in several if each in known), several[0]) for field, several in wanted.items()}
    rows = [
        {
            "reference": reference,
            "onboarding": onboarding,
            "fact": fact,
            "field": field,
            "key": keyring.first,
            "sealed": keyring.seal(values[field].encode(), reference.encode()),
        }
        for field, reference in found.items()
        if reference not in known
    ]
    if not rows:
        return found, ()
    statement = insert(secrets).values(rows).on_conflict_do_nothing().returning(secrets.c.reference)
    async with engine.begin() as connection:
        added = (await connection.execute(statement)).scalars().all()
    return found, tuple(added)


async def read(engine: AsyncEngine, keyring: Keyring, data: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a fact with the plain values in place of their references: for who uses them at once.

    Raises `SealedError` if a key is missing, and `KeyError` for a reference that nothing is stored for.
    """
    wanted = {name: value for name, value in data.items() if isinstance(value, str) and _REFERENCE.fullmatch(value)}
    query = select(secrets.c.reference, secrets.c.key, secrets.c.sealed).where(
        secrets.c.reference.in_(list(wanted.values()))
    )
    async with at_once(engine) as connection:
        rows = {row.reference: row for row in await connection.execute(query)}
    return {**data, **{name: _opened(keyring, rows[reference]) for name, reference in wanted.items()}}


async def forget(engine: AsyncEngine, gone: Collection[str]) -> None:
    """Deletes what turned out to belong to no fact."""
    async with engine.begin() as connection:
        await connection.execute(delete(secrets).where(secrets.c.reference.in_(list(gone))))


async def _known(engine: AsyncEngine, wanted: Collection[str]) -> set[str]:
    query = select(secrets.c.reference).where(secrets.c.reference.in_(list(wanted)))
    async with at_once(engine) as connection:
        return set((await connection.execute(query)).scalars())


def _opened(keyring: Keyring, row: Any) -> str:
    return keyring.open(row.key, row.sealed, row.reference.encode()).decode()
