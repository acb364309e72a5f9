"""The form for a table of practices: which column is which, and what rows get that say nothing."""

from __future__ import annotations

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from desk.service import Desk
from tests.web.browser import Browser, SignedIn, form_on, next_number, text_of
from tests.web.looking import TWO_WINDOWS, look
from tests.web.test_console_start_many import HEADER, choose_file


async def test_a_time_zone_that_is_none_is_refused_before_all_rows_are(specialist: Browser) -> None:
    form = {"playbook": "datapoint", **form_on((await specialist.get("/start")).text, "/start/many")}
    form |= {"time_zone": "Mars", "assignee": specialist.handle}
    file = ("practices.csv", HEADER + "x,X,,US,IL,,Jo,jo@x.test,\n", "text/csv")
    answer = await specialist.client.post("/start/many", data=form, files={"file": file})
    assert "Time zone: There is no time zone 'Mars'; give one such as" in text_of(answer.text)
    assert 'value="Mars"' in answer.text and f'<option value="{specialist.handle}" selected>' in answer.text


async def test_whoever_refuses_a_table_asks_which_column_is_which(
    chromium: Chromium, signed_in: SignedIn, desk: Desk
) -> None:
    specialist, number = await signed_in("specialist"), next_number()
    table = f"Firma;Partner;E-Mail;Ort\nTanne {number};Jo Beck;jo@tanne-{number}.test;Ulm\n"
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        page = seen.page
        await seen.go("/start")
        await choose_file(page, "Table (CSV)", "tannen.csv", table)
        await page.get_by_role("button", name="Start all practices").click()
        said = "There is no column for Practice name, Time zone and Contact;"
        await expect(page.get_by_role("alert")).to_contain_text(said)
        seen.complaints.clear()  # a refusal is told as such
        await seen.check()
        await expect(page.get_by_text("tannen.csv is kept here.")).to_be_visible()
        await expect(page.get_by_text("For example Jo Beck")).to_be_visible()
        await page.get_by_label("Which column is “Firma”?").select_option("Practice name")
        await page.get_by_label("Which column is “Partner”?").select_option("Contact")
        await page.get_by_label("Assign to").select_option(specialist.handle)
        await page.get_by_label("Time zone (optional)").fill("Europe/Berlin")
        await page.get_by_role("button", name="Start, without the columns that I did not name").click()
        await expect(page.get_by_text("1 started, 0 refused, of 1.")).to_be_visible()
        await page.get_by_text("Started: 1").click()
        await seen.check()
        await page.get_by_role("link", name=f"Tanne {number}").click()
        await expect(page.get_by_role("heading", name=f"Tanne {number}")).to_be_visible()
    there = (await desk.state(f"datapoint/tanne-{number}")).onboarding
    assert (there.assignee, there.practice.time_zone) == (specialist.handle, "Europe/Berlin")
    assert there.primary_contact.name == "Jo Beck"


async def test_the_parts_of_a_contacts_name_are_joined_and_given_back_as_they_were(
    chromium: Chromium, signed_in: SignedIn, desk: Desk
) -> None:
    specialist, number = await signed_in("specialist"), next_number()
    rows = f"Fig {number},UTC,Ed,Lee,ed@fig-{number}.test\nPlum {number},Mars,Ann,Roe,ann@plum-{number}.test\n"
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        page = seen.page
        await seen.go("/start")
        await choose_file(page, "Table (CSV)", "figs.csv", f"Practice,TZ,Called,Clan,E-mail\n{rows}")
        await page.get_by_role("button", name="Start all practices").click()
        for column in ("Phone", "Contact"):
            await page.get_by_label("Which column is “Called”?").select_option(column)
            await page.get_by_label("Which column is “Clan”?").select_option(column)
            await page.get_by_role("button", name="Start all practices").click()
            if column == "Phone":
                await expect(page.get_by_role("alert")).to_contain_text("“Phone” is chosen twice: keep one.")
                seen.complaints.clear()  # a refusal is told as such
                await seen.check()
        await expect(page.get_by_text("1 started, 1 refused, of 2.")).to_be_visible()
        refused = (await specialist.get(f"{page.url}/refused.csv")).text.removeprefix("\ufeff").splitlines()
    assert refused[0].startswith("Practice,TZ,Called,Clan,E-mail,ID,Country,")
    assert refused[1].startswith(f"Plum {number},Mars,Ann,Roe,ann@plum-{number}.test,")
    assert (await desk.state(f"datapoint/fig-{number}")).onboarding.primary_contact.name == "Ed Lee"


async def test_a_column_that_is_not_known_is_asked_about_before_anything_starts(
    chromium: Chromium, signed_in: SignedIn, desk: Desk
) -> None:
    specialist, number = await signed_in("specialist"), next_number()
    table = f"""Practice,TZ,Contact,E-mail,Prov.,Who looks after it,Came in,Fax,Refused because
Yew {number},Mountain,Jo Bell,jo@yew-{number}.test,CO,{specialist.handle},3/22/2026,,once
"""
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        page = seen.page
        await seen.go("/start")
        await choose_file(page, "Table (CSV)", "yews.csv", table)
        await page.get_by_role("button", name="Start all practices").click()
        said = "These columns are not known: 'Prov.', 'Who looks after it', 'Came in'."
        await expect(page.get_by_role("alert")).to_contain_text(said)
        seen.complaints.clear()  # a refusal is told as such
        await expect(page.get_by_label("Which column is", exact=False)).to_have_count(3)
        await page.get_by_label("Which column is “Prov.”?").select_option("State")
        await page.get_by_role("button", name="Start all practices").click()
        await expect(page.get_by_role("alert")).to_contain_text("not known: 'Who looks after it', 'Came in'.")
        seen.complaints.clear()
        await expect(page.get_by_label("Which column is “Prov.”?")).to_have_value("state")
        await seen.check()
        await page.get_by_label("Which column is “Who looks after it”?").select_option("Assigned to")
        await page.get_by_label("Which column is “Came in”?").select_option("Requested on")
        await page.get_by_role("button", name="Start all practices").click()
        await page.get_by_role("button", name="Start all that are late").click()
        await expect(page.get_by_text("1 started, 0 refused, of 1.")).to_be_visible()
    there = (await desk.state(f"datapoint/yew-{number}")).onboarding
    practice = there.practice
    assert (practice.state, practice.country, practice.time_zone) == ("CO", "US", "America/Denver")
    assert (there.assignee, there.requested_at.isoformat()) == (specialist.handle, "2026-03-22T18:00:00+00:00")
