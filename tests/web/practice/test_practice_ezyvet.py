"""RX: a practice connects its ezyVet on its page: it hands over the credentials, and confirms what it sees."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from desk.ezyvet import choose_users
from desk.service import Desk
from tests.simulators.ezyvet.running import RunningEzyvet
from tests.system.harness import Mailbox
from tests.web.browser import Browser, form_on, next_number, text_of
from tests.web.practice.world import Clinic, ask, confirm, do


@pytest.fixture
async def phone(ezyvet_web: tuple[str, Desk]) -> AsyncIterator[Browser]:
    async with Browser(ezyvet_web[0]) as one:
        yield one


@pytest.fixture
async def clinic(ezyvet_web: tuple[str, Desk], mailbox: tuple[Mailbox, int]) -> Clinic:
    """A practice that has just given us access."""
    address, desk = ezyvet_web
    one = Clinic(desk, mailbox[0], f"clinic-{next_number()}", playbook="ezyvet", address=address)
    await one.start()
    await one.record("access_granted")
    return one


@pytest.fixture
async def site(ezyvet: RunningEzyvet, clinic: Clinic) -> dict[str, Any]:
    return await ezyvet.seed(clinic.id)


def file_of(site: dict[str, Any], **changed: str) -> bytes:
    names = {"client_id": "client_id", "client_secret": "client_secret", "site_uid": "uid"}
    return json.dumps({name: site[source] for name, source in names.items()} | changed).encode()


async def hand_over(phone: Browser, page: str, content: bytes) -> httpx2.Response:
    hidden = form_on((await phone.get(f"{page}/credentials")).text)
    return await phone.client.post(f"{page}/credentials", data=hidden, files={"file": ("ezyvet.txt", content)})


async def test_rx1_the_credentials_are_tried_at_once_and_never_shown_again(
    clinic: Clinic, phone: Browser, site: dict[str, Any]
) -> None:
    page = await clinic.link(clinic.contact)
    assert f'href="{page}/credentials"' in (await phone.get(page)).text
    for content, why in (
        (b"", "Choose the file first."),
        (b"hello", "needs client_id, client_secret and site_uid"),
        (file_of(site, client_secret="wr0ng-s3cret"), "ezyVet refuses the credentials (401"),
    ):
        refused = await hand_over(phone, page, content)
        assert (refused.status_code, why in text_of(refused.text)) == (422, True), text_of(refused.text)
        assert "wr0ng-s3cret" not in refused.text
    assert (await clinic.show()).stage == "credentials"
    done = await hand_over(phone, page, file_of(site))
    assert "ezyVet gives us access" in text_of(done.text) and "we prepare the list of your vets" in text_of(done.text)
    assert site["client_secret"] not in done.text
    facts = {fact.name: fact.by for fact in (await clinic.show()).facts}
    assert facts["connection_verified"] == facts["credentials_received"] == "contact:dana"
    assert (await phone.get(f"{page}/credentials")).status_code == 409


async def test_rx10_exactly_the_list_that_was_shown_is_confirmed(
    clinic: Clinic, phone: Browser, site: dict[str, Any]
) -> None:
    page = await clinic.link(clinic.contact)
    await hand_over(phone, page, file_of(site))
    assert (await phone.get(f"{page}/prescribers")).status_code == 409, "there is no list yet"
    await clinic.record("prescribers_mapped")
    assert "our team prepares it" in await do(phone, page, "prescribers"), "nobody is in it"
    await choose_users(clinic.desk, clinic.id, {"dr-okafor": 10}, "sam")
    question = await ask(phone, page, "prescribers")
    assert "dr-okafor is Vera Okafor" in text_of(question.text)
    await choose_users(clinic.desk, clinic.id, {"dr-wim": 13}, "sam")
    changed = await confirm(phone, question)
    assert (changed.status_code, "The list has changed" in text_of(changed.text)) == (409, True)
    assert "prescribers_confirmed" in (await clinic.show()).missing
    assert "The list of your vets is confirmed." in await do(phone, page, "prescribers")
    (fact,) = [fact for fact in (await clinic.show()).facts if fact.name == "prescribers_confirmed"]
    assert (fact.by, fact.data) == ("contact:dana", {"confirmed_by": "Dana Reyes"})


async def test_rx12_the_practice_says_that_it_sees_the_test_once_it_was_sent(
    clinic: Clinic, phone: Browser, site: dict[str, Any]
) -> None:
    page, seen = await clinic.link(clinic.contact), "report-test_prescription_seen"
    await hand_over(phone, page, file_of(site))
    await clinic.record("prescribers_confirmed", confirmed_by="Dana Reyes")
    assert f"{page}/{seen}" not in (await phone.get(page)).text
    assert (await phone.get(f"{page}/{seen}")).status_code == 409
    await clinic.record("test_prescription_sent", patient="Biscuit")
    assert f'href="{page}/{seen}"' in (await phone.get(page)).text
    assert "is live" in await do(phone, page, seen)
    assert (await clinic.show()).status == "complete"
