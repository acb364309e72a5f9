"""Record sharing in a real browser: asked for, looked at, confirmed by two clinics, and ended."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from playbooks.record_sharing import IRREVERSIBLE
from tests.browser import keep_picture
from tests.web.clinic.conftest import Enter
from tests.web.looking import DESKTOP, TWO_WINDOWS, Look, look
from tests.web.sharing.group import Group
from tests.web.sharing.test_preview import JO, add, put_item

NAMES = {"north": "Elm Street Animal Clinic", "south": "Oak Park Animal Clinic"}


async def test_rs3_two_clinics_go_from_request_to_sharing(group: Group, enter: Enter, chromium: Chromium) -> None:
    other_names = {"north": ("dental", "Dental cleaning"), "south": ("scaling", "Tooth scaling")}
    for name in ("north", "south"):
        await group.change(name, name=NAMES[name])
        await put_item(group, name, "rabies", "Rabies vaccine", 365)
        await put_item(group, name, *other_names[name], 365)
        await add(group, name, **JO)
    north, south = [await enter(group.clinics[name], group.members[name]) for name in ("north", "south")]
    at = f"/clinic/{group.id('north')}/sharing"
    async with look(chromium, north, windows=TWO_WINDOWS) as one:
        await one.go(at)
        await one.check()
        await one.page.get_by_label(NAMES["south"], exact=True).check()
        await one.page.get_by_role("button", name="Ask for sharing").click()
        await expect(one.page.get_by_text("Clients would be reminded twice")).to_be_visible()
        await expect(one.page.get_by_text("Not marked as the same as another: 4 services")).to_be_visible()
        await one.check()
        await one.page.set_viewport_size(DESKTOP)
        await one.page.emulate_media(color_scheme="light")
        keep_picture("sharing-preview", await one.page.get_by_role("region", name="What would follow").screenshot())
        await one.page.get_by_role("button", name="The same service").click()
        await expect(one.page.get_by_text("No reminder of the same name would go out twice")).to_be_visible()
        await one.page.get_by_text("Marked as the same service already").click()
        await expect(one.page.get_by_text("Rabies vaccine of Elm Street")).to_be_visible()
        await expect(one.page.get_by_text("Dental cleaning")).to_be_visible()
        await expect(one.page.get_by_text("Tooth scaling")).to_be_visible()
        await one.check()
        await confirm(one)
        await expect(one.page.get_by_text("Nothing is shared until every clinic has confirmed.")).to_be_visible()
        await expect(one.page.get_by_text("Waits for Oak Park Animal Clinic to confirm")).to_be_visible()
    async with look(chromium, south, windows=TWO_WINDOWS) as other:
        await other.go(f"/clinic/{group.id('south')}/sharing")
        await confirm(other)
        await expect(other.page.get_by_text("Begins within a day")).to_be_visible()
        await other.check()
    await group.pass_time("north", timedelta(hours=25))
    async with look(chromium, north, windows=TWO_WINDOWS) as one:
        await one.go(at)
        await one.page.get_by_text("Share new clients automatically …").click()
        await expect(one.page.get_by_text("Then each client who is added here is seen at")).to_be_visible()
        await one.check()
        await one.page.get_by_role("button", name="Share new clients with").click()
        await expect(one.page.get_by_text("at once; those who are added").first).to_be_visible()
        await one.page.get_by_text("End sharing …").click()
        await expect(one.page.get_by_text("Then new clients are no longer shared")).to_be_visible()
        await one.check()
        await expect(one.page.get_by_role("link", name="Share older clients", exact=True)).to_be_visible()
        await one.page.get_by_role("button", name="End sharing with").click()
        await expect(one.page.get_by_text("Ended", exact=True)).to_be_visible()
        await one.check()


async def confirm(one: Look) -> None:
    await one.page.get_by_label("The sentence").fill(IRREVERSIBLE)
    await one.page.get_by_role("button", name="Confirm").click()
