"""The console's pages in a real browser on a busy day: readable for all, by keyboard, live, and without scripts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from store.journal.journal import publish
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser
from tests.web.busy_day import Busy, one
from tests.web.looking import EVERY_WINDOW, PHONE, listening, look

PAGES = (
    "/",
    "/?q=nothing-is-called-so",
    "/bulk?id=datapoint/pine-street-vets&id=datapoint/lakeside-pets",
    "/bulk",
    "/needs",
    "/data",
    "/start",
    "/mails",
    "/mails/box",
    "/mails/templates",
    "/mails/templates/queue_confirmation",
    "/reports",
    "/reports?days=30",
)


async def test_everybody_can_read_every_page(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager, windows=EVERY_WINDOW) as seen:
        for path in PAGES:
            await seen.go(path)
            await seen.check()


async def test_everybody_can_read_an_onboarding_and_its_forms(
    chromium: Chromium, practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.mailbox.wait_for(practice.contact)
    home = f"/onboardings/{practice.identity}"
    async with look(chromium, specialist, windows=EVERY_WINDOW) as seen:
        await seen.go(home)
        await seen.check()
        for form in await seen.page.locator("details.act").all():
            await form.evaluate("form => form.open = true")
        await seen.check()
        await seen.page.get_by_role("link", name="in DataPoint's queue: please watch").click()
        await seen.check()
        for path in ("facts/eula_accepted", "commands/hold"):
            await seen.go(f"{home}/{path}")
            await seen.check()
        await seen.go(f"{home}/facts/data_received")
        await seen.page.get_by_role("button", name="Record it").click()
        await expect(seen.page.get_by_role("heading", name="are you sure?")).to_be_visible()
        await seen.check()


async def test_nothing_moves_aside_when_a_form_opens_and_a_usual_date_needs_no_more_typing(
    chromium: Chromium, practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    async with look(chromium, specialist) as seen:
        await seen.go(f"/onboardings/{practice.identity}")
        orders = seen.page.locator(".orders summary")
        before = await orders.evaluate_all("orders => orders.map((order) => order.getBoundingClientRect().x)")
        await orders.filter(has_text="Move the deadline").click()
        assert before == await orders.evaluate_all("orders => orders.map((order) => order.getBoundingClientRect().x)")
        week = seen.page.locator("#do-extend-until").locator("..").get_by_role("button", name="One week later")
        await expect(seen.page.locator("#do-extend-until-about")).to_contain_text("Now due ")
        await week.click()
        await expect(seen.page.locator("#do-extend-until")).not_to_have_value("")
        await expect(week).to_be_focused()


async def test_a_stranger_sees_who_needs_us_today_and_why(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager) as seen:
        await seen.go("/")
        page = seen.page
        await expect(page.get_by_text("4 overdue")).to_be_in_viewport()
        needing = page.get_by_role("list", name="Needs a person now").get_by_role("listitem")
        await expect(needing.first).to_contain_text("Maple Street Veterinary")
        for said in ("Asked for something", "Our turn", "Mail did not arrive", "Record incomplete"):
            await expect(needing.filter(has_text=said).first).to_be_in_viewport()
        first = page.locator("[data-row]").first
        await expect(first).to_be_in_viewport()
        await expect(first).to_contain_text("Maple Street Veterinary")
        await expect(first).to_contain_text("To do: Ask DataPoint when it will contact the technical contact")
        waits = page.locator("[data-row]").filter(has_text="Stone Bridge")
        await expect(waits).to_contain_text("the practice's technical contact has to: install the DataPoint agent")


async def test_what_is_overdue_is_seen_on_a_telephone_at_once(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager, size=PHONE) as seen:
        await seen.go("/")
        first = seen.page.get_by_role("list", name="Needs a person now").get_by_role("listitem").first
        await expect(first).to_be_in_viewport(ratio=1)
        await expect(first).to_contain_text("Overdue Maple Street Veterinary")


async def test_on_a_telephone_rows_have_four_lines_and_menu_and_filters_fold(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager, size=PHONE) as seen:
        await seen.go("/")
        page = seen.page
        heights = await page.locator("tr[data-row]").evaluate_all(
            "rows => rows.map((row) => row.offsetHeight / parseFloat(getComputedStyle(row).lineHeight))"
        )
        assert len(heights) > 10 and max(heights) < 5.5, "four lines and what is around them"
        await page.emulate_media(media="print")
        await expect(page.locator("tr[data-row]").last).to_be_visible()
        await page.emulate_media(media="screen")
        board = page.get_by_role("link", name="Reports", exact=True)
        await expect(board).to_be_hidden()
        await page.get_by_text("Menu", exact=True).click()
        await expect(board).to_be_visible()
        await page.get_by_text("Filters", exact=True).click()
        await page.get_by_label("Status").select_option("On hold")
        await expect(page.locator("tr[data-row]")).to_have_count(1)
        await seen.check()


async def test_what_is_searched_is_seen_at_once(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager) as seen:
        await seen.go("/")
        search = seen.page.get_by_label("Search")
        await search.fill("stone")
        await expect(seen.page.locator("[data-row]")).to_have_count(1)
        await expect(seen.page.locator("[data-row]")).to_be_in_viewport(ratio=1)
        await search.fill("zebra")
        await expect(seen.page.get_by_text("No onboarding matches “zebra”.")).to_be_in_viewport(ratio=1)
        await search.press("Enter")
        await seen.page.wait_for_url("**/?q=zebra*")
        await seen.check()


async def test_all_pages_are_a_click_away(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager) as seen:
        await seen.go("/")
        menu = seen.page.get_by_role("navigation", name="Main")
        wanted = ["Board", "Needs a person", "Review", "Data", "Start", "Mails", "Reports", "Templates", "Mailbox"]
        assert [name for name in await menu.get_by_role("link").all_inner_texts() if name in wanted] == wanted
        await expect(menu.get_by_role("link", name="Temporal UI")).to_have_attribute("target", "_blank")
        for name in wanted:
            await menu.get_by_role("link", name=name, exact=True).click()
            await expect(menu.locator("[aria-current=page]")).to_have_text(name)
            await expect(seen.page.get_by_role("heading", level=1)).to_contain_text(name)


async def test_without_scripts_the_board_is_filtered_and_left(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager, scripts=False) as seen:
        await seen.go("/")
        await seen.page.get_by_label("Deadline").select_option("Paused")
        await seen.page.get_by_role("button", name="Apply").click()
        await expect(seen.page.locator("[data-row]")).to_have_count(1)
        await seen.page.get_by_label("Choose Meadow Ridge Vets").check()
        await seen.page.get_by_role("button", name="Do the same for all chosen").click()
        await expect(seen.page.get_by_role("heading", name="The same for 1 practice")).to_be_visible()


async def test_keys(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager) as seen:
        page, press = seen.page, seen.page.keyboard.press
        await seen.go("/reports")
        await press("g")
        await press("b")
        await page.wait_for_url(f"{busy.address}/")
        await press("j")
        await press("j")
        await press("k")
        await expect(page.get_by_role("table").get_by_role("link", name="Maple Street Veterinary")).to_be_focused()
        await press("j")
        await press("x")
        await expect(page.get_by_label("Choose Cedar Creek Animal Hospital")).to_be_checked()
        await expect(page.get_by_text("1 chosen")).to_be_visible()
        await press("/")
        await expect(page.get_by_label("Search")).to_be_focused()
        await page.keyboard.type("jk?gb")
        await expect(page.get_by_text("Nothing matches")).to_be_visible()
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await page.get_by_role("link", name="Show all that are open").click()
        await page.get_by_role("heading", name="Board").click()
        await press("?")
        await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        await seen.check()
        await press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        for key, title in (("n", "Needs a person"), ("s", "Start"), ("r", "Reports"), ("m", "Mails")):
            await press("g")
            await press(key)
            await expect(page.get_by_role("heading", level=1)).to_have_text(title)
        await press("/")
        await expect(page.get_by_label("Search")).to_be_focused()


GATHER_MARKED = """() => {
  window.marked = new Set();
  const gather = () => document.querySelectorAll("[data-row].changed").forEach((row) => marked.add(row.textContent));
  new MutationObserver(gather).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
"""Keeps what a page marks as changed, however short."""


async def test_what_changes_elsewhere_shows_and_what_was_chosen_stays(chromium: Chromium, busy: Busy) -> None:
    now = datetime.now(UTC)
    fresh = one("Quick Brook Vets", "invitation", now, due_at=now + timedelta(days=2))
    async with look(chromium, busy.manager) as board, look(chromium, busy.viewer) as needs:
        await board.go("/")
        await needs.go("/needs")
        await listening(board.page)
        await listening(needs.page)
        await board.page.get_by_label("Choose Lakeside Pets").check()
        await board.page.evaluate(GATHER_MARKED)
        await publish(busy.database, fresh, [], [])
        await expect(board.page.get_by_role("link", name="Quick Brook Vets")).to_be_visible()
        await expect(board.page.get_by_label("Choose Lakeside Pets")).to_be_checked()
        await board.page.wait_for_function("marked.size")
        [marked] = await board.page.evaluate("[...marked]")
        assert "Quick Brook Vets" in marked, "a short mark shows what changed, and nothing else"
        late = one("Quick Brook Vets", "invitation", now, sla="breached", due_at=now - timedelta(hours=1), version=2)
        await publish(busy.database, late, [], [])
        row = board.page.locator("[data-row]").filter(has_text="Quick Brook Vets")
        await expect(row).to_contain_text("Overdue")
        await expect(board.page.get_by_text("5 overdue")).to_be_visible()
        await expect(needs.page.get_by_role("link", name="Quick Brook Vets")).to_be_visible()
        gone = one("Quick Brook Vets", "invitation", now, status="withdrawn", closed_at=now, version=3)
        await publish(busy.database, gone, [], [])
        await expect(row).to_have_count(0)


async def test_what_somebody_is_writing_survives_a_change(
    chromium: Chromium, practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    async with look(chromium, specialist) as seen:
        await seen.go(f"/onboardings/{practice.identity}")
        await listening(seen.page)
        await seen.page.locator("summary", has_text="Write a note").click()
        note = seen.page.locator("#do-note-why")
        await note.fill("They called, and")
        await practice.command("note", "Somebody else was quicker")
        changed = seen.page.get_by_text("This onboarding has changed: “Somebody else was quicker” (")
        await expect(changed).to_be_visible()
        await expect(note).to_have_value("They called, and")
        await seen.page.get_by_role("link", name="Reload the page").click()
        await expect(seen.page.get_by_text("Somebody else was quicker")).to_be_visible()


async def test_what_changes_elsewhere_moves_nothing_under_a_finger(
    chromium: Chromium, practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    home = f"/onboardings/{practice.identity}"
    async with look(chromium, specialist) as seen:
        page, quicker = seen.page, seen.page.get_by_text("Somebody else was quicker")
        await page.clock.install(time=0)
        await seen.go(home)
        await listening(page)
        await page.clock.pause_at(100_000)
        record = page.get_by_role("button", name="Record it").first
        await record.hover()
        await page.mouse.down()
        await practice.command("note", "Somebody else was quicker")
        await eventually(lambda: specialist.get(home), lambda answer: "Somebody else was quicker" in answer.text)
        await page.evaluate("refresh([])")
        async with page.expect_response(f"**{home}"):
            await page.clock.run_for(1_500)
        await page.wait_for_function("waiting.length")
        await expect(quicker).to_have_count(0)
        await page.mouse.move(0, 0)
        await page.mouse.up()
        await page.locator("#onboarding").evaluate("shown => (shown.style.paddingTop = '90px')")
        await page.clock.run_for(50)
        await expect(quicker).to_be_visible()
        spot = await record.bounding_box()
        assert spot
        await expect(record).to_have_css("opacity", "0.6")
        await page.mouse.click(spot["x"] + 5, spot["y"] + 5)
        await page.clock.run_for(1_000)
        await expect(record).to_have_css("opacity", "1")
        await expect(page.get_by_text("You recorded")).to_have_count(0)
        await record.click()
        await expect(page.get_by_text("You recorded")).to_be_visible()


async def test_what_changes_elsewhere_keeps_the_place_of_who_reads_further_down(
    chromium: Chromium, practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    async with look(chromium, specialist, size=PHONE) as seen:
        await seen.go(f"/onboardings/{practice.identity}")
        await listening(seen.page)
        await seen.page.locator("#onboarding").evaluate("shown => (shown.style.paddingTop = '90px')")
        read = seen.page.locator("summary", has_text="Write a note")
        await read.evaluate("read => scrollTo(0, read.getBoundingClientRect().top + scrollY - 100)")
        before = await read.bounding_box()
        await practice.command("note", "Somebody else was quicker")
        await expect(seen.page.get_by_text("Somebody else was quicker")).to_be_attached()
        after = await read.bounding_box()
        assert before and after and abs(before["y"] - after["y"]) < 2, (before, after)


async def test_an_onboarding_that_does_not_answer_is_shown_as_it_was(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager) as seen:
        await seen.go("/onboardings/datapoint/nobody-knows-it")
        await expect(seen.page.get_by_text("There is no onboarding datapoint/nobody-knows-it")).to_be_visible()
        seen.complaints.clear()  # a refusal is told as such
        await seen.check()
