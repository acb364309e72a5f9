"""DP4, DP6: data that arrives while the EULA is missing is told as arrived, and the EULA as the one thing to do."""

from __future__ import annotations

import re

from playwright.async_api import Browser as Chromium

from tests.mailing import bodies
from tests.web.browser import Browser, text_of
from tests.web.looking import PHONE, look
from tests.web.practice.world import Clinic, card, path_in


async def test_dp4_data_without_a_eula_is_progress_and_asks_for_the_eula(
    registering: Clinic, phone: Browser, chromium: Chromium
) -> None:
    await registering.record("technical_contact_designated", name="Lee Park", email=registering.lee)
    await registering.record("practice_information_given")
    await registering.record("data_received", clients=800)
    mails = await registering.mailbox.wait_for(registering.contact, 2)
    [mail] = [each for each in mails if "is arriving" in str(each["Subject"])]
    assert str(mail["Subject"]).endswith("is arriving; one step is still open")
    assert "The connection is not finished yet." in bodies(mail)[0]

    html = (await phone.get(path_in(mail))).text
    assert card(html).startswith("Your turn Accept DataPoint's license agreement (EULA) Your data has begun to arrive")
    steps = re.findall(r'<li data-state="(\w+)"', html)
    assert steps == ["done", "done", "current", "done", "done", "done", "ahead"]
    assert re.search(r"Your data begins to arrive Done \w+day", text_of(html))

    lees = await registering.link(registering.lee)
    told = card((await phone.get(lees)).text)
    assert "Nothing to do for you now DataPoint's program, the agent, is installed." in told
    assert "contacts you within" not in told
    async with look(chromium, phone, size=PHONE) as seen:
        for path in (path_in(mail), lees):
            await seen.go(path)
            await seen.check()

    await registering.record("eula_accepted", version="3.1", accepted_by="Dana Reyes")
    await registering.handle.result()
    assert card((await phone.get(path_in(mail))).text).startswith("Nothing to do You are connected")


async def test_dp4_the_eula_comes_before_what_else_is_missing(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await registering.record("data_received", clients=800)
    html = (await phone.get(path)).text
    told = card(html)
    assert told.startswith("Your turn Accept DataPoint's license agreement (EULA)")
    assert "After that, we still need information about your practice and a technical contact." in told
    assert "Name the technical contact" in text_of(html)
