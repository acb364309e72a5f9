"""RX: a practice goes live, and loses and regains access, with prescriptions that wait for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from temporalio.client import Client

from configuration.settings import Settings
from desk.attention.collect import items_of
from desk.ezyvet import choose_users, connect
from desk.ezyvet_access import look_after
from desk.ezyvet_trial import send_test
from integrations.ezyvet.connection import gateway
from integrations.ezyvet.sites import read_site
from partners.ezyvet.credentials import Credentials
from tests.simulators.ezyvet.running import RunningEzyvet
from tests.system.harness import Practice, eventually
from tests.system.prescribing import VET, EzyvetPractice, ezyvet_practice
from worker import build_ezyvet


@pytest.fixture
async def connected(
    practice: Practice, ezyvet: RunningEzyvet, ezyvet_settings: Settings, temporal: Client
) -> AsyncIterator[EzyvetPractice]:
    """A practice with credentials and prescribers that is not live."""
    practice.desk = desk = replace(practice.desk, settings=ezyvet_settings)
    async with (
        ezyvet_practice(practice, ezyvet, ezyvet_settings, state="credentials") as one,
        build_ezyvet(temporal, desk.database, ezyvet_settings),
    ):
        await practice.record("connection_verified")
        await practice.record("prescribers_confirmed", confirmed_by="Dana Reyes")
        yield one


async def approved(one: EzyvetPractice) -> str:
    id = await one.prescribe()
    await one.report(id, "approve", by=VET)
    return id


async def test_rx2_prescriptions_wait_until_the_practice_has_seen_the_test(connected: EzyvetPractice) -> None:
    practice, desk = connected.practice, connected.desk
    first = await approved(connected)
    await connected.shown_when(first, lambda shown: shown.ezyvet.state == "waiting")
    test = await send_test(desk, practice.id, "6", "sam")
    assert (await send_test(desk, practice.id, "6", "sam")).uid == test.uid, "once"
    assert [each["external_reference"] for each in await connected.held()] == [test.reference]
    assert (await practice.record("test_prescription_seen")).status == "complete"
    await connected.sent(first, "PENDING")
    assert (await read_site(desk.database, practice.id)).state == "live"
    second = await approved(connected)
    await connected.sent(second, "PENDING")

    async def active() -> set[str]:
        return {each["external_reference"] for each in await connected.held() if each["active"] == "1"}

    assert await eventually(active, lambda seen: test.reference not in seen) == {first, second}, "the test is taken out"


async def test_rx2_prescriptions_wait_while_access_is_revoked(connected: EzyvetPractice) -> None:
    practice, site = connected.practice, connected.site
    await practice.record("test_prescription_seen")
    await eventually(lambda: read_site(connected.desk.database, practice.id), lambda seen: seen.state == "live")
    await connected.ezyvet.control("POST", f"/sites/{site['uid']}", {"state": "revoked"})
    ids = [await approved(connected) for _ in range(3)]
    for id in ids:
        await connected.shown_when(id, lambda shown: shown.ezyvet.state == "waiting")
    assert (await read_site(connected.desk.database, practice.id)).state == "revoked"
    await connected.ezyvet.control("POST", f"/sites/{site['uid']}", {"state": "live"})
    given = {name: site[name] for name in ("client_id", "client_secret", "partner_id")}
    await connect(connected.desk, practice.id, Credentials.model_validate({**given, "site_uid": site["uid"]}), "sam")
    way = gateway(connected.desk.database, connected.desk.settings)
    assert way
    await look_after(connected.desk, way, {})
    for id in ids:
        await connected.sent(id, "PENDING")
    assert sorted(each["external_reference"] for each in await connected.held()) == sorted(ids), "each once"


async def test_rx10_a_prescription_that_is_stuck_is_on_the_board_until_it_is_settled(connected: EzyvetPractice) -> None:
    practice, database = connected.practice, connected.desk.database
    await practice.record("test_prescription_seen")
    await choose_users(connected.desk, practice.id, {VET: None}, "sam")
    id = await approved(connected)
    await eventually(lambda: connected.show(id), lambda seen: seen.ezyvet.state == "needs_person")

    async def stuck() -> list[str]:
        items = await items_of(database, practice.identity)
        return [item.actions[0].address for item in items if item.kind == "stuck"]

    assert await eventually(stuck, bool) == [f"/practices/{practice.id}/ezyvet"]
    await choose_users(connected.desk, practice.id, {VET: 10}, "sam")
    await connected.report(id, "resolve", decision="send")
    await connected.sent(id, "PENDING")
    assert await eventually(stuck, lambda seen: not seen) == []
