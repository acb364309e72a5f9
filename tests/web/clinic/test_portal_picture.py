"""The pictures of the portal and the order page in the README: taken at every run, kept by `make screenshots` only."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import ViewportSize, expect

from integrations.ezyvet import prescribers, sites
from partners.ezyvet.records import User
from store.accounts import clinics, members
from store.accounts.clinics import ClinicAccount
from store.accounts.members import Membership
from tests.browser import keep_picture
from tests.system.harness import eventually
from tests.web.clinic.surgery import CARPROFEN, SHAMPOO, Surgery
from tests.web.looking import look
from worker import build_ezyvet

DESK = ViewportSize(width=1100, height=500)
PHONE = ViewportSize(width=375, height=1000)


@pytest.fixture
async def live(connected: Surgery) -> AsyncIterator[Surgery]:
    """A practice whose ezyVet is live; it and its vet have names of their own."""
    clinic, desk = connected.clinic, connected.desk
    place = {"time_zone": "America/Chicago", "country": "US", "state": "IL"}
    names = {"name": "Harbor Animal Hospital", "owner": "Harbor Animal Care LLC"}
    account = ClinicAccount(**names, account_email="noor@harbor.test", **place)
    await clinics.put_clinic(desk.database, clinic.id, account, "test")
    vet = Membership(name="Vera Okafor", role="vet", handle=connected.vet.handle)
    await members.put_member(desk.database, clinic.id, connected.vet.email, vet, "test")
    user = User(id=10, first_name="Vera", last_name="Okafor", is_vet=True)
    await prescribers.choose_users(desk.database, clinic.id, {connected.vet.handle: user}, "test")
    await sites.set_state(desk.database, clinic.id, "live")
    async with build_ezyvet(desk.client, desk.database, desk.settings):
        yield connected


async def test_the_portal_and_the_order_page_tell_one_story(live: Surgery, chromium: Chromium) -> None:
    first = await live.request(CARPROFEN, SHAMPOO)
    await live.request(SHAMPOO, patient="7")
    async with look(chromium, live.browser, size=DESK) as desk:
        await desk.go(live.at)
        await expect(desk.page.get_by_role("link", name="Biscotti")).to_be_visible()
        keep_picture("portal-requests", await desk.page.screenshot())
    await live.report(first, "approve", by=live.vet.handle)
    await live.report(first, "pay")
    await live.report(first, "dispense", product=CARPROFEN.reference, qty=3, remaining=2)
    await live.report(first, "ship", items=[CARPROFEN.reference], carrier="UPS")
    await eventually(lambda: live.show(first), lambda shown: shown.delivery.state == "sent")
    async with look(chromium, live.browser, size=PHONE) as phone:
        await phone.go(f"{live.at}/prescriptions/{first}")
        await expect(phone.page.get_by_text("In ezyVet", exact=True).first).to_be_visible()
        keep_picture("portal-prescription", await phone.page.screenshot())
        await phone.page.context.clear_cookies()
        await phone.go(await live.order_page(first))
        await expect(phone.page.get_by_text("On its way", exact=True)).to_be_visible()
        keep_picture("order-page", await phone.page.screenshot())
