"""Changes come from our own pages only."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, expect
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.service import Desk
from tests.system.harness import Practice
from tests.web.browser import PASSWORD, Browser, form_on, text_of
from tests.web.looking import look
from tests.web.routes import filled, routes_of
from web.app import create_app
from web.csrf import SAFE
from web.security import FOR_PROGRAMS

PROFILE = {"name": "Changed", "time_zone": ""}
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def unsafe(desk: Desk, web_settings: Settings) -> list[tuple[str, str]]:
    """Every route that changes something in answer to a browser."""
    routes = routes_of(create_app(desk, web_settings))
    return [(method, path) for method, path in routes if method not in SAFE and not path.startswith(FOR_PROGRAMS)]


async def test_no_route_changes_anything_without_the_value(admin: Browser, unsafe: list[tuple[str, str]]) -> None:
    assert ("POST", "/people/{handle}/role") in unsafe
    for method, path in unsafe:
        answer = await admin.client.request(method, filled(path), data={"csrf": "guessed"})
        assert answer.status_code == 403, (method, path)
        assert "Nothing was changed" in text_of(answer.text), (method, path)


@pytest.mark.parametrize("given", [{}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "ünlike"}])
async def test_a_form_without_the_value_is_refused(specialist: Browser, given: dict[str, Any]) -> None:
    answer = await specialist.client.post("/account/profile", data={**PROFILE, **given})
    assert answer.status_code == 403
    assert "Changed" not in (await specialist.get("/account")).text


async def test_a_file_in_place_of_the_value_is_refused(specialist: Browser) -> None:
    answer = await specialist.client.post("/account/profile", data=PROFILE, files={"csrf": b"x"})
    assert answer.status_code == 403


async def test_the_value_of_another_browser_is_worth_nothing(specialist: Browser, browser: Browser) -> None:
    for stranger in (await browser.token("/sign-in"), ""):
        answer = await specialist.client.post("/account/profile", data={**PROFILE, "csrf": stranger})
        assert answer.status_code == 403


async def test_the_value_may_come_in_a_header_as_htmx_sends_it(specialist: Browser) -> None:
    headers = {"X-CSRF-Token": await specialist.token(), "HX-Request": "true"}
    answer = await specialist.client.post("/account/profile", data=PROFILE, headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/account")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_what_another_site_sends_is_refused_even_with_the_value(specialist: Browser, site: str) -> None:
    form = {**PROFILE, "csrf": await specialist.token()}
    headers = {"Sec-Fetch-Site": site}
    assert (await specialist.client.post("/account/profile", data=form, headers=headers)).status_code == 403
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert (await specialist.client.post("/account/profile", data=form, headers=headers)).status_code == 200


async def test_who_has_signed_out_in_another_tab_is_led_to_the_sign_in_page(specialist: Browser) -> None:
    form = {**PROFILE, "csrf": await specialist.token()}
    await specialist.submit("/account", {}, "/sign-out")
    answer = await specialist.client.post("/account/profile", data=form)
    assert (answer.status_code, "You are signed out" in text_of(answer.text)) == (403, True)
    assert (
        'href="/sign-in?next=/account/profile" target="_blank"' in answer.text and "Go to the board" not in answer.text
    )


@pytest.mark.parametrize("signs_out", [True, False])
async def test_what_was_typed_is_kept_until_its_sender_has_signed_in_again(
    specialist: Browser, database: AsyncEngine, signs_out: bool
) -> None:
    """Whether they have signed out in another tab or their session has ended by itself."""
    form = {**PROFILE, "name": "Ana B. Clark", "csrf": await specialist.token()}
    if signs_out:
        await specialist.submit("/account", {}, "/sign-out")
    else:
        async with database.begin() as connection:
            ended = text("UPDATE sessions SET expires_at = now() WHERE handle = :handle")
            await connection.execute(ended, {"handle": specialist.handle})
    answer = await specialist.client.post("/account/profile", data=form, headers=OURS)
    said = text_of(answer.text)
    assert (answer.status_code, "You are signed out" in said, "Ana B. Clark" in said) == (403, True, True)
    assert "Ana" not in str(answer.headers)
    await specialist.submit("/sign-in", {"name": specialist.handle, "password": PASSWORD})
    again = await specialist.client.post("/account/profile", data=form_on(answer.text), headers=OURS)
    assert (again.status_code, "send it now" in text_of(again.text)) == (403, True)
    done = await specialist.client.post("/account/profile", data=form_on(again.text), headers=OURS)
    assert (done.status_code, "Ana B. Clark" in done.text) == (200, True)


async def test_a_page_that_was_open_meanwhile_sends_what_was_typed_once_its_reader_is_signed_in_again(
    chromium: Chromium, practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    async with look(chromium, specialist) as seen:
        page = seen.page
        await seen.go(f"/onboardings/{practice.identity}")
        await page.locator("summary", has_text="Log a call").click()
        form = page.locator("#log-call form")
        await form.get_by_label("What was said").fill("They ask for Tuesday")
        await specialist.submit("/account", {}, "/sign-out")
        await specialist.submit("/sign-in", {"name": specialist.handle, "password": PASSWORD})
        session = specialist.client.cookies["session"]
        await page.context.add_cookies([{"name": "session", "value": session, "url": seen.address}])
        await form.get_by_role("button", name="Log").click()
        await expect(page.get_by_text("Nothing was changed yet: send it again.")).to_be_visible()
        await form.get_by_role("button", name="Log").click()
        await expect(page.get_by_text("Nothing was changed yet")).to_be_hidden()
        await seen.go(f"/practices/{practice.id}/conversation")
        await expect(page.get_by_text("They ask for Tuesday").first).to_be_visible()


@pytest.mark.parametrize("signs_in_first", [True, False])
async def test_a_note_is_sent_again_to_where_it_was_sent_first(
    chromium: Chromium, practice: Practice, specialist: Browser, signs_in_first: bool
) -> None:
    """The browser shows the address of the form's page meanwhile."""
    await practice.start()

    async def sign_in(context: BrowserContext) -> None:
        await specialist.submit("/sign-in", {"name": specialist.handle, "password": PASSWORD})
        session = specialist.client.cookies["session"]
        await context.add_cookies([{"name": "session", "value": session, "url": specialist.address}])

    async with look(chromium, specialist) as seen:
        page = seen.page
        await seen.go(f"/onboardings/{practice.identity}")
        await page.locator("summary", has_text="Write a note").click()
        await page.locator("#do-note-why").fill("Tess wants the call on Friday")
        await specialist.submit("/account", {}, "/sign-out")
        if signs_in_first:
            await sign_in(page.context)
        await page.get_by_role("button", name="Write a note").click()
        await expect(page.get_by_role("heading", name="What you sent is kept here")).to_be_visible()
        if not signs_in_first:
            assert await page.get_by_role("link", name="Sign in").get_attribute("href") == "/sign-in"
            await sign_in(page.context)
            await page.get_by_role("button", name="Send again").click()
            await expect(page.get_by_text("send it now")).to_be_visible()
            page_left = page.get_by_role("link", name="Leave it, and go to the page")
            await expect(page_left).to_have_attribute("href", re.compile(f"^/onboardings/{practice.identity}"))
        await page.get_by_role("button", name="Send again").click()
        await expect(page).to_have_url(re.compile(f"/onboardings/{practice.identity}$"))
        await expect(page.locator("#entries")).to_contain_text("Tess wants the call on Friday")


