"""A prescription is stopped by one word: of the link to the form, the button, the badge and the list (RX6, RX9)."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from tests.web.browser import text_of
from tests.web.clinic.surgery import Surgery
from tests.web.looking import TWO_WINDOWS, look


@pytest.mark.parametrize(("origin", "word"), [("owner", "Decline"), ("vet", "Cancel")])
async def test_a_renewal_leads_to_the_form_that_stops_what_it_renews(
    surgery: Surgery, chromium: Chromium, origin: str, word: str
) -> None:
    id = await surgery.request(origin=origin)
    await surgery.report(id, "approve", by="dr-ames")
    await surgery.published(id, 1)
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        await one.go(f"{surgery.at}/write/6?renews={id}")
        await one.page.get_by_label("Quantity").first.fill("2")
        async with one.page.expect_popup() as opened:
            await one.page.get_by_role("link", name=f"{word} it in a new tab").click()
        other = await opened.value
        await expect(other.get_by_role("button", name=f"{word} the prescription")).to_be_visible()
        await expect(other.get_by_label("Why")).to_be_in_viewport()
        await expect(one.page.get_by_label("Quantity").first).to_have_value("2")
        await one.check()


async def test_what_is_cancelled_before_any_fill_is_called_cancelled_everywhere(surgery: Surgery) -> None:
    id = await surgery.request(origin="vet")
    await surgery.report(id, "approve", by="dr-ames")
    await surgery.published(id, 1)
    page = f"{surgery.at}/prescriptions/{id}"
    said = text_of((await surgery.browser.submit(page, {"code": "written_by_mistake"}, action=f"{page}/cancel")).text)
    await surgery.published(id, 2)
    listed = text_of((await surgery.browser.get(f"{surgery.at}/prescriptions")).text)
    for shown in (said, listed):
        assert "Cancelled by the vet" in shown and "Declined by" not in shown
    assert "Written by mistake" in said
