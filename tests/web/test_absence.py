"""Out of office: somebody stands in, and reads what is written about one's practices."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Request, expect
from sqlalchemy.ext.asyncio import AsyncEngine

from desk.service import Desk
from store.accounts import accounts
from store.accounts.deputies import readers
from store.accounts.problem import AccountProblem
from tests.system.harness import Mailbox, Practice
from tests.web.browser import Browser, next_number, text_of
from tests.web.looking import PHONE, look

MONTH = timedelta(days=30)


async def test_what_is_written_to_who_is_away_goes_to_the_deputy(
    desk: Desk, specialist: Browser, admin: Browser, practice: Practice, mailbox: tuple[Mailbox, int]
) -> None:
    back = (datetime.now(UTC) + MONTH).date().isoformat()
    page = await specialist.submit("/account", {"back_on": back, "deputy": admin.handle}, "/account/absence")
    assert f"{admin.handle.title()} covers for you" in text_of(page.text)
    request = practice.request().model_copy(update={"assignee": specialist.handle})
    await desk.start("datapoint", request, specialist.handle)
    await practice.forward(timedelta(days=5))
    [letter, *_] = await mailbox[0].wait_for(f"{admin.handle}@pharmacy.test")
    assert f"(for {specialist.handle.title()})" in str(letter["To"])
    assert mailbox[0].to(f"{specialist.handle}@pharmacy.test") == []


async def test_who_is_back_reads_again(specialist: Browser, admin: Browser, database: AsyncEngine) -> None:
    back = datetime.now(UTC) + MONTH
    await accounts.set_absence(database, specialist.handle, back, admin.handle, specialist.handle)
    assert (await readers(database, {specialist.handle}, datetime.now(UTC)))[specialist.handle].instead_of
    after = await readers(database, {specialist.handle}, back + timedelta(seconds=1))
    assert after[specialist.handle].email == f"{specialist.handle}@pharmacy.test"
    page = await specialist.submit("/account", {"here": "yes"}, "/account/absence")
    assert "Welcome back." in text_of(page.text)
    assert not (await accounts.find(database, specialist.handle)).is_out()


async def test_the_banner_itself_says_that_one_is_back(
    specialist: Browser, admin: Browser, database: AsyncEngine
) -> None:
    back = datetime.now(UTC) + MONTH
    await accounts.set_absence(database, specialist.handle, back, admin.handle, specialist.handle)
    assert "Welcome back." in text_of((await specialist.submit("/needs", {"here": "yes"}, "/account/absence")).text)


async def test_a_deputy_who_cannot_sign_in_yet_is_warned_of(
    specialist: Browser, admin: Browser, database: AsyncEngine
) -> None:
    new = f"new-{next_number()}"
    person = accounts.new_person(handle=new, name="Nina Ray", email=f"{new}@pharmacy.test", role="viewer")
    async with database.begin() as connection:
        await accounts.add(connection, person, admin.handle)
    for address in ("/account", "/start", "/start/many"):
        [said] = re.findall(rf'<option value="{new}">([^<]+)<', (await specialist.get(address)).text)[:1]
        assert (said.startswith("Nina Ray ("), said.endswith("cannot sign in yet)")) == (True, True)
    back = (datetime.now(UTC) + MONTH).date().isoformat()
    page = await specialist.submit("/account", {"back_on": back, "deputy": new}, "/account/absence")
    assert "You are out of office. Nina Ray gets your mails, but cannot sign in yet." in text_of(page.text)
    assert "ask an admin for a new invitation link." in text_of(page.text)
    page = await admin.submit("/account", {"back_on": back, "deputy": new}, "/account/absence")
    assert 'create a new invitation link under <a href="/people">People</a>' in page.text
    assert "; Nina Ray gets your mails." in text_of((await admin.get("/needs")).text), "everywhere by name"


async def test_a_circle_of_deputies_ends(specialist: Browser, admin: Browser, database: AsyncEngine) -> None:
    back = datetime.now(UTC) + MONTH
    await accounts.set_absence(database, specialist.handle, back, admin.handle, specialist.handle)
    with pytest.raises(AccountProblem, match="is away as well"):
        await accounts.set_absence(database, admin.handle, back, specialist.handle, admin.handle)
    await accounts.set_active(database, admin.handle, False, "test")
    found = await readers(database, {specialist.handle}, datetime.now(UTC))
    assert found[specialist.handle].email == f"{specialist.handle}@pharmacy.test"
    assert await readers(database, {"nobody", admin.handle}, datetime.now(UTC)) == {}


@pytest.mark.parametrize(
    ("back_on", "why"), [("", "Give the day"), ("2020-01-01", "That day has passed"), ("9999-12-31x", "Give the day")]
)
async def test_an_absence_needs_its_end(specialist: Browser, admin: Browser, back_on: str, why: str) -> None:
    page = await specialist.submit("/account", {"back_on": back_on, "deputy": admin.handle}, "/account/absence")
    assert (page.status_code, why in text_of(page.text)) == (422, True)


async def test_an_absence_needs_somebody_else(specialist: Browser) -> None:
    back = (datetime.now(UTC) + MONTH).date().isoformat()
    for deputy in ("", specialist.handle, "nobody"):
        page = await specialist.submit("/account", {"back_on": back, "deputy": deputy}, "/account/absence")
        assert page.status_code == 422, deputy


async def test_a_second_tap_is_not_for_the_page_that_answers_the_first(
    chromium: Chromium, specialist: Browser, admin: Browser, database: AsyncEngine
) -> None:
    month = (datetime.now(UTC) + MONTH).date().isoformat()
    async with look(chromium, specialist, size=PHONE, scripts=False) as one:
        animations = await one.page.context.new_cdp_session(one.page)
        await animations.send("Animation.enable")
        await animations.send("Animation.setPlaybackRate", {"playbackRate": 0})
        await one.go("/account")
        await one.page.get_by_label("Back on").fill(month)
        await one.page.get_by_label("Who covers for you").select_option(admin.handle)
        sent = list[Request]()
        one.page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
        await one.page.get_by_role("button", name="Set out of office").click()
        back = one.page.get_by_role("button", name="I am back").first
        spot = await back.bounding_box()
        assert spot
        await one.page.mouse.click(spot["x"] + 5, spot["y"] + 5)
        await expect(back).to_have_css("pointer-events", "none")
        await animations.send("Animation.setPlaybackRate", {"playbackRate": 1})
        await back.click()
        await expect(one.page.get_by_text("Welcome back.")).to_be_visible()
        assert len(sent) == 2, "the second tap sent nothing"
    assert not (await accounts.find(database, specialist.handle)).is_out()
