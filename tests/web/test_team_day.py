"""The team's day in a browser: sign in, start a practice, record, hold, see it live elsewhere, take the table along.

The pictures are taken at every run, and written into docs/images by `make screenshots` only.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.async_api import Browser as Chromium
from playwright.async_api import Locator, Page, expect
from sqlalchemy.ext.asyncio import AsyncEngine

from desk.service import Desk
from tests.browser import keep_picture
from tests.system.harness import Mailbox, Practice
from tests.web.browser import PASSWORD, Browser, SignedIn, next_number
from tests.web.busy_day import Busy
from tests.web.looking import Look, listening, look

QUEUED = re.compile("Record it ?: In DataPoint's request queue")


async def sign_in(seen: Look, browser: Browser, database: AsyncEngine, name: str) -> str:
    """By the form, with a password; whoever signs in is returned by handle."""
    handle = f"{name.lower()}-{next_number()}"
    async with await Browser.of_new_person(browser.address, database, "specialist", handle, name=name):
        pass
    await seen.go("/")
    await seen.page.get_by_label("Handle or e-mail address").fill(handle)
    await seen.page.get_by_label("Password").fill(PASSWORD)
    await seen.page.get_by_role("button", name="Sign in").click()
    await expect(seen.page.get_by_role("heading", name="Board", exact=True)).to_be_visible()
    return handle


async def fill_in(page: Page, name: str, number: int) -> None:
    """The form by which a practice is started."""
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Time zone").first.fill("America/Chicago")
    await page.get_by_label("Name of the contact").fill("Dana Reyes")
    await page.get_by_label("E-mail address").fill(f"dana@day-{number}.test")


def row_of(page: Page, name: str) -> Locator:
    return page.locator("[data-row]").filter(has_text=name)


async def test_the_teams_day(
    chromium: Chromium, browser: Browser, database: AsyncEngine, signed_in: SignedIn, desk: Desk, tmp_path: Path
) -> None:
    number = next_number()
    name = f"Sunny Day Vets {number}"
    identity = f"datapoint/sunny-day-vets-{number}"
    colleague = await signed_in("manager")
    async with look(chromium, browser) as ana, look(chromium, colleague) as bo:
        page = ana.page
        handle = await sign_in(ana, browser, database, "Ana")
        await bo.go("/?q=Sunny+Day")
        await listening(bo.page)

        await page.get_by_role("navigation", name="Main").get_by_role("link", name="Start").click()
        await fill_in(page, name, number)
        await page.get_by_role("button", name="Start the onboarding").click()
        await expect(page.get_by_role("heading", name=name)).to_be_visible()
        await expect(page.get_by_role("status").first).to_contain_text(f"The onboarding of {name} has started.")
        there = row_of(bo.page, name)
        await expect(there).to_contain_text("Ask DataPoint for a place in its queue")

        await page.get_by_role("button", name=QUEUED).click()
        await expect(page.get_by_role("status").first).to_contain_text("Recorded: in DataPoint's request queue.")
        await expect(page.get_by_role("heading", name="Invitation from DataPoint")).to_be_visible()
        await expect(there).to_contain_text("DataPoint has to: send the invitation")
        await expect(there).to_contain_text(re.compile("due (Mon|Tue|Wed|Thu|Fri|Sat|Sun) "))

        await page.locator("summary", has_text="Put on hold").click()
        until = datetime.now(ZoneInfo("America/Chicago")) + timedelta(days=7)
        hold = page.locator("form", has=page.get_by_role("button", name="Put on hold"))
        await hold.get_by_label("Until").fill(until.strftime("%Y-%m-%dT09:00"))
        await hold.get_by_label("Why").fill("They move house")
        await hold.get_by_role("button", name="Put on hold").click()
        await expect(page.get_by_role("status").first).to_contain_text("On hold until")
        await expect(page.get_by_role("table")).to_contain_text("They move house")
        await expect(there).to_contain_text("On hold")

        await there.get_by_role("link", name=name, exact=True).click()
        await expect(bo.page.locator("q", has_text="They move house").first).to_be_visible()
        await expect(bo.page.get_by_role("row").filter(has_text="They move house")).to_contain_text("Ana")
        await bo.check()
        await ana.check()

        await page.get_by_role("link", name="Board").first.click()
        await page.get_by_label("Search").fill(name)
        await expect(page.locator("[data-row]")).to_have_count(1)
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Export (CSV)").click()
        await (await download.value).save_as(tmp_path / "table.csv")
        with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
            [exported] = csv.DictReader(file)
        assert (exported["id"], exported["status"], exported["assignee"]) == (identity, "on_hold", handle)
    seen = await desk.show(identity)
    assert [(fact.name, fact.by) for fact in seen.facts] == [("queued", handle)]


async def tab_to(page: Page, target: Locator) -> None:
    """Presses Tab until it is reached, as somebody without a mouse does."""
    for _ in range(60):
        if await target.evaluate("each => each === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"not reached by the keyboard: {target}")


async def test_the_day_by_keyboard_alone(
    chromium: Chromium, signed_in: SignedIn, practice: Practice, desk: Desk
) -> None:
    number = next_number()
    name = f"Key Board Vets {number}"
    await practice.start(name=f"Press Enter Vets {number}")
    async with look(chromium, await signed_in("specialist")) as seen:
        page, keyboard = seen.page, seen.page.keyboard
        await seen.go("/")
        await keyboard.press("g")
        await keyboard.press("s")
        await tab_to(page, page.get_by_label("Name", exact=True))
        await keyboard.type(name)
        await tab_to(page, page.locator("#f-time_zone"))
        await keyboard.type("America/Chicago")
        for label, typed in (("Name of the contact", "Dana"), ("E-mail address", f"dana@keys-{number}.test")):
            await tab_to(page, page.get_by_label(label))
            await keyboard.type(typed)
        await keyboard.press("Enter")
        await expect(page.get_by_role("heading", name=name)).to_be_visible()
        await tab_to(page, page.get_by_role("button", name=QUEUED))
        await keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Invitation from DataPoint")).to_be_visible()
        await tab_to(page, page.locator("summary", has_text="Write a note"))
        await keyboard.press("Space")
        await tab_to(page, page.locator("#do-note-why"))
        await keyboard.type("By keyboard")
        await keyboard.press("Tab")
        await keyboard.press("Enter")
        await expect(page.locator("q", has_text="By keyboard")).to_be_visible()

        await keyboard.press("/")
        await page.wait_for_url(re.compile("/#q$"))
        await expect(page.get_by_label("Search")).to_be_focused()
        await keyboard.type(f"Press Enter Vets {number}")
        await expect(page.locator("[data-row]")).to_have_count(1)
        link = page.locator("[data-row]").get_by_role("link", name=f"Press Enter Vets {number}", exact=True)
        await tab_to(page, link)
        await keyboard.press("Enter")
        await expect(page.get_by_role("heading", name=f"Press Enter Vets {number}")).to_be_visible()
    assert (await desk.show(f"datapoint/key-board-vets-{number}")).stage == "invitation"


async def test_the_day_without_scripts(
    chromium: Chromium, browser: Browser, database: AsyncEngine, desk: Desk, practice: Practice
) -> None:
    number = next_number()
    name = f"Plain Page Vets {number}"
    async with look(chromium, browser, scripts=False) as seen:
        page = seen.page
        await sign_in(seen, browser, database, "Ana")
        await seen.go("/start")
        await fill_in(page, name, number)
        await page.get_by_role("button", name="Start the onboarding").click()
        await page.get_by_role("button", name=QUEUED).click()
        await expect(page.get_by_role("heading", name="Invitation from DataPoint")).to_be_visible()
        await page.locator("summary", has_text="Write a note").click()
        await page.locator("#do-note-why").fill("Without scripts")
        await page.get_by_role("button", name="Write a note").click()
        await expect(page.get_by_role("status").first).to_contain_text("Your note is in the journal")

        await practice.start()
        await practice.record("queued")
        await practice.register()
        await practice.record("agent_installed")
        await seen.go(f"/onboardings/{practice.identity}")
        await page.locator("summary", has_text="Data received").click()
        await page.get_by_role("button", name="Record it …").first.click()
        await expect(page.get_by_text("This cannot be taken back.")).to_be_visible()
        await page.get_by_role("button", name="Yes: Data received").click()
        await expect(page.get_by_text("Recorded: data received.")).to_be_visible()
        for path in ("/needs", "/mails", "/reports", "/mails/templates"):
            await seen.go(path)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert (await desk.show(f"datapoint/plain-page-vets-{number}")).stage == "invitation"
    assert (await practice.show()).status == "complete"


async def on_its_way(desk: Desk, mailbox: Mailbox) -> Practice:
    """A practice whose technical contact has not heard from DataPoint in time."""
    one = Practice(desk, mailbox, "maple-street", by="ana")
    await one.start(name="Maple Street Veterinary")
    await one.command("reassign", "She knows the practice", assignee="ana")
    await one.forward(timedelta(hours=4))
    await one.record("queued")
    await one.forward(timedelta(hours=27))
    await one.record("invitation_sent")
    await one.forward(timedelta(hours=45))
    await one.register()
    await one.forward(timedelta(hours=30))
    await one.command("note", "Called DataPoint: it has Lee's number now")
    return one


async def test_the_pictures_of_the_console(
    chromium: Chromium, busy: Busy, signed_in: SignedIn, desk: Desk, mailbox: tuple[Mailbox, int]
) -> None:
    """What the README shows: a busy board and its reports, and one practice in the middle of its way."""
    async with look(chromium, busy.manager, size={"width": 1280, "height": 860}) as seen:
        await seen.go("/")
        await expect(seen.page.get_by_text("4 overdue")).to_be_visible()
        keep_picture("console-board", await seen.page.screenshot())
        await seen.go("/reports")
        await expect(seen.page.get_by_role("heading", name="From request to connected")).to_be_visible()
        keep_picture("console-reports", await seen.page.screenshot())
    one = await on_its_way(desk, mailbox[0])
    async with look(chromium, await signed_in("manager", name="Ana Ruiz"), size={"width": 1280, "height": 860}) as seen:
        await seen.go(f"/onboardings/{one.identity}")
        await expect(seen.page.get_by_role("heading", name="DataPoint contacts the technical contact")).to_be_visible()
        keep_picture("console-onboarding", await seen.page.screenshot())
