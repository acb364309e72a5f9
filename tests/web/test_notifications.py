"""Colleagues are told of what concerns them: by mail and in a list, each as they choose, and of nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from playbooks.engine.transition import Refused
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn, text_of
from tests.web.looking import TWO_WINDOWS, look


def address(browser: Browser) -> str:
    return f"{browser.handle}@pharmacy.test"


async def said(browser: Browser, path: str = "/notifications") -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


async def told(browser: Browser, words: str) -> str:
    return await eventually(lambda: said(browser), lambda text: words in text)


async def note(browser: Browser, practice: Practice, text: str) -> str:
    path = f"/onboardings/{practice.identity}/commands/note"
    return text_of((await browser.submit(path, {"why": text}, path)).text)


async def switch(browser: Browser, *on: str) -> None:
    await browser.submit("/account", dict.fromkeys(on, "yes"), "/account/notifications")


async def test_who_is_named_in_a_note_gets_one_mail_and_one_line(
    practice: Practice, specialist: Browser, signed_in: SignedIn
) -> None:
    other = await signed_in("viewer", name="Kim Lee")
    await practice.start()
    words = f"Can you call them, @{other.handle}? Not x@{other.handle}. And again: @{other.handle}."
    await note(specialist, practice, words)
    shown = await told(other, "named you in a note")
    assert shown.count("named you in a note") == 1
    assert f"Practice {practice.id} : {specialist.handle.title()} named you in a note" in shown
    assert words in shown
    [mail] = await practice.mailbox.wait_for(address(other))
    assert mail["Subject"] == f"Practice {practice.id}: {specialist.name} named you in a note"
    assert "1 unread notifications" in await said(other, "/")
    await said(other, f"/onboardings/{practice.identity}")
    assert "unread" not in await said(other, "/"), "who has seen the practice's page has read it"
    assert "No notifications yet" in await said(specialist)


async def test_nobody_is_told_of_what_they_did_themselves(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await note(specialist, practice, f"A reminder to myself, @{specialist.handle}")
    await practice.command("reassign", assignee=specialist.handle)
    await told(specialist, "handed it over to you")
    assert "named you" not in await said(specialist)
    assert practice.mailbox.to(address(specialist)) == []


async def test_a_name_that_nobody_has_is_refused_and_the_note_is_not_lost(
    practice: Practice, specialist: Browser, signed_in: SignedIn
) -> None:
    other = await signed_in("specialist")
    await practice.start()
    refused = await note(specialist, practice, f"Please look, @{other.handle}x and @nobody-at-all")
    assert f"There is no colleague '{other.handle}x'; did you mean" in refused
    assert "leave out the @ to tell nobody" in refused
    assert f"Please look, @{other.handle}x" in refused
    with pytest.raises(Refused, match="There is no colleague 'nobody-at-all'"):
        await practice.command("note", why="@nobody-at-all")
    await practice.command("note", why="Write to dana@riverside.example")


async def test_what_was_switched_off_is_neither_mailed_nor_listed(
    practice: Practice, specialist: Browser, signed_in: SignedIn
) -> None:
    no_mail, no_list = await signed_in("specialist"), await signed_in("specialist")
    await switch(no_mail, "list.mention", "mail.breach")
    await switch(no_list, "mail.mention")
    await practice.start()
    await note(specialist, practice, f"@{no_mail.handle} @{no_list.handle}")
    await practice.mailbox.wait_for(address(no_list))
    await told(no_mail, "named you in a note")
    assert "No notifications yet" in await said(no_list)
    states = await practice.shown_when(
        lambda detail: sorted(mail.state for mail in detail.mails) == ["cancelled", "sent"]
    )
    [left_out] = [mail for mail in states.mails if mail.state == "cancelled"]
    assert left_out.note == f"not sent: {no_mail.handle} has switched these mails off"
    assert practice.mailbox.to(address(no_mail)) == []


async def test_a_hand_over_and_a_missed_deadline_are_told_once(
    practice: Practice, specialist: Browser, signed_in: SignedIn
) -> None:
    other = await signed_in("specialist")
    await practice.start()
    path = f"/onboardings/{practice.identity}/commands/reassign"
    await specialist.submit(path, {"assignee": other.handle, "why": "Holidays"}, path)
    await practice.mailbox.wait_for(address(other))
    await told(other, "handed it over to you")
    await practice.record("queued")
    await practice.forward(timedelta(days=2, hours=1))
    shown = await told(other, "Invitation from DataPoint: overdue")
    assert shown.count("overdue") == 1
    mails = await practice.mailbox.wait_for(address(other), 2)
    assert ["handed" in mails[0]["Subject"], "Overdue" in mails[1]["Subject"]] == [True, True]
    assert "No notifications yet" in await said(specialist)


async def test_they_are_marked_as_read_one_by_one_and_all(
    practice: Practice, specialist: Browser, signed_in: SignedIn
) -> None:
    other, third = await signed_in("specialist"), await signed_in("specialist")
    await practice.start()
    for number in range(3):
        await note(specialist, practice, f"{number}: @{other.handle} @{third.handle}")
    await eventually(lambda: said(other), lambda text: "3 unread" in text)
    await other.submit("/notifications", {}, "/account/notifications/read")
    assert "2 unread" in await said(other)
    token = await other.token()
    await other.client.post("/account/notifications/read", data={"csrf": token})
    assert "unread" not in await said(other)
    assert "3 unread" in await said(third), "only one's own"


async def test_the_list_and_the_switches_look_right(
    practice: Practice, specialist: Browser, signed_in: SignedIn, chromium: Chromium
) -> None:
    other = await signed_in("specialist", name="Kim Lee")
    await practice.start()
    await note(specialist, practice, f"@{other.handle}, their server is replaced on Friday. Can you call before that?")
    await told(other, "named you in a note")
    async with look(chromium, other, windows=TWO_WINDOWS) as seen:
        for path in ("/notifications", "/account"):
            await seen.go(path)
            await seen.check()
        box = seen.page.locator("[name='mail.mention']")
        await box.uncheck()
        await seen.page.locator("#notifications").get_by_role("button", name="Save").click()
        await expect(seen.page.get_by_text("Your choice is saved.")).to_be_visible()
        await expect(box).not_to_be_checked()
        await seen.go("/")
        await seen.check()
        await seen.page.locator("a.unread").click()
        await expect(seen.page.get_by_role("heading", level=1)).to_have_text("Notifications")
