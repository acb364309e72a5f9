"""RX5: the page behind an item's link follows every change, and shows those who are not signed in what it may."""

from __future__ import annotations

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from tests.web.browser import Browser, text_of
from tests.web.clinic.conftest import Enter
from tests.web.clinic.staff import Clinic
from tests.web.clinic.surgery import CARPROFEN, SHAMPOO, Surgery
from tests.web.looking import TWO_WINDOWS, look

SECRET = ("Reyes", "Lame for weeks", "$20.00", "With food", "Please come in first.", "member:", "shop")


async def test_rx5_it_follows_every_change(surgery: Surgery, anybody: Browser) -> None:
    id = await surgery.request(CARPROFEN, SHAMPOO)
    page = await surgery.order_page(id)

    async def shown() -> str:
        return text_of((await anybody.get(page)).text)

    assert "Waits for the vet's approval" in await shown() and f"Prescribed by {surgery.vet.name}" in await shown()
    await surgery.report(id, "approve", by="dr-ames")
    assert "Waits for the owner's payment" in await shown()
    await surgery.report(id, "pay")
    assert "Ordered" in await shown()
    await surgery.report(id, "dispense", product="carprofen-75", qty=3, remaining=2)
    assert "Being packed" in await shown() and "Left: 2 refills" in await shown()
    await surgery.report(id, "ship", items=["carprofen-75"], carrier="Parcel Express", tracking="PX-1")
    assert "On its way" in await shown() and "with Parcel Express" in await shown()
    await surgery.report(id, "deliver", items=["carprofen-75"])
    assert "Delivered" in await shown()
    await surgery.report(id, "cancel", by="owner", reason="Lame for weeks", items=["shampoo"])
    assert "Cancelled" in await shown() and "Nothing more is sent" in await shown()


async def test_without_signing_in_it_names_no_owner_price_or_reason(
    surgery: Surgery, anybody: Browser, enter: Enter
) -> None:
    id = await surgery.request()
    page = await surgery.order_page(id)
    await surgery.report(
        id,
        "approve",
        by="dr-ames",
        changes=[{"product": "carprofen-75", "instructions": "With food"}],
    )
    await surgery.report(id, "decline", by="vet", reason="Lame for weeks", message_to_owner="Please come in first.")
    other = await Clinic.new(surgery.clinic.web, surgery.clinic.database)
    stranger = await enter(other, await other.member("owner"))
    for browser, why in ((anybody, "sign in"), (stranger, "do not belong to the practice of this order")):
        text = (await browser.get(page)).text
        assert [each for each in SECRET if each in text] == []
        assert "Biscuit" in text and "Carprofen 75 mg" in text and why in text_of(text)
    own = text_of((await surgery.browser.get(page)).text)
    assert "Lame for weeks" in own and "$20.00" in own and "With food" in own and "Please come in first." in own


async def test_an_address_below_the_link_leads_back_to_the_order(surgery: Surgery, anybody: Browser) -> None:
    page = await surgery.order_page(await surgery.request())
    opened = await anybody.get(f"{page}/nothing")
    assert (opened.status_code, f'href="{page}"' in opened.text) == (404, True)
    assert "board" not in text_of(opened.text)


async def test_a_guessed_link_opens_nothing(anybody: Browser) -> None:
    for token in ("x" * 32, "x", "rx-0f3c9a1b2d4e5f607182"):
        for path in (f"/rx/{token}", f"/rx/{token}/live"):
            assert (await anybody.get(path)).status_code == 410


async def test_the_page_that_is_open_changes_by_itself(surgery: Surgery, anybody: Browser, chromium: Chromium) -> None:
    id = await surgery.request(CARPROFEN, SHAMPOO)
    async with look(chromium, anybody, windows=TWO_WINDOWS) as one:
        await one.go(await surgery.order_page(id))
        await expect(one.page.locator("html")).to_have_attribute("data-listening", "yes")
        await surgery.report(id, "approve", by="dr-ames")
        await expect(one.page.get_by_text("Waits for the owner's payment").first).to_be_visible()
        await one.check()
