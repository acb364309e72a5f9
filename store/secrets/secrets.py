"""Secrets that came with facts: kept encrypted here and nowhere else, and read back by their references.

A reference stands for a value in histories, journal, answers and mails. The same value of the same field has the same
reference, so that a report that comes twice is known, also after a new key was put in front.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.secrets.keyring import Keyring
from store.secrets.tables import secrets

_REFERENCE = re.compile(r"secret:[0-9a-f]{32}")


async def find(
    engine: AsyncEngine, keyring: Keyring, onboarding: str, fact: str, values: Mapping[str, str]
) -> dict[str, str]:
    """The references of a fact's fields: those that are stored by any key, else what the first key makes."""
    wanted = {
        field: [f"secret:{mark}" for mark in keyring.marks(json.dumps([onboarding, fact, field, value]))]
        for field, value in values.items()
    }
    query = select(secrets.c.reference).where(secrets.c.reference.in_(list(chain(*wanted.values()))))
    async with at_once(engine) as connection:
        known = set((await connection.execute(query)).scalars())
    return {field: next((each for each in any_ if each in known), any_[0]) for field, any_ in wanted.items()}


async def keep(
    engine: AsyncEngine, keyring: Keyring, onboarding: str, fact: str, values: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Stores the values of a fact's fields; returns their references by field, and which of these are new."""
    found = await find(engine, keyring, onboarding, fact, values)
    rows = [
        {
            "reference": reference,
            "onboarding": onboarding,
            "key": keyring.first,
            "sealed": keyring.seal(values[field].encode(), reference.encode()),
        }
        for field, reference in found.items()
    ]
    statement = insert(secrets).values(rows).on_conflict_do_nothing().returning(secrets.c.reference)
    async with engine.begin() as connection:
        added = (await connection.execute(statement)).scalars().all()
    return found, tuple(added)


async def read(engine: AsyncEngine, keyring: Keyring, data: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a fact with the plain values in place of their references: for who uses them at once.

    Raises `SealedError` if a key is missing, and `KeyError` for a reference that nothing is stored for.
    """
    wanted = {name: value for name, value in data.items() if isinstance(value, str) and _REFERENCE.fullmatch(value)}
    query = select(secrets).where(secrets.c.reference.in_(list(wanted.values())))
    async with at_once(engine) as connection:
        rows = {row.reference: row for row in await connection.execute(query)}
    found = {name: rows[reference] for name, reference in wanted.items()}
    return {
        **data,
        **{name: keyring.open(row.key, row.sealed, row.reference.encode()).decode() for name, row in found.items()},
    }


async def keys_in_use(engine: AsyncEngine) -> set[str]:
    """Returns the names of the keys that sealed what is kept."""
    async with at_once(engine) as connection:
        return set(await connection.scalars(select(secrets.c.key).distinct()))


async def forget(engine: AsyncEngine, gone: Collection[str]) -> None:
    """Deletes what turned out to belong to no fact."""
    async with engine.begin() as connection:
        await connection.execute(delete(secrets).where(secrets.c.reference.in_(list(gone))))
