"""The palette: it finds practices and pages as far as the reader may, and works by keys alone."""

from __future__ import annotations

import re
from html import unescape

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn
from tests.web.looking import EVERY_WINDOW, look


async def found(browser: Browser, q: str = "") -> dict[str, str]:
    """The options: addresses by what they say first."""
    page = (await browser.client.get("/palette", params={"q": q})).text
    return {unescape(title): unescape(to) for to, title in re.findall(r'data-go="([^"]*)"><span>([^<]*)<', page)}


async def test_it_lists_the_pages_that_the_reader_may_open(signed_in: SignedIn) -> None:
    viewer, specialist = await found(await signed_in("viewer")), await found(await signed_in("specialist"))
    assert viewer["Reports"] == "/reports" and "Start" not in viewer
    assert specialist["Start"] == "/start"
    assert list(await found(await signed_in("viewer"), "NEEDS pers")) == ["Needs a person"]
    assert await found(await signed_in("viewer"), "hand over") == {"Out of office, hand over": "/account#absence"}


async def test_it_finds_a_practice_by_all_that_people_know(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    name, address = f"Practice {practice.id}", f"/onboardings/{practice.identity}"
    await eventually(lambda: found(specialist, practice.id), lambda options: options.get(name) == address)
    for known in (name.upper(), practice.contact, "dana rey", "312-555-0100"):
        assert address in (await found(specialist, known)).values() or len(await found(specialist, known)) >= 8, known
    assert await found(specialist, "z") == {}
    assert f"/practices/{practice.id}/conversation" in (await specialist.get(f"/palette?q={practice.id}")).text


async def test_it_is_used_by_keys_alone(chromium: Chromium, practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await eventually(lambda: found(specialist, practice.id), bool)
    async with look(chromium, specialist, windows=EVERY_WINDOW) as seen:
        page, press = seen.page, seen.page.keyboard.press
        palette = page.get_by_role("dialog", name="Go to a practice")
        await seen.go("/reports")
        await press("Control+k")
        await expect(palette.get_by_role("option", name="Board", exact=False).first).to_be_visible()
        await seen.check()
        await page.keyboard.type(practice.id)
        await press("Enter")
        await page.wait_for_url(f"**/onboardings/{practice.identity}")
        await press("Meta+k")
        await page.keyboard.type("put on hold")
        await expect(palette.get_by_role("option")).to_have_count(1)
        await press("Enter")
        await expect(palette).to_be_hidden()
        await expect(page.locator("#do-hold-until")).to_be_focused()
        await press("Control+k")
        await press("ArrowDown")
        await expect(palette.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
        await page.keyboard.type("nothing is called so")
        await expect(palette.get_by_role("status")).to_have_text("No matches")
        await press("Escape")
        await expect(palette).to_be_hidden()