async def test_another_sites_words_and_passwords_are_not_kept(specialist: Browser) -> None:
    password = {"old": "one of mine", "new": "the new one of mine"}
    stranger = await specialist.client.post("/account/profile", data={**PROFILE, "csrf": "guessed"})
    other = await specialist.client.post("/account/password", data={**password, "csrf": "guessed"}, headers=OURS)
    assert [one.status_code for one in (stranger, other)] == [403, 403]
    assert "Send again" not in stranger.text and "of mine" not in other.text


async def test_what_was_sent_is_shown_without_its_codes(specialist: Browser) -> None:
    sent = {"beside": "rx-aa3dba0992c0e04866b3 rx-0b1c2d3e4f5a60718293", "why": "Thanks, 12 Oak St!"}
    kept = await specialist.client.post("/account/profile", data={**sent, "csrf": "guessed"}, headers=OURS)
    assert re.findall("<blockquote>(.*?)</blockquote>", kept.text) == ["Thanks, 12 Oak St!"]
    assert f'value="{sent["beside"]}"' in kept.text, "it is sent again all the same"


async def test_a_page_that_is_open_stays_when_its_parts_are_asked_for_after_the_end(specialist: Browser) -> None:
    await specialist.submit("/account", {}, "/sign-out")
    answer = await specialist.client.get("/needs", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-retarget"]) == (403, "#notices")
    assert "You are signed out" in text_of(answer.text)


async def test_signing_in_is_protected_too(browser: Browser) -> None:
    """Or somebody could be signed in as another without noticing."""
    answer = await browser.client.post("/sign-in", data={"name": "x", "password": "y"})
    assert answer.status_code == 403
