"""RS8 and RS9 in a real browser: one task list over two clinics, requests approved from it, and the reports."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy import insert

from pharmacy.records.tables import clients, practices
from pharmacy.tasks import editing
from pharmacy.tasks.editing import NewTask
from store.accounts.members import Member
from tests.web.browser import text_of
from tests.web.clinic.staff import Clinic
from tests.web.clinic.surgery import Surgery
from tests.web.looking import TWO_WINDOWS, look


async def second_clinic(surgery: Surgery) -> Clinic:
    """Another clinic, where the vet of the surgery helps out as staff."""
    other = await Clinic.new(surgery.clinic.web, surgery.clinic.database)
    async with other.database.begin() as connection:
        await connection.execute(insert(practices).values(id=other.id, name=f"Clinic {other.id}"))
        own = {"practice": other.id, "feed": 0, "fed": 1}
        await connection.execute(insert(clients).values(**own, id="1", given_name="=Ann", surname="Lake"))
    await other.member("staff", surgery.vet.email)
    return other


async def add(clinic: Clinic, by: Member, assignee: str, **values: Any) -> str:
    given = NewTask.model_validate({"title": "Call the lab", "assignee": assignee, **values})
    return (await editing.add(clinic.database, by, given)).id


async def test_rs9_relief_staff_work_from_one_list_over_two_clinics(surgery: Surgery, chromium: Chromium) -> None:
    other = await second_clinic(surgery)
    request = await surgery.request()
    owner = await surgery.clinic.member("owner")
    await add(surgery.clinic, owner, surgery.vet.email, title="Review Biscuit's results", patient="6")
    await add(other, await other.member("admin"), surgery.vet.email, title="Order films")
    home, there = f"Clinic {surgery.clinic.id}", f"Clinic {other.id}"
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        page = one.page
        await one.go("/clinic")
        await page.get_by_role("link", name="Your tasks and requests at all of them").click()
        await expect(page.get_by_role("link", name="Order films")).to_be_visible()
        await expect(page.get_by_role("link", name="Review Biscuit's results")).to_be_visible()
        await expect(page.get_by_role("heading", name="Requests that wait for you")).to_be_visible()
        await page.get_by_role("link", name="Order films").click()
        await page.get_by_role("button", name="Save").press("Enter")
        await expect(page.get_by_text("Saved.")).to_be_visible()
        await page.get_by_role("link", name="Assigned to me").click()
        await expect(page.get_by_text("Clinics: all")).to_be_visible()
        await one.go(f"{other.at}/tasks")
        await expect(page.get_by_role("link", name="Order films")).to_be_visible()
        await expect(page.get_by_text("Review Biscuit's results")).to_have_count(0)
        await expect(page.get_by_role("link", name=f"1 task at {home}")).to_be_visible()
        await page.get_by_text(f"Clinics: {there}").press("Enter")
        await one.check()
        await page.get_by_role("button", name="Select all").press("Enter")
        await expect(page.get_by_label(home)).to_be_checked()
        await page.get_by_role("button", name="Reset").press("Enter")
        await expect(page.get_by_label(home)).not_to_be_checked()
        await page.get_by_label(home).press("Space")
        await page.get_by_role("button", name="Apply").press("Enter")
        await expect(page.get_by_text(f"Biscuit is not shared with {there}: switch to {home}")).to_be_visible()
        await expect(page.get_by_text("Clinics: all")).to_be_visible()
        await page.get_by_text("Menu", exact=True).click()
        await page.get_by_role("link", name="Items", exact=True).click()
        await page.get_by_text("Menu", exact=True).click()
        await page.get_by_role("link", name="Tasks", exact=True).click()
        await expect(page.get_by_text("Clinics: all")).to_be_visible()
        await one.check()

        # In another clinic's task only the notes, the state and how it is repeated.
        await page.get_by_role("link", name="Review Biscuit's results").click()
        await expect(page.get_by_label("What is to be done")).to_have_count(0)
        await expect(page.get_by_role("button", name="Delete task")).to_have_count(0)
        await page.get_by_label("Add a note").fill("The values are fine.\nPlease call Dana.")
        await page.get_by_role("button", name="Save").press("Enter")
        await expect(page.get_by_text("Please call Dana.")).to_be_visible()
        await page.get_by_role("button", name="Start").press("Enter")
        await expect(page.get_by_text("In progress", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Back to open").press("Enter")
        await expect(page.get_by_text("Open", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Start").press("Enter")
        await expect(page.get_by_text("In progress", exact=True)).to_be_visible()
        await one.check()
        await page.get_by_role("link", name=f"Switch to {home}").click()
        await expect(page).to_have_url(f"{one.address}{surgery.at}/tasks/{surgery.clinic.id}/{page.url.split('/')[-1]}")
        await page.get_by_role("button", name="Complete task").press("Enter")

        # The request of the first clinic, from the list of the second.
        await one.go(f"{other.at}/tasks?clinics={other.id}&clinics={surgery.clinic.id}")
        await page.get_by_role("button", name="Approve for Biscuit").press("Enter")
        await expect(page.get_by_role("heading", name="Approve this request")).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="This request is approved")).to_be_visible()
    assert (await surgery.show(request)).position.approval


async def test_rs9_who_may_change_the_day_is_told_and_the_switch_is_offered_where_it_helps(surgery: Surgery) -> None:
    other, owner = await second_clinic(surgery), await surgery.clinic.member("owner")
    home, vet = surgery.clinic, surgery.vet
    for by, switch in ((owner, False), (vet, True)):
        id = await add(home, by, vet.email)
        for clinic in (other, home):
            shown = text_of((await surgery.browser.get(f"{clinic.at}/tasks/{home.id}/{id}")).text)
            assert (f"Switch to Clinic {home.id}" in shown) is (switch and clinic is other)
            told = f"by whom and on which day can be changed by {owner.name}."
            assert (told in shown) is not switch, shown


async def test_rs9_a_task_is_made_repeated_and_deleted_by_its_form(surgery: Surgery, chromium: Chromium) -> None:
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        page = one.page
        await one.go(f"{surgery.at}/tasks")
        await one.check()
        await page.get_by_role("link", name="Add a task").click()
        await page.get_by_label("What is to be done").fill("Weigh Biscuit")
        await page.get_by_label("About which patient?").fill("biscuit")
        await page.keyboard.press("Enter")
        choose = page.get_by_role("button", name="Choose Biscuit (dog), Dana Reyes")
        await expect(choose).to_be_visible()
        await one.check()
        await choose.click()
        await expect(page.get_by_label("What is to be done")).to_have_value("Weigh Biscuit")
        await page.get_by_text("Another rule (for experts)").click()
        await page.get_by_label("Another rule").fill("FREQ=SECONDLY")
        await page.get_by_label("Due on").fill("2099-12-01")
        await page.get_by_role("button", name="Add").press("Enter")
        await expect(page.get_by_text("tasks are repeated by whole days")).to_be_visible()
        one.complaints.clear()
        await one.check()
        await page.get_by_label("Another rule").fill("")
        await page.get_by_label("Repeat").select_option("Every week")
        await page.get_by_role("button", name="Add").press("Enter")
        await expect(page.get_by_text("due again on Tue 8 Dec 2099")).to_be_visible()
        await one.check()
        await page.get_by_role("button", name="Complete task").press("Enter")
        await expect(page.get_by_text(". The next one is on the list.")).to_be_visible()
        await expect(page.get_by_label("Repeat")).to_have_count(0)
        await expect(page.get_by_label("Due on")).to_have_js_property("required", True)
        await one.check()
        await page.get_by_role("link", name="the next one, due 8 Dec 2099").click()
        await expect(page.get_by_label("Repeat")).to_have_value("FREQ=WEEKLY")
        await one.go(f"{surgery.at}/tasks?whose=all")
        await expect(page.get_by_text("Tue 8 Dec 2099")).to_be_visible()
        await one.check()
        await page.get_by_role("link", name="Weigh Biscuit").first.click()
        await page.get_by_text("Delete task …").press("Enter")
        await page.get_by_role("button", name="Delete task").press("Enter")
        await expect(page.get_by_text("The task is deleted.")).to_be_visible()


async def test_rs8_reports_are_read_and_downloaded(surgery: Surgery, chromium: Chromium) -> None:
    other = await second_clinic(surgery)
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        await one.go(f"{other.at}/reports")
        await expect(one.page.get_by_text("=Ann Lake")).to_be_visible()
        await one.check()
        await one.page.get_by_role("link", name="Lapsed Clients").click()
        await expect(one.page.get_by_text("No client is in this report")).to_be_visible()
        await one.check()
        await one.go(f"{other.at}/reports")
        async with one.page.expect_download() as download:
            await one.page.get_by_role("link", name="Download as CSV").click()
        assert (await download.value).suggested_filename == "new-clients.csv"
    file = await surgery.browser.get(f"{other.at}/reports/new-clients/table.csv")
    assert "'=Ann,Lake" in file.text and "Home location" not in file.text
    wrong = await surgery.browser.get(f"{other.at}/reports/lapsed/table.csv?active_days=9&inactive_days=x")
    assert (wrong.url.path, wrong.status_code) == (f"{other.at}/reports/lapsed", 422)
    assert "Give whole days, from 1 to 36,500." in text_of(wrong.text)
    wrong = await surgery.browser.get(f"{other.at}/reports/lapsed?new_days=x&active_days=9&inactive_days=10")
    assert (wrong.status_code, "Give whole days, from 1 to 36,500." in text_of(wrong.text)) == (422, True)
    wrong = await surgery.browser.get(f"{other.at}/reports/lapsed?active_days=9&inactive_days=9")
    assert (wrong.status_code, "Give more days than under Active within" in text_of(wrong.text)) == (422, True)
    assert 'name="inactive_days" type="number" min="1" max="36500" value="9"' in wrong.text, "what was typed stays"


async def test_rs9_who_completes_a_task_low_in_the_list_sees_which_and_can_open_it_again(
    surgery: Surgery, chromium: Chromium
) -> None:
    owner = await surgery.clinic.member("owner")
    for number in range(30):
        await add(surgery.clinic, owner, surgery.vet.email, title=f"Call {number}")
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        page = one.page
        await one.go(f"{surgery.at}/tasks")
        await page.locator("tbody tr").nth(25).get_by_role("button", name="Complete").click()
        notice = page.get_by_text("Done: Call ")
        await expect(notice).to_be_in_viewport()
        await expect(page.get_by_role("heading", name="Assigned to me")).not_to_be_in_viewport()
        await page.evaluate("scrollTo(0, 0)")
        await one.check()
        await page.get_by_role("link", name="To open it again").click()
        await page.get_by_role("button", name="Open again").click()
        await expect(page.get_by_text("Open again: Call ")).to_be_visible()
