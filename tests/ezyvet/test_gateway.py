"""Calls to a practice's ezyVet as the product makes them, against the simulator and against what it cannot do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.gateway import Gateway
from integrations.ezyvet.limits import Limits, Priority, Wait
from integrations.ezyvet.sites import NoCredentials, read_site, revoke, set_state, store_credentials
from integrations.ezyvet.usage import read_waiting
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.errors import AccessRevoked, Invalid, NotFound, SiteGone, TokenRefused, Uncertain, WrongCredentials
from partners.ezyvet.http import Http
from store.database import connect
from store.secrets.keyring import Keyring
from tests.ezyvet.canned import Received, canned, error, http, jwt, rows, token
from tests.postgres import plain
from tests.simulators.ezyvet.running import EXAMPLE, RunningEzyvet

RING = Keyring([os.urandom(32)])
GIVEN = Credentials.model_validate(
    {"client_id": "id-elm", "client_secret": "s3cr3t", "site_uid": "site-elm", "partner_id": "partner-1"}
)


def credentials(seeded: dict[str, Any]) -> Credentials:
    names = ("partner_id", "client_id", "client_secret")
    return Credentials.model_validate({**{name: seeded[name] for name in names}, "site_uid": seeded["uid"]})


async def connected(engine: AsyncEngine, ezyvet: RunningEzyvet, practice: str, **fields: Any) -> Gateway:
    """A gateway to the simulator, with a live site for the practice."""
    await store_credentials(engine, RING, practice, credentials(await ezyvet.seed(practice, **fields)))
    await set_state(engine, practice, "live")
    return Gateway(engine, RING, Http(ezyvet.url))


async def test_rx12_a_prescription_is_created_changed_read_back_and_disabled(
    engine: AsyncEngine, ezyvet: RunningEzyvet
) -> None:
    there = (await connected(engine, ezyvet, "gateway-life")).at("gateway-life")
    uid = await there.create(EXAMPLE)
    (found,) = await there.find(6, "Test-reference5")
    assert (found.uid, found.active, found.prescribing_vet_user_id) == (uid, True, 10)
    (item,) = await there.items(found.id)
    assert (item.status, item.date_of_lastdispense) == ("PENDING", None)
    assert await there.prescriptions(["Test-reference5", "another"]) == [found]
    assert await there.items_of([found.id, 999]) == [item]
    assert (item.qty, item.remaining) == (Decimal(3), Decimal(0))
    line = {"external_product_reference": "TestProd", "qty": 3, "remaining": 0, "date_of_lastdispense": 1720500000}
    await there.update(uid, {"external_prescription_item_list": [line]})
    (item,) = await there.items(found.id)
    assert (item.status, item.date_of_lastdispense) == ("CURRENT", 1720500000)
    await there.disable(uid)
    assert not (await there.find(6, "Test-reference5"))[0].active
    with pytest.raises(NotFound):
        await there.disable(uid)
    assert await there.find(6, "another") == []


@pytest.mark.parametrize("old_mode", [False, True])
async def test_a_refusal_is_an_error_in_both_modes(engine: AsyncEngine, ezyvet: RunningEzyvet, old_mode: bool) -> None:
    practice = f"gateway-mode-{old_mode:d}"
    there = (await connected(engine, ezyvet, practice)).at(practice)
    await ezyvet.control("POST", f"/sites/{practice}", {"old_mode": old_mode})
    with pytest.raises(Invalid):
        await there.create({**EXAMPLE, "animal_id": 999})
    with pytest.raises(NotFound):
        await there.disable("no-such-uid")


async def test_records_are_read(engine: AsyncEngine, ezyvet: RunningEzyvet) -> None:
    there = (await connected(engine, ezyvet, "gateway-records")).at("gateway-records")
    users = {user.id: user for user in await there.users()}
    assert [number for number, user in users.items() if user.vet] == [10, 13]
    assert users[11].name == "Tom Nguyen"
    animal, contact = await there.animal(6), await there.contact(5)
    assert animal and contact
    assert (animal.name, animal.contact_id, contact.name) == ("Biscuit", 5, "Dana Reyes")
    assert await there.animal(999) is None
    assert {(each.id, each.is_dead) for each in await there.animals([6, 9, 999])} == {(6, False), (9, True)}
    assert [each.description for each in await there.consults(6)] == ["Itchy ears"]


async def test_an_old_token_is_renewed_once_and_everyone_has_the_new_one(
    engine: AsyncEngine, ezyvet: RunningEzyvet
) -> None:
    gateway = await connected(engine, ezyvet, "gateway-renewal")
    await gateway.at("gateway-renewal").users()
    # Another program of the practice's fetches one, which ends ours.
    seeded = await ezyvet.seed("gateway-renewal")
    await ezyvet.token(seeded)
    await asyncio.gather(*(gateway.at("gateway-renewal").animal(6) for _ in range(8)))
    held = await ezyvet.control("GET", "/sites/gateway-renewal")
    assert next(call for call in held["calls"] if call["endpoint"] == "oauth/access_token")["calls"] == 3
    assert (await read_site(engine, "gateway-renewal")).state == "live"


async def test_revoked_access_is_on_record_until_ezyvet_lets_us_in_again(
    engine: AsyncEngine, ezyvet: RunningEzyvet
) -> None:
    gateway = await connected(engine, ezyvet, "gateway-revoked")
    there = gateway.at("gateway-revoked")
    await there.users()
    for state, kind in (("revoked", AccessRevoked), ("expired", SiteGone)):
        await ezyvet.control("POST", "/sites/gateway-revoked", {"state": state})
        with pytest.raises(kind) as caught:
            await there.create(EXAMPLE)
        site = await read_site(engine, "gateway-revoked")
        assert (site.state, site.reason) == ("revoked", str(caught.value))
        assert (await gateway.check_access("gateway-revoked")).state == "revoked"
        await ezyvet.control("POST", "/sites/gateway-revoked", {"state": "live"})
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE ezyvet_tokens SET refused_until = now()"))
        assert (await gateway.check_access("gateway-revoked")).state == "live"


async def test_credentials_are_tried_before_they_are_stored(engine: AsyncEngine, ezyvet: RunningEzyvet) -> None:
    seeded = await ezyvet.seed("gateway-trying")
    gateway = Gateway(engine, RING, Http(ezyvet.url))
    with pytest.raises(WrongCredentials, match="check client_id"):
        await gateway.try_credentials(credentials({**seeded, "client_secret": "wrong"}))
    assert len(await gateway.try_credentials(credentials(seeded))) == 4
    assert (await read_site(engine, "gateway-trying")).state == "no_credentials"
    with pytest.raises(NoCredentials):
        await gateway.at("gateway-trying").users()


async def test_a_read_is_tried_again_and_a_write_never_is(engine: AsyncEngine) -> None:
    def reply(received: Received) -> bytes:
        if received.target.endswith("access_token"):
            return token(jwt())
        failed = sum(each.method == received.method for each in server.received) < 3
        return error(500, "Oops") if failed else rows("animal", {"id": "6"})

    async with canned(reply) as server:
        gateway = await behind(engine, server.url)
        animal = await gateway.at("elm").animal(6)
        assert animal
        assert len(server.received) == 4
        with pytest.raises(Uncertain):
            await gateway.at("elm").create(EXAMPLE)
        assert [each.method for each in server.received].count("POST") == 2


async def test_refused_with_a_new_token_too_is_revoked(engine: AsyncEngine) -> None:
    def reply(received: Received) -> bytes:
        return token(jwt(number=len(server.received))) if "token" in received.target else error(401, "Unauthorized")

    async with canned(reply) as server:
        gateway = await behind(engine, server.url)
        with pytest.raises(TokenRefused):
            await gateway.at("elm").create(EXAMPLE)
        assert len(server.received) == 4
    assert (await read_site(engine, "elm")).state == "revoked"


async def test_a_site_that_is_gone_is_not_asked_by_each_call(engine: AsyncEngine) -> None:
    def reply(received: Received) -> bytes:
        if "token" in received.target and len(server.received) == 1:
            return token(jwt())
        return error(404, "The trial of this site has ended.")

    async with canned(reply) as server:
        gateway = await behind(engine, server.url)
        for _ in range(4):
            with pytest.raises(SiteGone):
                await gateway.at("elm").animal(6)
        assert [each.target.partition("?")[0] for each in server.received] == [
            *("/v1/oauth/access_token", "/v1/animal"),
            "/v1/oauth/access_token",
        ]


async def test_a_429_closes_the_endpoint_for_as_long_as_it_says(engine: AsyncEngine) -> None:
    def reply(received: Received) -> bytes:
        return token(jwt()) if "token" in received.target else error(429, "Too many requests recently: 40 seconds.")

    async with canned(reply) as server:
        gateway = await behind(engine, server.url)
        for _ in range(3):
            with pytest.raises(Wait) as caught:
                await gateway.at("elm", Priority.DELIVERY, key="rx-1").create(EXAMPLE)
            assert 30 < caught.value.seconds <= 41
        assert [each.target for each in server.received].count("/v1/externalprescription") == 1


async def test_a_click_waits_for_a_place_and_a_delivery_is_told_when(engine: AsyncEngine) -> None:
    def reply(received: Received) -> bytes:
        return token(jwt()) if "token" in received.target else rows("animal", {"id": "6"})

    # Long enough for the second call to come within it on a slow machine.
    limits = Limits(per_endpoint=1, window=5.0, timeout=5.0, typical=0.01)
    async with canned(reply) as server:
        gateway = await behind(engine, server.url, limits)
        await gateway.at("elm").animal(6)
        with pytest.raises(Wait) as caught:
            await gateway.at("elm", Priority.DELIVERY, key="rx-1").animal(6)
        assert 0 < caught.value.seconds <= 6
        assert await gateway.at("elm", patience=60.0).animal(6)


async def test_a_write_that_waits_makes_its_reads_only_once(engine: AsyncEngine) -> None:
    created = {"items": [], "messages": [{"level": "success", "fields": {"prescription_uid": "rx-1"}}]}

    def reply(received: Received) -> bytes:
        if "token" in received.target:
            return token(jwt())
        return http(200, created) if received.method == "POST" else rows("animal", {"id": "6"})

    async def deliver(position: int) -> None:
        async with gateway.delivering("elm", key=f"rx-{position}", position=position) as there:
            await there.animal(6)
            await there.create(EXAMPLE)

    # Two calls of each kind have a place.
    limits = Limits(per_endpoint=2, window=600.0, timeout=30.0)
    async with canned(reply) as server:
        gateway = await behind(engine, server.url, limits)
        async with gateway.delivering("elm", key="unused", position=0) as there:
            await there.animal(6)
        await deliver(1)
        for position in (2, 2, 3):
            with pytest.raises(Wait):
                await deliver(position)
        assert [each.method for each in server.received if "token" not in each.target] == ["GET", "GET", "POST"]
        # The place of the write was free again, because the read had none.
        await gateway.at("elm", Priority.DELIVERY).create(EXAMPLE)
        for position in (2, 3):
            with pytest.raises(Wait):
                await deliver(position)
        assert {"rx-2 write", "rx-3 write"} <= {each.key for each in await read_waiting(engine, GIVEN.site)}
        assert len(server.received) == 5


@pytest.fixture
async def own_engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = connect(database_url)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize("table", ["ezyvet_places", "ezyvet_sites"])
async def test_the_outcome_of_a_call_survives_that_nothing_can_be_recorded_after_it(
    own_engine: AsyncEngine, database_url: str, caplog: pytest.LogCaptureFixture, table: str
) -> None:
    created = {"items": [], "messages": [{"level": "success", "fields": {"prescription_uid": "rx-1"}}]}

    def reply(received: Received) -> bytes:
        if "token" in received.target:
            return token(jwt())
        with psycopg.connect(plain(database_url), autocommit=True) as connection:
            connection.execute(f"ALTER TABLE {table} RENAME TO gone")
        return http(200, created)

    async with canned(reply) as server:
        gateway = await behind(own_engine, server.url)
        await revoke(own_engine, "elm", "Access was taken back.")
        assert await gateway.at("elm").create(EXAMPLE) == "rx-1"
    assert "could not be recorded" in caplog.text
    assert "s3cr3t" not in caplog.text


async def behind(engine: AsyncEngine, url: str, limits: Limits | None = None) -> Gateway:
    """A gateway to this server, with a live site for the practice elm."""
    await store_credentials(engine, RING, "elm", GIVEN)
    await set_state(engine, "elm", "live")
    return Gateway(engine, RING, Http(url), limits)
