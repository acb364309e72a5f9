"""Secrets at rest: encrypted, found by a reference that stays the same, and read with whatever key sealed them."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from store.secrets.keyring import Keyring, SealedError
from store.secrets.secrets import forget, keep, read
from store.secrets.tables import secrets

OLD, NEW = os.urandom(32), os.urandom(32)
VALUE = "s3cr3t-of-the-practice"


async def kept(engine: AsyncEngine, ring: Keyring, value: str = VALUE, onboarding: str = "vault/elm") -> str:
    found, _ = await keep(engine, ring, onboarding, "key_given", {"client_secret": value})
    return found["client_secret"]


async def test_what_is_stored_is_not_the_value_and_is_read_back(engine: AsyncEngine) -> None:
    reference = await kept(engine, Keyring([NEW]))
    async with engine.connect() as connection:
        (row,) = (await connection.execute(select(secrets))).all()
    assert VALUE not in repr(row)
    assert VALUE.encode() not in row.sealed
    data = {"client_id": "abc", "client_secret": reference}
    assert await read(engine, Keyring([NEW]), data) == {"client_id": "abc", "client_secret": VALUE}


async def test_the_same_value_has_the_same_reference_also_after_a_new_key_and_no_other_has(engine: AsyncEngine) -> None:
    first = await kept(engine, Keyring([OLD]))
    assert await kept(engine, Keyring([OLD])) == first
    assert await kept(engine, Keyring([NEW, OLD])) == first
    assert await read(engine, Keyring([NEW, OLD]), {"x": first}) == {"x": VALUE}
    others = [
        await kept(engine, Keyring([NEW, OLD]), "another"),
        await kept(engine, Keyring([OLD]), VALUE, "vault/oak"),
    ]
    assert len({first, *others}) == 3


async def test_without_its_key_or_altered_it_is_not_read(engine: AsyncEngine) -> None:
    reference = await kept(engine, Keyring([OLD]))
    with pytest.raises(SealedError, match="add that key to ONBOARD_PAYLOAD_KEYS"):
        await read(engine, Keyring([NEW]), {"x": reference})
    other = await kept(engine, Keyring([OLD]), "another")
    async with engine.begin() as connection:
        sealed = select(secrets.c.sealed).where(secrets.c.reference == other).scalar_subquery()
        await connection.execute(update(secrets).where(secrets.c.reference == reference).values(sealed=sealed))
    with pytest.raises(SealedError, match="altered"):
        await read(engine, Keyring([OLD]), {"x": reference})


async def test_what_belongs_to_no_fact_is_forgotten_and_nothing_else(engine: AsyncEngine) -> None:
    first, added = await keep(engine, Keyring([OLD]), "vault/elm", "key_given", {"client_secret": VALUE})
    again, none = await keep(engine, Keyring([OLD]), "vault/elm", "key_given", {"client_secret": VALUE})
    assert (added, none, again) == ((first["client_secret"],), (), first)
    await forget(engine, none)
    assert await read(engine, Keyring([OLD]), first) == {"client_secret": VALUE}
    await forget(engine, added)
    with pytest.raises(KeyError):
        await read(engine, Keyring([OLD]), first)
