"""The portal in a real browser: on a phone and a desk, by keyboard, readable by everybody."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Error, expect

from tests.web.clinic.surgery import CARPROFEN, SHAMPOO, Surgery
from tests.web.looking import TWO_WINDOWS, look


async def test_requests_are_chosen_and_approved_by_keyboard(surgery: Surgery, chromium: Chromium) -> None:
    ids = [await surgery.request(CARPROFEN, SHAMPOO), await surgery.request(SHAMPOO, patient="7")]
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        await one.go(surgery.at)
        await expect(one.page.locator("html")).to_have_attribute("data-listening", "yes")
        for key in "jxjx":
            await one.page.keyboard.press(key)
        await expect(one.page.get_by_text("2 chosen")).to_be_visible()
        await one.check()
        await one.page.get_by_role("button", name="Approve those chosen").press("Enter")
        await expect(one.page.get_by_role("heading", name="Approve 2 of 2")).to_be_visible()
        await one.check()
        await one.page.keyboard.press("Enter")
        await expect(one.page.get_by_role("heading", name="Approved 2 of 2")).to_be_visible()
        await one.check()
    assert all([(await surgery.show(id)).position.approval for id in ids])


async def test_a_request_is_seen_at_once_and_approved_by_a_key(surgery: Surgery, chromium: Chromium) -> None:
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        await one.go(surgery.at)
        await expect(one.page.locator("html")).to_have_attribute("data-listening", "yes")
        await surgery.request(CARPROFEN, SHAMPOO)
        await one.page.get_by_role("link", name="Biscuit").click()
        await one.page.get_by_role("link", name="Decline …").click()
        await expect(one.page.get_by_label("Why")).to_be_focused()
        await one.page.get_by_label("Why").select_option("other")
        await expect(one.page.get_by_label("In your words")).to_have_js_property("required", True)
        await one.check()
        await one.page.keyboard.press("Escape")
        await one.page.keyboard.press("a")
        await expect(one.page.get_by_text("Approved for Biscuit: ")).to_be_visible()
        await one.check()


async def test_a_redraw_shuts_nothing_and_loses_no_click(surgery: Surgery, chromium: Chromium) -> None:
    page = f"{surgery.at}/prescriptions/{await surgery.request()}"
    async with look(chromium, surgery.browser) as one:
        await one.go(page)
        opened = one.page.locator("details.confirm > summary")
        for _ in range(2):
            await opened.focus()
            await one.page.keyboard.press("Enter")
            async with one.page.expect_response(f"**{page}"):
                await one.page.evaluate("document.getElementById('history').textContent = 'Old'; refresh([])")
            await expect(one.page.get_by_role("heading", name="History")).to_be_visible()
            await expect(opened).to_be_focused()
            await expect(one.page.get_by_label("Why")).to_be_visible()
            await one.page.keyboard.press("Enter")
        # A tap that was meant for what stood elsewhere is lost; one on what stayed is not. Further down the browser
        # would scroll along with what moves.
        await expect(one.page.get_by_role("button", name="Approve")).to_have_css("pointer-events", "auto")
        await one.page.evaluate("scrollTo(0, 0); document.querySelector('h1').style.marginTop = '90px'; refresh([])")
        await expect(one.page.get_by_role("button", name="Approve")).to_have_class("main settling")


async def test_a_prescription_is_written(surgery: Surgery, chromium: Chromium) -> None:
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        await one.go(f"{surgery.at}/write")
        await expect(one.page.get_by_label("For which patient?")).to_be_focused()
        await one.page.keyboard.type("bisc")
        await expect(one.page.get_by_role("link", name="Biscuit")).to_be_visible()
        await one.check()
        await one.page.get_by_role("link", name="Biscuit").click()
        await one.page.get_by_label("Product", exact=True).select_option("carprofen-75")
        await one.page.get_by_label("Quantity").first.fill("1.5")
        await one.page.get_by_label("Refills").first.fill("1")
        await expect(one.page.locator("#prices")).to_contain_text("$30.00")
        await one.page.get_by_label("Quantity").first.press("End")
        await one.page.keyboard.type("5")
        await expect(one.page.locator("#prices")).to_contain_text("$31.00")
        await one.page.get_by_label("Quantity").first.fill("1.5")
        await expect(one.page.get_by_text("The pharmacy has no way to ezyVet yet.")).to_be_visible()
        await one.check()
        await one.page.get_by_role("button", name="Write and approve").click()
        await expect(one.page.get_by_role("alert")).to_contain_text("You gave 1.5 of Carprofen 75 mg")
        await expect(one.page.get_by_role("alert")).to_be_focused()
        one.complaints.clear()
        await one.check()
        await one.page.get_by_role("button", name="Write and approve").click()
        await expect(one.page.get_by_text("Written and approved for Biscuit: ")).to_be_visible()
        await one.go(f"{surgery.at}/reports")
        for each in await one.page.get_by_role("navigation").get_by_role("link").all():
            await expect(each).to_be_in_viewport(ratio=1)
        await one.go(f"{surgery.at}/prescriptions")
        await expect(one.page.locator("main .pill", has_text="To be sent to ezyVet").first).to_be_visible()
        await one.check()


async def test_the_other_pages_of_a_practice(surgery: Surgery, chromium: Chromium) -> None:
    owner = await surgery.clinic.member("owner")
    browser = await surgery.clinic.enter(owner)
    async with browser, look(chromium, browser, windows=TWO_WINDOWS) as one:
        for path in (f"{surgery.at}/people", f"{surgery.at}/account", f"{surgery.at}/patients/6/records", surgery.at):
            await one.go(path)
            await one.check()
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        await one.go(f"{surgery.at}/account")
        await one.check()
    surgery.browser.client.cookies.clear()
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        for path in ("/members/sign-in", "/members/new-password", "/rx/guessed"):
            await one.go(path)
            one.complaints.clear()
            await one.check()


async def test_back_shows_nothing_of_who_has_signed_out(surgery: Surgery, chromium: Chromium) -> None:
    async with look(chromium, surgery.browser) as one:
        await one.go(f"{surgery.at}/clients")
        email = one.page.get_by_label("E-mail address")
        await email.fill("ann@shared-desk.test")
        await one.page.get_by_role("button", name="Add", exact=True).click()
        await expect(one.page.get_by_text("Write at least one name.").first).to_be_visible()
        await one.page.get_by_role("link", name="Tasks", exact=True).click()
        await expect(one.page.get_by_role("heading", name="Assigned to me")).to_be_visible()
        await one.page.go_back()
        await expect(email).to_have_value("ann@shared-desk.test")
        await one.page.locator(".menu.who > summary").click()
        await one.page.get_by_role("button", name="Sign out").click()
        await expect(one.page.get_by_text("You are signed out.")).to_be_visible()
        with pytest.raises(Error, match="ERR_CACHE_MISS"):
            await one.page.go_back()
