"""The picture of the practice's page that the README shows: taken at every run, kept by `make screenshots` only."""

from __future__ import annotations

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from tests.browser import keep_picture
from tests.web.browser import Browser
from tests.web.looking import look
from tests.web.practice.world import Clinic


async def test_the_page_says_first_whose_turn_it_is_and_what_to_do(
    chromium: Chromium, clinic: Clinic, phone: Browser
) -> None:
    await clinic.start(name="Maple Street Veterinary")
    await clinic.record("queued")
    await clinic.record("invitation_sent")
    async with look(chromium, phone, size={"width": 375, "height": 1180}) as seen:
        await seen.go(await clinic.link(clinic.contact))
        await expect(seen.page.get_by_role("heading", level=1)).to_contain_text("Maple Street Veterinary")
        await expect(seen.page.get_by_text("Your turn", exact=True)).to_be_in_viewport()
        await expect(seen.page.get_by_role("link", name="Name the technical contact")).to_be_in_viewport()
        keep_picture("practice-page", await seen.page.screenshot())
