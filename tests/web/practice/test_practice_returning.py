"""Who said by mistake that they are not the right person takes it back; the record has both (DP7)."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import httpx2
from playwright.async_api import Browser as Chromium

from tests.mailing import bodies
from tests.web.browser import Browser, form_on, text_of
from tests.web.looking import EVERY_WINDOW, look
from tests.web.practice.world import Clinic, ask, confirm, do, journal_of, now

OFFER = "Was that a mistake?"


async def decline(phone: Browser, path: str) -> str:
    """Says that they are not the right person; where it can be taken back."""
    said = await confirm(phone, await ask(phone, path, "not-me"))
    assert OFFER in text_of(said.text)
    found = re.search(r'href="([^"]+/take-back)"', said.text)
    assert found
    return found[1]


async def take_back(phone: Browser, page: httpx2.Response, path: str) -> httpx2.Response:
    return await phone.client.post(path, data=form_on(page.text, path))


async def test_the_primary_contact_takes_it_back_once_and_gets_a_new_link(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    back = await decline(phone, path)
    assert back == f"{path}/take-back"
    # The old link says how, too: the page that said so may be closed long since.
    assert OFFER in text_of((await phone.get(path)).text)
    question = await phone.get(back)
    assert "You, Dana Reyes, are the primary contact of Practice" in text_of(question.text)
    said = await asyncio.gather(take_back(phone, question, back), take_back(phone, question, back))
    assert all("you are the primary contact again" in text_of(each.text) for each in said)
    newest = await registering.link(registering.contact, 2)
    assert (await now(phone, newest)).startswith("Your turn")
    assert len(registering.mailbox.to(registering.contact)) == 2
    mail = await registering.told("said so by mistake")
    assert mail["Subject"] == f"Practice {registering.id}: Dana Reyes is the right person after all"
    gone = await phone.get(back)
    assert (gone.status_code, OFFER in text_of(gone.text)) == (410, False)
    assert (await phone.get(path)).status_code == 410, "the old link stays ended"
    told = [line.text for line in await journal_of(registering) if line.by == "contact:dana"]
    assert "Dana Reyes is not the right person" in told and "Dana Reyes is the right person after all" in told
    await registering.forward(timedelta(days=30))
    assert len(await registering.mailbox.wait_for(registering.contact, 3)) >= 3, "reminders go on"


async def test_the_technical_contact_takes_it_back_with_all_details(registering: Clinic, phone: Browser) -> None:
    danas = await registering.link(registering.contact)
    await registering.record(
        "technical_contact_designated", name="Lee Park", email=registering.lee, phone="312 555 0170"
    )
    lees = await registering.link(registering.lee)
    back = await decline(phone, lees)
    assert "Name another technical contact" in await now(phone, danas)
    await take_back(phone, await phone.get(back), back)
    assert (await phone.get(await registering.link(registering.lee, 2))).status_code == 200
    page = text_of((await phone.get(danas)).text)
    assert f"Technical contact Lee Park {registering.lee} 312 555 0170" in page
    facts = [fact for fact in (await registering.show()).facts if fact.name == "technical_contact_designated"]
    assert [fact.by for fact in facts] == ["sam", "contact:lee"]


async def test_nothing_is_taken_back_once_somebody_else_is_named_or_a_week_is_over(
    registering: Clinic, phone: Browser
) -> None:
    danas = await registering.link(registering.contact)
    await registering.record("technical_contact_designated", name="Lee Park", email=registering.lee)
    back = await decline(phone, await registering.link(registering.lee))
    question = await phone.get(back)
    await registering.record("technical_contact_designated", name="Uma Cho", email=f"uma@{registering.id}.test")
    assert (await phone.get(back)).status_code == 410
    assert (await take_back(phone, question, back)).status_code == 410
    assert "Uma Cho" in text_of((await phone.get(danas)).text)
    late = await decline(phone, danas)
    await registering.forward(timedelta(days=8))
    await registering.command("note")
    assert (await phone.get(late)).status_code == 410
    assert OFFER not in text_of((await phone.get(danas)).text)


async def test_a_link_that_did_not_decline_or_is_wrong_takes_nothing_back(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    for each in (path, f"/p/{'x' * 43}", "/p/wrong"):
        assert (await phone.get(f"{each}/take-back")).status_code == 410
    assert "no longer works" in await do(phone, path, "address", email=f"new@{registering.id}.test")
    assert (await phone.get(f"{path}/take-back")).status_code == 410


async def test_the_question_reads_right_in_every_window(
    registering: Clinic, phone: Browser, chromium: Chromium
) -> None:
    path = await registering.link(registering.contact)
    back = await decline(phone, path)
    async with look(chromium, phone, windows=EVERY_WINDOW) as seen:
        await seen.go(back)
        await seen.check()


async def test_the_team_is_asked_for_nothing_once_it_is_taken_back(registering: Clinic, phone: Browser) -> None:
    back = await decline(phone, await registering.link(registering.contact))
    await take_back(phone, await phone.get(back), back)
    mail = bodies(await registering.told("said so by mistake"))[0]
    assert "Their last mail was sent again, with a new link." in mail
