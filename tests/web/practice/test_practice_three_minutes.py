"""The practice's three minutes, on a phone: from the mail to the page, and what follows from it.

The pictures are taken at every run, and written into docs/images only if ONBOARD_SCREENSHOTS is set.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from tests.browser import keep_picture
from tests.mailing import bodies
from tests.web.browser import Browser
from tests.web.looking import PHONE, Look, Scheme, look
from tests.web.practice.world import Clinic, do


@asynccontextmanager
async def from_the_mail(
    chromium: Chromium,
    phone: Browser,
    clinic: Clinic,
    to: str,
    *,
    button: str = "See where you stand",
    scripts: bool = False,
    scheme: Scheme = "light",
) -> AsyncIterator[Look]:
    """A phone on which the button in the newest mail to somebody has been tapped."""
    mails = await clinic.mailbox.wait_for(to)
    async with look(chromium, phone, size=PHONE, scripts=scripts, scheme=scheme) as seen:
        await seen.page.set_content(bodies(mails[-1])[1])
        async with seen.page.context.expect_page() as opened:
            await seen.page.get_by_role("link", name=button).click()
        seen.page = await opened.value
        seen.page.on("console", lambda said: seen.complaints.append(said.text) if said.type == "error" else None)
        await seen.page.wait_for_load_state()
        yield seen


async def picture(page: Page, name: str) -> None:
    keep_picture(f"practice-{name}", await page.screenshot(full_page=True))


async def test_from_the_mail_to_a_briefed_technical_contact(
    chromium: Chromium, registering: Clinic, phone: Browser
) -> None:
    async with from_the_mail(chromium, phone, registering, registering.contact) as seen:
        page = seen.page
        await expect(page.get_by_role("heading", name="Name your technical contact")).to_be_visible()
        await expect(page.get_by_role("heading", name="Name your technical contact")).to_be_in_viewport()
        await picture(page, "page")
        await page.get_by_role("link", name="Name the technical contact").click()
        await page.get_by_label("Name").fill("Lee Park")
        await page.get_by_label("E-mail address").fill(registering.lee)
        await page.get_by_role("button", name="Continue").click()
        await expect(page.get_by_role("heading", name="This is what happens")).to_be_visible()
        assert registering.mailbox.to(registering.lee) == []
        await picture(page, "question")
        await page.get_by_role("button", name="Yes, name the technical contact").click()
        await expect(page.get_by_role("status")).to_contain_text("Lee Park is the technical contact now.")
        await expect(page.get_by_role("heading", name="Answer DataPoint's e-mail")).to_be_visible()
        assert seen.complaints == []
    async with from_the_mail(
        chromium, phone, registering, registering.lee, button="Accept, tick what is ready"
    ) as seen:
        page = seen.page
        await page.get_by_role("link", name="Accept and get ready").click()
        await page.get_by_label("I can access the server").check()
        await page.get_by_label("Times that suit you").fill("Thursdays after 5 PM")
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_role("button", name="Yes, do this").click()
        await expect(page.get_by_role("status")).to_contain_text("passes the times on")
        await expect(page.get_by_text("Times that suit you: Thursdays after 5 PM")).to_be_visible()
        await picture(page, "technical")
    assert "Thursdays after 5 PM" in bodies(await registering.told("Thursdays after 5 PM"))[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_read_every_page(
    chromium: Chromium, registering: Clinic, phone: Browser, scheme: Scheme
) -> None:
    await registering.record("technical_contact_designated", name="Lee Park", email=registering.lee)
    dana, lee = await registering.link(registering.contact), await registering.link(registering.lee)
    await do(phone, lee, "ready", server="ready", times="Mondays")
    async with look(chromium, phone, size=PHONE, scheme=scheme) as seen:
        for path in (dana, lee, f"{lee}/ready", "/p/wrong", f"{dana}/nonsense"):
            await seen.go(path)
            seen.complaints.clear()  # a refusal is told as such
            await seen.check()
        for action in ("technical-contact", "address", "not-received", "not-me", "pause-reminders", "help"):
            await seen.go(f"{dana}/{action}")
            await seen.check()
        await seen.page.get_by_label("Your message").fill("Please call.\nThank you.")
        await seen.page.get_by_role("button", name="Continue").click()
        await seen.check()
        await seen.page.get_by_role("button", name="Yes, send it").click()
        await seen.page.locator("details").first.locator("summary").click()
        await seen.check()


async def test_what_every_stage_looks_like(chromium: Chromium, clinic: Clinic, phone: Browser) -> None:
    await clinic.start()
    await clinic.record("queued")
    path = await clinic.link(clinic.contact)
    async with look(chromium, phone, size=PHONE) as seen:
        for name, facts in (
            ("invitation", ()),
            ("installation", ("invitation_sent", "register")),
            ("import", ("technical_contact_reached", "agent_installed")),
            ("connected", ("data_received",)),
        ):
            for fact in facts:
                await (clinic.register() if fact == "register" else clinic.record(fact))
            await seen.go(path)
            await seen.check()
            await picture(seen.page, name)
        await seen.go("/p/wrong")
        await picture(seen.page, "no-entry")


async def test_by_keyboard_alone(chromium: Chromium, registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    async with look(chromium, phone, size=PHONE, scripts=False) as seen:
        keyboard = seen.page.keyboard
        await seen.go(path)
        await keyboard.press("Tab")
        await expect(seen.page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await seen.page.get_by_role("link", name="Ask for help").focus()
        await keyboard.press("Enter")
        await seen.page.get_by_label("Your message").focus()
        await keyboard.type("Please call")
        await keyboard.press("Tab")
        await keyboard.press("Enter")
        await expect(seen.page.get_by_role("button", name="Yes, send it")).to_be_visible()
        await seen.page.get_by_role("button", name="Yes, send it").focus()
        await keyboard.press("Enter")
        await expect(seen.page.get_by_role("status")).to_contain_text("Our team has your message")


async def test_no_other_site_learns_the_address(chromium: Chromium, registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    async with look(chromium, phone, size=PHONE) as seen:
        asked: list[dict[str, str]] = []
        await seen.page.route("https://pharmacy.example/**", lambda route: route.fulfill(body="Privacy"))
        seen.page.on("request", lambda request: asked.append(request.headers) if "privacy" in request.url else None)
        await seen.go(path)
        await seen.page.get_by_role("link", name="Privacy policy").click()
        await seen.page.wait_for_url("https://pharmacy.example/privacy")
        assert asked
        assert all("referer" not in headers for headers in asked)


async def test_the_teams_list_of_links_is_readable(chromium: Chromium, registering: Clinic) -> None:
    await registering.link(registering.contact)
    manager = await Browser.of_new_person(
        registering.address, registering.desk.database, "manager", f"looks-{registering.id}"
    )
    async with manager, look(chromium, manager, size=PHONE) as seen:
        await seen.go(f"/links/{registering.identity}")
        await seen.check()
        await seen.page.locator("details.confirm > summary").click()
        await seen.check()
        await seen.page.get_by_label("Why").fill("A test")
        await seen.page.get_by_role("button", name="End the links").click()
        await expect(seen.page.get_by_text("1 link of the primary contact ended")).to_be_visible()
