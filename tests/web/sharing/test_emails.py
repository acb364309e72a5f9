"""RS2: requests for record sharing by e-mail, handed in with the pharmacy's token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from desk.service import Desk
from integrations.record_sharing.kept import list_requests
from tests.dns_server import dns_server
from tests.signing import mail, name, record, signed
from tests.web.browser import next_number
from tests.web.clinic.conftest import Linked
from tests.web.conftest import API_TOKEN
from tests.web.programs import program
from tests.web.serving import serving
from tests.web.sharing.group import Group
from web.app import create_app


@pytest.fixture
async def mailroom(linked_web: Linked, group: Group) -> AsyncIterator[httpx2.AsyncClient]:
    """A program that hands in e-mails, at a web whose DNS knows the key of north's domain and not that of south's."""
    domain = f"{group.id('north')}.test"
    async with dns_server({name(domain): record()}) as (address, port):
        given = {"dns_server": f"{address}#{port}", "api_token": SecretStr(API_TOKEN)}
        settings = linked_web[2].model_copy(update=given)
        app = create_app(Desk(linked_web[1].client, linked_web[1].database, settings), settings)
        async with serving(app, settings) as web, program(web, API_TOKEN) as one:
            yield one


async def hand_in(mailroom: httpx2.AsyncClient, raw: bytes) -> tuple[int, dict[str, Any]]:
    answer = await mailroom.post("/api/sharing/emails", content=raw, headers={"Content-Type": "message/rfc822"})
    return answer.status_code, answer.json()


def letter(group: Group, asks: str = "north", text: str | None = None, at: datetime | None = None) -> bytes:
    """A signed request of a clinic's office."""
    domain = f"{group.id(asks)}.test"
    text = text or f"Please share our records with {group.id('south')}.\n"
    return signed(mail(f"boss@{domain}", text, at, next_number()), domain)


async def admin_with_the_accounts_address(group: Group, name: str) -> None:
    email = f"boss@{group.id(name)}.test"
    await group.change(name, account_email=email)
    await group.clinics[name].member("owner", email)


async def test_rs2_a_signed_mail_of_an_owner_from_the_accounts_address_is_accepted_once(
    group: Group, mailroom: httpx2.AsyncClient
) -> None:
    await admin_with_the_accounts_address(group, "north")
    raw = letter(group)
    status, found = await hand_in(mailroom, raw)
    assert (status, found["outcome"], found["onboarding"]) == (201, "accepted", group.onboarding("north"))
    assert await group.states("south") == {"north": "requested"}
    await group.people["north"].delete(group.at("north", f"/{group.id('south')}"))
    status, found = await hand_in(mailroom, raw)
    assert (status, "handed in before" in found["detail"]) == (422, True), "it is replayed"
    kept = await list_requests(group.desk.database, group.id("north"))
    assert [each.outcome for each in kept] == ["refused", "accepted"]
    assert kept[1].evidence is not None
    assert kept[1].evidence["signatures"][0]["key"] == record()


async def test_rs2_what_cannot_be_checked_waits_for_a_person(group: Group, mailroom: httpx2.AsyncClient) -> None:
    await admin_with_the_accounts_address(group, "south")
    status, found = await hand_in(mailroom, letter(group, "south", f"Share with {group.id('north')}, please."))
    assert (status, found["outcome"]) == (202, "undecided")
    assert await group.states("north") == {}
    at = f"/api/sharing/emails/{found['id']}/decision"
    decided = await mailroom.post(at, json={"accept": True, "why": "Kim called them."})
    assert (decided.status_code, decided.json()["outcome"]) == (200, "accepted"), decided.text
    assert await group.states("north") == {"south": "requested"}
    assert (await mailroom.post(at, json={"accept": False, "why": "Again"})).status_code == 404


async def test_rs2_other_mails_are_refused_with_the_reason_and_kept(group: Group, mailroom: httpx2.AsyncClient) -> None:
    here = group.id("north")
    before = letter(group)
    status, found = await hand_in(mailroom, before)
    assert (status, "not the address on a clinic's account" in found["detail"]) == (422, True)
    await group.change("north", account_email=f"boss@{here}.test")
    status, found = await hand_in(mailroom, letter(group))
    assert (status, "active owner or admin" in found["detail"]) == (422, True), "the address of nobody"
    boss = await group.clinics["north"].member("admin", f"boss@{here}.test")
    for sender in (f"boss+sharing@{here}.test", f"boss@mail.{here}.test", f"bоss@{here}.test"):
        raw = signed(mail(sender, f"Share with {group.id('south')}", number=next_number()), f"{here}.test")
        status, found = await hand_in(mailroom, raw)
        assert (status, "not the address on a clinic's account" in found["detail"]) == (422, True), sender
    for text, at, why in (
        ("Please share our records.", None, "does not say clearly"),
        (None, datetime.now(UTC) - timedelta(days=20), "please send a new one"),
    ):
        status, found = await hand_in(mailroom, letter(group, text=text, at=at))
        assert (status, why in found["detail"]) == (422, True), found
    forged = mail(f"boss@{here}.test", f"Share with {group.id('south')}", number=next_number())
    status, found = await hand_in(mailroom, forged)
    assert (status, "no signature" in found["detail"]) == (422, True)
    await group.clinics["north"].member("admin", boss.email, active=False)
    status, found = await hand_in(mailroom, letter(group))
    assert (status, "active owner or admin" in found["detail"]) == (422, True), "an admin before"
    assert await group.states("north") == {}
    assert {each.outcome for each in await list_requests(group.desk.database, here)} == {"refused"}
    for content, media in ((b"", "message/rfc822"), (b"\x00\xff", "message/rfc822")):
        answer = await mailroom.post("/api/sharing/emails", content=content, headers={"Content-Type": media})
        assert answer.status_code == 422
    assert (await mailroom.post("/api/sharing/emails", json={})).status_code == 415
