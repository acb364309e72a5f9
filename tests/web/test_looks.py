"""The pages in a real browser: readable for everybody, in both schemes, on a phone, by keyboard, without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.service import Desk
from store.accounts import access, accounts, one_time_links
from store.database import connect
from tests.web.browser import PASSWORD, Browser, next_number
from tests.web.looking import EVERY_WINDOW, PHONE, look
from tests.web.serving import serving
from web.app import create_app


async def test_everybody_can_read_the_pages(
    chromium: Chromium, desk: Desk, web_settings: Settings, new_database: Callable[[], str]
) -> None:
    # With a few people, where the database of all tests has hundreds.
    database = connect(new_database())
    app = create_app(Desk(desk.client, database, web_settings), web_settings)
    async with (
        serving(app, web_settings) as address,
        await Browser.of_new_person(address, database, "admin", "lou") as lou,
    ):
        await invitation(database)
        person = await accounts.find(database, lou.handle)
        await access.create_token(database, person, "A program", ("read", "write"), 90)
        async with look(chromium, lou, windows=EVERY_WINDOW) as seen:
            for path in ("/account", "/people", "/styleguide"):
                await seen.go(path)
                await seen.check()
            await seen.page.locator(".who > summary").click()
            await seen.check()
    await database.dispose()


async def test_everybody_can_read_the_pages_for_nobody(
    chromium: Chromium, browser: Browser, database: AsyncEngine
) -> None:
    async with look(chromium, browser, windows=EVERY_WINDOW) as seen:
        for path in ("/sign-in", f"/welcome/{await invitation(database)}"):
            await seen.go(path)
            await seen.check()


@pytest.mark.parametrize("scripts", [True, False])
async def test_signing_in_and_out_needs_neither_mouse_nor_scripts(
    chromium: Chromium, browser: Browser, database: AsyncEngine, scripts: bool
) -> None:
    async with look(chromium, browser, scripts=scripts) as seen:
        keyboard = seen.page.keyboard
        await seen.go(f"/welcome/{await invitation(database)}")
        await seen.page.get_by_label("Password").focus()
        await keyboard.type(PASSWORD)
        await keyboard.press("Enter")
        await seen.page.wait_for_url(f"{seen.address}/")
        await seen.go("/account")
        await keyboard.press("Tab")
        await expect(seen.page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await seen.page.locator(".who > summary").focus()
        await keyboard.press("Enter")
        await seen.page.get_by_role("button", name="Sign out", exact=True).focus()
        await keyboard.press("Enter")
        await expect(seen.page.get_by_role("heading", name="Sign in")).to_be_visible()
        await expect(seen.page.get_by_text("You are signed out.")).to_be_visible()


async def test_what_is_wrong_with_a_form_far_below_is_in_sight(
    chromium: Chromium, admin: Browser, specialist: Browser
) -> None:
    async with look(chromium, specialist, size=PHONE) as seen:
        await seen.go("/account")
        await expect(seen.page.get_by_label("Who covers for you")).to_contain_text(admin.name)
        await seen.page.get_by_label("Time zone").fill("Nowhere")
        await seen.page.locator('form[action="/account/profile"] button').click()
        wrong = seen.page.get_by_text("'Nowhere' is not a time zone")
        await expect(wrong).to_be_focused()
        await expect(wrong).to_be_in_viewport(ratio=1)


async def test_escape_closes_what_was_opened(chromium: Chromium, admin: Browser) -> None:
    async with look(chromium, admin) as seen:
        await seen.go("/people")
        question = seen.page.locator("details.confirm").first
        await question.locator("summary").click()
        await expect(question.get_by_role("button")).to_be_visible()
        await seen.page.keyboard.press("Escape")
        await expect(question.get_by_role("button")).to_be_hidden()
        await expect(question.locator("summary")).to_be_focused()


async def invitation(database: AsyncEngine) -> str:
    """The secret of an invitation for somebody new."""
    handle = f"looker-{next_number()}"
    person = accounts.new_person(handle=handle, name="Lou", email=f"{handle}@pharmacy.test", role="viewer")
    return await one_time_links.invite(database, person, "test")
