"""The pages of clients, records, items and contacts of two clinics in a real browser, used by a person of both."""

from __future__ import annotations

import re

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy import insert

from pharmacy.records.feeds import add_practice
from pharmacy.sharing.tables import shares
from tests.system.harness import eventually
from tests.web.clinic.conftest import Enter
from tests.web.clinic.staff import Clinic
from tests.web.clinic.surgery import Surgery
from tests.web.looking import TWO_WINDOWS, look

TOP = "element => element.getBoundingClientRect().top"


async def sister(surgery: Surgery) -> Clinic:
    """A clinic that shares with the surgery's by hand, and of which the vet is a member too."""
    database = surgery.clinic.database
    other = await Clinic.new(surgery.clinic.web, database)
    await add_practice(database, other.id, f"Clinic {other.id}")
    await other.member("vet", surgery.vet.email)
    pairs = [(surgery.clinic.id, other.id), (other.id, surgery.clinic.id)]
    rows = [{"clinic": one, "other": two, "state": "enabled", "onboarding": "record-sharing/x"} for one, two in pairs]
    async with database.begin() as connection:
        await connection.execute(insert(shares), rows)
    return other


async def test_a_client_is_taken_billed_given_a_vaccine_and_the_record_moved(
    surgery: Surgery, chromium: Chromium
) -> None:
    other = await sister(surgery)
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        page = one.page
        for at, item in ((surgery.at, "rabies"), (other.at, "r-3")):
            await one.go(f"{at}/items")
            for label, text in (("ID", item), ("Name", "Rabies"), ("Due again after (days)", "365"), ("In hand", "10")):
                await page.get_by_role("textbox", name=label).last.fill(text)
            await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="Reminders that would go out twice")).to_be_visible()
        await one.check()
        await page.get_by_role("button", name="The same service").first.click()
        await expect(page.get_by_role("heading", name="Reminders that would go out twice")).to_have_count(0)
        await one.check()
        await page.get_by_text("Not the same service …").click()
        await expect(page.get_by_text("the reminder may go out twice")).to_be_visible()
        await one.check()
        await page.get_by_role("button", name="Not the same service").click()
        await expect(page.get_by_text("are different services again: each clinic reminds")).to_be_visible()
        await one.check()
        await page.get_by_label("The same service as Rabies").select_option("r-3")
        button = page.get_by_role("button", name="as Rabies")
        await button.scroll_into_view_if_needed()
        below = page.get_by_role("heading", name="Add an item")
        # A click may scroll first.
        await below.evaluate(f"one => addEventListener('submit', () => sessionStorage.place = ({TOP})(one))")
        await button.click()
        await expect(page.get_by_text("are the same service from now on")).to_be_in_viewport(ratio=1)
        place = float(await page.evaluate("sessionStorage.place"))
        await eventually(lambda: below.evaluate(TOP), lambda top: abs(top - place) < 2)  # one stays where one was
        tags = page.locator("td > .pill", has_text="Clinic ")
        colors = {await each.inner_text(): await each.get_attribute("class") for each in await tags.all()}
        assert len({*colors.values()}) == 2, "each clinic has a color of its own"
        await one.go(f"{surgery.at}/items")
        for name, color in colors.items():
            await expect(tags.filter(has_text=name)).to_have_class(color or "")
        await expect(page.get_by_role("heading", name="Reminders that would go out twice")).to_have_count(0)

        await one.go(f"{other.at}/clients")
        await page.keyboard.press("/")
        await page.keyboard.type("rey")
        await expect(page.get_by_text("At sister clinics, not shared yet")).to_be_visible()
        await one.check()
        await page.get_by_text("Share here …").click()
        await expect(page.get_by_text("It cannot be undone.")).to_be_visible()
        await one.check()
        await page.get_by_role("button", name="Share the client here").click()
        await page.get_by_text("Make an invoice").click()
        await expect(page.get_by_label("Amount")).to_be_focused()
        await page.get_by_label("Amount").fill("20.00")
        await page.get_by_label("For", exact=True).fill("Vaccination")
        await page.get_by_role("button", name="Make the invoice").click()
        await expect(page.get_by_role("heading", name="Balance here: $20.00")).to_be_visible()
        await page.get_by_role("button", name="Record payment").click()
        await expect(page.get_by_role("heading", name="Balance here: $0.00")).to_be_visible()
        await expect(page.get_by_text("nothing more of this invoice is open")).to_be_in_viewport(ratio=1)
        await page.get_by_text("Void this payment …").click()
        await one.check()
        await page.get_by_label("Reason").fill("Another client paid")
        await page.get_by_role("button", name="Void this payment").click()
        await expect(page.get_by_role("heading", name="Balance here: $20.00")).to_be_visible()
        await one.check()

        await page.get_by_role("link", name="Biscuit").click()
        await page.get_by_text("Add a record").click()
        await expect(page.get_by_label("When", exact=True)).to_be_focused()
        await page.get_by_label("Kind").fill("vaccination")
        await page.get_by_label("Item or service").fill("r-3")
        await page.get_by_label("What was done").fill("Rabies, three years.")
        await page.get_by_role("button", name="Add the record").click()
        await expect(page.get_by_role("heading", name="Reminders")).to_be_visible()
        await one.check()
        await page.get_by_role("link", name="Wrong clinic?").click()
        await page.get_by_role("combobox").select_option(surgery.clinic.id)
        await one.check()
        await page.get_by_role("button", name="Continue").press("Enter")
        await page.get_by_label("Item at").fill("rabies")
        await one.check()
        await page.get_by_role("button", name="Move it to").press("Enter")
        await expect(page.get_by_text(f"Moved from Clinic {other.id}")).to_be_visible()
        await one.check()

        await one.go(f"{surgery.at}/clients/5")
        await expect(page.get_by_text("it has to be paid there")).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("You are at")).to_be_hidden()
        await one.check()
        await page.get_by_role("link", name="$20.00").click()
        await expect(page.get_by_text(f"You are at Clinic {other.id} now.")).to_be_visible()
        await one.check()
        await page.get_by_text("Menu", exact=True).click()
        await page.get_by_role("link", name="Reports").click()
        await page.wait_for_url("**/reports*")
        await page.get_by_text("Menu", exact=True).click()
        await page.get_by_role("link", name="Items").click()
        await expect(page.get_by_role("heading", name=f"Add an item at Clinic {other.id}")).to_be_visible()
        await page.get_by_label("ID", exact=True).fill("nail-trim")
        await page.get_by_label("Name", exact=True).fill("Nail trim")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Nail trim is saved.")).to_be_visible()
        await expect(page.get_by_text(f"You are at Clinic {other.id} now.")).to_be_visible()
        await page.get_by_role("link", name="Nail trim").click()
        await page.get_by_text(f"Move to Clinic {surgery.clinic.id} …").click()
        await one.check()
        await page.get_by_role("button", name=f"Move it to Clinic {surgery.clinic.id}").click()
        await expect(page.get_by_text(f"Nail trim is at Clinic {surgery.clinic.id} now.")).to_be_visible()
        await one.go(f"{surgery.at}/items?q=nail")
        await expect(page.get_by_role("link", name="Nail trim")).to_be_visible()
        await expect(page.get_by_text("You are at")).to_be_hidden()
        await one.go(f"{other.at}/items")
        await page.get_by_role("link", name=f"Back to Clinic {surgery.clinic.id}").click()
        await page.wait_for_url(f"**{surgery.at}/items?*")
        await expect(page.get_by_text("You are at")).to_be_hidden()
        shown = f"{surgery.clinic.id}~5"
        await one.go(f"{other.at}/clients/duplicates?client={shown}")
        await expect(page.get_by_role("link", name="Somebody at another clinic?")).to_be_visible()
        await one.check()
        await one.go(f"{other.at}/clients/duplicates/others?client={shown}&name=rey")
        await expect(page.get_by_text("no client of another clinic who has this name.")).to_be_visible()
        await one.check()
        await one.go(f"{other.at}/clients/duplicates/compare?client={shown}&other={shown}")
        await one.check()
        file = (await surgery.browser.get(f"{surgery.at}/reports/active-engaged/table.csv")).text
        assert "Served at,Opt out,Home location" in file, "names stand where a program finds IDs"
        assert ",(312) 555-0117," in file and f",Clinic {surgery.clinic.id}" in file
        await one.go(f"{other.at}/contacts")
        for _ in range(2):
            await page.get_by_role("textbox", name="Name").fill("Central Lab")
            await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.get_by_role("button", name="Add anyway")).to_be_in_viewport()
        one.complaints.clear()
        await one.check()
        await page.get_by_role("link", name="Central Lab").first.click()
        await page.get_by_role("textbox", name="Phone").fill("(312) 555-0100")
        await one.check()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("(312) 555-0100")).to_be_visible()
        await one.go(f"{surgery.at}/contacts?of={other.id}")
        await one.check()
        await page.get_by_role("button", name="Copy here").click()
        await expect(page.get_by_text("Central Lab is copied")).to_be_visible()


