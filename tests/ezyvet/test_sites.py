"""The practices' sites in ezyVet: credentials at rest, and the state of each connection."""

from __future__ import annotations

import os

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations import registry
from integrations.ezyvet.sites import (
    NoCredentials,
    forget_credentials,
    keys_in_use,
    list_sites,
    read_access,
    read_site,
    restore,
    revoke,
    set_state,
    store_credentials,
)
from integrations.ezyvet.tables import sites
from partners.ezyvet.credentials import Credentials
from store.secrets.keyring import Keyring, SealedError

OLD, NEW = os.urandom(32), os.urandom(32)
GIVEN = Credentials.model_validate(
    {"client_id": "id-elm", "client_secret": "s3cr3t", "site_uid": "site-elm", "partner_id": "partner-1"}
)
OTHER = GIVEN.model_copy(update={"client_secret": GIVEN.client_id})


async def test_credentials_are_stored_sealed_and_read_back(engine: AsyncEngine) -> None:
    assert (await read_site(engine, "elm")).state == "no_credentials"
    with pytest.raises(NoCredentials, match="onboard ezyvet connect elm FILE"):
        await read_access(engine, Keyring([OLD]), "elm")
    await store_credentials(engine, Keyring([OLD]), "elm", GIVEN)
    assert (await read_access(engine, Keyring([OLD]), "elm"))[0] == GIVEN
    async with engine.connect() as connection:
        (row,) = (await connection.execute(select(sites))).all()
    assert not [value for value in GIVEN.values.values() if value in repr(row) or value.encode() in row.sealed]
    site = await read_site(engine, "elm")
    assert (site.state, site.reason, site.id) == ("credentials", None, GIVEN.site)
    assert await list_sites(engine) == [site]


async def test_no_repr_and_no_error_shows_a_value() -> None:
    assert not [value for value in GIVEN.values.values() if value in repr(GIVEN) or value in GIVEN.fingerprint]
    with pytest.raises(ValidationError) as caught:
        Credentials.model_validate({**GIVEN.values, "client_secret": "s3cr3t\nof two lines"})
    assert "s3cr3t" not in str(caught.value)


async def test_a_newer_key_seals_them_anew_and_the_older_is_no_longer_needed(engine: AsyncEngine) -> None:
    await store_credentials(engine, Keyring([OLD]), "elm", GIVEN)
    assert await keys_in_use(engine) == await registry.keys_in_use(engine) == {Keyring([OLD]).first}
    with pytest.raises(SealedError, match="add that key to ONBOARD_PAYLOAD_KEYS"):
        await read_access(engine, Keyring([NEW]), "elm")
    assert (await read_access(engine, Keyring([NEW, OLD]), "elm"))[0] == GIVEN
    assert await keys_in_use(engine) == {Keyring([NEW]).first}
    assert (await read_access(engine, Keyring([NEW]), "elm"))[0] == GIVEN


async def test_credentials_copied_to_another_practice_do_not_open(engine: AsyncEngine) -> None:
    for practice, credentials in (("elm", GIVEN), ("oak", OTHER)):
        await store_credentials(engine, Keyring([OLD]), practice, credentials)
    async with engine.begin() as connection:
        sealed = select(sites.c.sealed).where(sites.c.practice == "elm").scalar_subquery()
        await connection.execute(update(sites).where(sites.c.practice == "oak").values(sealed=sealed))
    with pytest.raises(SealedError, match="altered"):
        await read_access(engine, Keyring([OLD]), "oak")


async def test_access_that_comes_back_leaves_the_site_as_it_was(engine: AsyncEngine) -> None:
    ring = Keyring([OLD])
    await store_credentials(engine, ring, "elm", GIVEN)
    await set_state(engine, "elm", "live")
    live = await read_site(engine, "elm")
    for reason in ("ezyVet refuses the credentials.", "The trial site is gone."):
        await revoke(engine, "elm", reason)
        revoked = await read_site(engine, "elm")
        assert (revoked.state, revoked.reason) == ("revoked", reason)
    await restore(engine, "elm")
    restored = await read_site(engine, "elm")
    assert (restored.state, restored.reason) == ("live", None)
    await restore(engine, "elm")
    assert await read_site(engine, "elm") == restored
    await set_state(engine, "elm", "live")
    assert await read_site(engine, "elm") == restored
    assert live.since and restored.since and restored.since > live.since


async def test_new_credentials_end_a_revocation_and_keep_a_connected_site_live(engine: AsyncEngine) -> None:
    ring = Keyring([OLD])
    await store_credentials(engine, ring, "elm", GIVEN)
    await set_state(engine, "elm", "live")
    await store_credentials(engine, ring, "elm", OTHER)
    assert ((await read_site(engine, "elm")).state, (await read_access(engine, ring, "elm"))[0]) == ("live", OTHER)
    await revoke(engine, "elm", "ezyVet refuses the credentials.")
    await store_credentials(engine, ring, "elm", GIVEN)
    site = await read_site(engine, "elm")
    assert (site.state, site.reason) == ("live", None)


async def test_a_site_without_credentials_has_no_other_state(engine: AsyncEngine) -> None:
    ring = Keyring([OLD])
    await set_state(engine, "elm", "live")
    await revoke(engine, "elm", "No reason.")
    assert (await read_site(engine, "elm")).state == "no_credentials"
    await store_credentials(engine, ring, "elm", GIVEN)
    await set_state(engine, "elm", "live")
    await forget_credentials(engine, "elm", "The practice left.")
    site = await read_site(engine, "elm")
    assert (site.state, site.reason, site.id) == ("no_credentials", "The practice left.", None)
    assert await keys_in_use(engine) == set()
    with pytest.raises(NoCredentials):
        await read_access(engine, ring, "elm")
