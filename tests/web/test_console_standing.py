"""The head of an onboarding's page: the alarm that brought somebody there, whom to call, and how a slip is undone."""

from __future__ import annotations

import re
from urllib.parse import quote

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from tests.system.feeds import Reconnection
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn, form_on, text_of
from tests.web.looking import PHONE, look


def home(practice: Practice) -> str:
    return f"/onboardings/{practice.identity}"


async def html_of(browser: Browser, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def todo_on(page: str) -> str:
    """What the page says is to be done now; empty if nothing is."""
    found = re.search(r'<section class="card to-do.*?</section>', page, re.DOTALL)
    return text_of(found[0]) if found else ""


def pills_on(page: str) -> str:
    """How it stands, in the words beside the practice's name."""
    found = re.search(r'<div class="heading">.*?</div>', page, re.DOTALL)
    assert found
    return text_of(found[0])


async def headed(browser: Browser, path: str, said: str) -> str:
    """The page, once its head says so: the journal follows a moment later."""
    return await eventually(lambda: html_of(browser, path), lambda page: said in todo_on(page))


async def test_a_mail_that_was_refused_heads_the_page(practice: Practice, specialist: Browser) -> None:
    practice.mailbox.refused.add(practice.contact)
    await practice.start()
    await practice.record("queued")
    page = await headed(specialist, home(practice), "Mail did not arrive")
    said = todo_on(page)
    assert (
        f"Mail did not arrive Correct the address {practice.contact}; the queue confirmation then goes out again."
        in said
    )
    assert "550 5.1.1 No such mailbox here" in said
    assert f'href="{home(practice)}/commands/correct_contact"' in page
    assert "On track" not in pills_on(page) and "Open" not in pills_on(page)
    assert f"to {practice.contact} was refused" not in page, "told at the head, and not again below"


async def test_data_without_a_eula_heads_the_page_and_nothing_else_is_asked_for(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    await practice.record("practice_information_given")
    await practice.record("technical_contact_designated", name="Lee Park", email=f"lee@{practice.id}.test")
    await practice.record("data_received")
    page = await headed(specialist, home(practice), "Record incomplete")
    assert "Record incomplete Record what is missing: EULA accepted; or" in todo_on(page)
    assert "No deadline" not in pills_on(page) and "Open" not in pills_on(page)
    said = text_of(page)
    assert "Still missing: EULA accepted. The rest is on record." in said
    assert "Fill in DataPoint's form" not in said


async def test_a_lost_connection_says_whom_to_call_by_a_number_to_press(
    practice: Practice, specialist: Browser, chromium: Chromium
) -> None:
    lost = Reconnection(practice.desk, practice.mailbox, practice.id)
    await lost.desk.start("datapoint-reconnection", lost.request(), "sam")
    phone = "(312) 555-0142"
    await lost.record("technical_contact_designated", name="Lee Park", email=f"lee@{lost.id}.test", phone=phone)
    await lost.record("connection_lost")
    page = await headed(specialist, home(lost), "Connection lost")
    assert "Call Lee Park, the technical contact: (312) 555-0142" in todo_on(page)
    assert 'href="tel:3125550142"' in page
    assert "Dana Reyes" not in todo_on(page)
    assert "On track" not in pills_on(page) and "Open" not in pills_on(page)
    async with look(chromium, specialist, size=PHONE) as seen:
        await seen.go(home(lost))
        await expect(seen.page.get_by_role("link", name=phone).first).to_be_in_viewport()
        await seen.check()
    await lost.record("technical_contact_designated", name="Kim Osei", email=f"kim@{lost.id}.test")
    said = todo_on(await headed(specialist, home(lost), "Kim Osei"))
    assert "Kim Osei, the technical contact, has no phone number on record; write to" in said
    assert "Call Dana Reyes, the primary contact: (312) 555-0100" in said


async def test_the_telephone_that_the_practice_gave_for_itself_stands_with_its_contacts_and_finds_it(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    phone = "(309) 555-0142"
    await practice.record("practice_information_given", phone=phone)
    assert f"The practice, {phone}" in text_of(await html_of(specialist, home(practice)))
    talk = text_of(await html_of(specialist, f"/practices/{practice.id}/conversation"))
    assert f"The practice, {phone}" in talk
    searched = f"/?view=all&q={quote(phone)}"
    board = await eventually(lambda: html_of(specialist, searched), lambda html: home(practice) in html)
    assert f"Telephone of the practice: {phone}" in text_of(board)


async def test_who_only_looks_is_told_and_offered_nothing(practice: Practice, signed_in: SignedIn) -> None:
    await practice.start()
    viewer = await signed_in("viewer")
    page = await html_of(viewer, home(practice))
    assert "Our turn Ask DataPoint for a place in its queue. If somebody has asked already, record it." in todo_on(page)
    assert "Record:" not in todo_on(page)


async def test_where_nothing_needs_us_it_says_so_as_ever(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.mailbox.wait_for(practice.contact)
    page = await html_of(specialist, home(practice))
    assert todo_on(page) == ""
    assert "Open On track" in pills_on(page)


async def test_a_hold_says_why_and_until_when(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("invitation_sent")
    path = f"{home(practice)}/commands/hold"
    await specialist.submit(path, {"until": "2030-01-01T10:00", "why": "They are moving house"}, path)
    said = await eventually(lambda: html_of(specialist, home(practice)), lambda page: "On hold until" in page)
    on_hold = f"On hold until Tue 1 Jan 2030, 10:00 CST by {specialist.name}: They are moving house"
    assert on_hold in text_of(said)
    assert "Change the hold" in text_of(said) and "Put on hold" not in text_of(said)
    assert "On hold" in pills_on(said) and "No deadline" not in pills_on(said) and "Paused" not in pills_on(said)


async def test_what_was_recorded_by_mistake_is_taken_back_from_where_it_is_told(
    practice: Practice, specialist: Browser, signed_in: SignedIn
) -> None:
    await practice.start()
    path = f"{home(practice)}/facts/queued"
    await specialist.submit(home(practice), {}, path)
    await practice.mailbox.wait_for(practice.contact)
    await practice.shown_when(lambda seen: bool(seen.mails) and seen.mails[0].state == "sent")
    page = await html_of(specialist, home(practice))
    mail = f"“queue confirmation” to {practice.contact}"
    assert f"Mails caused by it: {mail} . If that was a mistake: Take it back" in text_of(page).replace(
        ".test.", ".test ."
    )
    back = f"{home(practice)}/commands/retract"
    assert f'href="{back}?fact=queued"' in page
    other = await signed_in("specialist")
    assert "Take it back" not in text_of(await html_of(other, home(practice))), "offered to who recorded it"

    form = await html_of(specialist, f"{back}?fact=queued")
    assert '<option value="queued" selected>' in form
    assert f"The mail {mail} was sent because of it and cannot be recalled." in text_of(form)
    answer = await specialist.client.post(
        back, data={**form_on(form, back), "fact": "queued", "why": "Another practice"}, follow_redirects=True
    )
    said = f"The mail {mail} was sent because of it and cannot be recalled."
    assert f"Taken back: in DataPoint's request queue. {said}" in text_of(answer.text)
    assert "Take it back" not in text_of(answer.text)

    def written(found: str) -> bool:
        journal = found.partition('id="journal"')[2]
        return said in text_of(journal)

    await eventually(lambda: html_of(specialist, home(practice)), written)


async def test_it_is_handed_over_to_a_colleague(practice: Practice, specialist: Browser) -> None:
    """Lou has no account and no address in the settings."""
    await practice.start()
    path = f"{home(practice)}/commands/reassign"
    found = re.findall(r'<option value="([^"]+)">', await html_of(specialist, path))
    assert {specialist.handle, "kim"} <= set(found) and "sam" not in found, "not whom it is assigned to"
    answer = await specialist.submit(path, {"assignee": "lou", "why": "Holidays"}, path)
    assert (answer.status_code, "There is no colleague 'lou'" in text_of(answer.text)) == (422, True)
    answer = await specialist.submit(path, {"assignee": specialist.handle, "why": "Holidays"}, path)
    assert f"Handed over to {specialist.handle.title()}. " in text_of(answer.text)
    assert f"{specialist.handle} gets a mail" not in text_of(answer.text), "who takes it over knows"


async def test_a_note_is_a_note(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    path = f"{home(practice)}/commands/note"
    answer = await specialist.submit(path, {"why": "They close at noon"}, path)
    assert "Your note is in the journal." in text_of(answer.text)
    await eventually(
        lambda: html_of(specialist, home(practice)), lambda page: "Note They close at noon" in text_of(page)
    )


async def test_what_the_journal_says_stands_beside_its_label(
    practice: Practice, specialist: Browser, chromium: Chromium
) -> None:
    await practice.start(name="A Practice With Such A Long Name That Its First Line Of The Journal Has To Be Broken")
    async with look(chromium, specialist) as seen:
        await seen.go(home(practice))
        entry = seen.page.locator(".entry").last
        label, words = await entry.locator(".kind").bounding_box(), await entry.locator("div").bounding_box()
        assert label and words
        assert words["x"] >= label["x"] + label["width"]
        assert words["height"] > 1.5 * label["height"], "on two lines"