async def test_all_who_are_listed_are_chosen_and_counted_before_they_are_shared(
    surgery: Surgery, chromium: Chromium
) -> None:
    other = await sister(surgery)
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        for name in ("Ada Aster", "Abe Aster"):
            await one.go(f"{surgery.at}/clients")
            given, surname = name.split()
            await one.page.get_by_role("textbox", name="Given name (").fill(given)
            await one.page.get_by_role("textbox", name="Surname (").fill(surname)
            await one.page.get_by_role("button", name="Add", exact=True).click()
            await expect(one.page.get_by_role("heading", name=name)).to_be_visible()
        await one.go(f"{surgery.at}/clients/share?to={other.id}")
        await expect(one.page.get_by_text("Nobody is chosen yet")).to_be_visible()
        await one.page.get_by_label("Name").fill("Aster")
        await expect(one.page.get_by_role("checkbox")).to_have_count(2)
        await expect(one.page.get_by_text("Nobody is chosen yet")).to_be_visible()
        await one.page.get_by_role("button", name="Select all that are listed").click()
        await expect(one.page.get_by_text("2 chosen")).to_be_visible()
        await one.check()
        await one.page.get_by_role("button", name="See what would be shared").click()
        await expect(one.page.get_by_role("heading", name="will see 2 clients")).to_be_visible()
        await one.check()


async def test_a_clinic_has_one_color_for_everybody(surgery: Surgery, enter: Enter) -> None:
    shared = await sister(surgery)
    third = await Clinic.new(surgery.clinic.web, surgery.clinic.database)
    nurse = await third.member("staff")
    await shared.member("staff", nurse.email)
    await surgery.browser.submit(f"{shared.at}/items", {"item": "r-3", "name": "Rabies"}, f"{shared.at}/items")
    pages = [await one.get(f"{shared.at}/items") for one in (surgery.browser, await enter(third, nurse))]
    first, other = [re.findall(rf'class="pill (clinic-\d)">Clinic {shared.id}<', page.text) for page in pages]
    assert first == other and len(first) == 1
