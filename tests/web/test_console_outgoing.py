"""Before a mail leaves: the console shows which mails a recording sends, and lets a person hold and add to them."""

from __future__ import annotations

import re
from html import unescape

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from desk.problem import AlreadyOpen
from playbooks.engine.onboarding import MailChoice, Report
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn, form_on, text_of
from tests.web.looking import TWO_WINDOWS, look

WORDS = "Ask for <Kim> & me: we call you on Friday."


def home(practice: Practice) -> str:
    return f"/onboardings/{practice.identity}"


async def said(browser: Browser, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


async def hold(practice: Practice) -> None:
    report = Report(by="sam", mail={"queue_confirmation": MailChoice(hold=True)})
    await practice.desk.record(practice.identity, "queued", report)
    await practice.shown_when(lambda detail: [mail.state for mail in detail.mails] == ["held"])


async def test_the_button_stands_with_the_mail_that_it_sends_and_its_whole_text(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    shown = await said(specialist, home(practice))
    assert f"Mail at once: queue confirmation to Dana Reyes, primary contact, {practice.contact}" in shown
    assert f"Practice {practice.id} is in DataPoint's queue" in shown
    assert "Hello Dana Reyes," in shown
    await specialist.submit(home(practice), {}, f"{home(practice)}/facts/queued")
    [mail] = await practice.mailbox.wait_for(practice.contact)
    body = mail.get_body(("plain",))
    assert body is not None
    first = next(line for line in body.get_content().splitlines() if len(line) > 40)
    assert first in shown, "the words shown are those that are sent"


async def test_a_mail_is_held_with_a_paragraph_shown_as_waiting_and_sent(
    practice: Practice, specialist: Browser, signed_in: SignedIn
) -> None:
    await practice.start()
    given = {"hold.queue_confirmation": "yes", "paragraph.queue_confirmation": WORDS}
    await specialist.submit(home(practice), given, f"{home(practice)}/facts/queued")
    await practice.shown_when(lambda detail: [mail.state for mail in detail.mails] == ["held"])
    waiting = await said(specialist, home(practice))
    assert f"Mail held Send the mail “queue confirmation” to {practice.contact}, or drop it." in waiting
    assert "Held queue confirmation" not in waiting
    assert practice.id in await said(specialist, "/needs#held")
    assert f"Send the mail “queue confirmation” to {practice.contact}" in await said(specialist, "/needs")
    form = f"{home(practice)}/commands/send_held"
    assert WORDS in await said(specialist, form), "its paragraph stands in the mail and in the form"
    given = {"kind": "queue_confirmation primary_contact", "paragraph.queue_confirmation": WORDS}
    await specialist.submit(form, given, form)
    [mail] = await practice.mailbox.wait_for(practice.contact)
    html = mail.get_body(("html",))
    assert html is not None
    assert "Ask for &lt;Kim&gt; &amp; me: we call you on Friday." in html.get_content()
    await practice.shown_when(lambda detail: [mail.state for mail in detail.mails] == ["sent"])
    page = (await specialist.get(home(practice))).text
    letter = re.search(r'href="(/mails/one[^"]+)"', page)
    assert letter
    assert WORDS in await said(specialist, unescape(letter[1])), "what was sent shows the words as sent"
    assert "Mail held" not in text_of(page)


async def test_a_held_mail_is_dropped_with_a_reason(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await hold(practice)
    assert "We have not written yet." in await said(specialist, f"/practices/{practice.id}/conversation")
    form = f"{home(practice)}/commands/drop_held"
    given = {"kind": "queue_confirmation primary_contact"}
    refused = await specialist.submit(form, given, form)
    assert (refused.status_code, "Say why" in text_of(refused.text)) == (422, True)
    await specialist.submit(form, {**given, "why": "Told by telephone"}, form)
    await practice.shown_when(lambda detail: [mail.state for mail in detail.mails] == ["cancelled"])
    assert f"dropped by {specialist.handle}: Told by telephone" in await said(specialist, home(practice))
    assert practice.mailbox.to(practice.contact) == []


async def test_the_mails_of_a_form_follow_what_is_typed(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    fact = f"{home(practice)}/facts/technical_contact_designated"
    token = await specialist.token()
    ask = {"csrf": token, "d_name": "Lee Park", "d_email": "lee@it.test"}
    part = await specialist.client.post(f"{fact}/mails", data=ask, headers={"HX-Request": "true"})
    assert "technical briefing to Lee Park, technical contact, lee@it.test" in text_of(part.text)
    part = await specialist.client.post(f"{fact}/mails", data={"csrf": token}, headers={"HX-Request": "true"})
    assert text_of(part.text) == "Fill in the form to see which mails go out."
    page = await specialist.client.post(f"{fact}/mails", data=ask)
    assert "technical briefing to Lee Park" in text_of(page.text), "without scripts a button asks for them"
    assert 'value="lee@it.test"' in page.text, "and what was typed stays"
    assert (await practice.show()).missing == ("invitation_sent",), "nothing was recorded"


async def test_the_question_before_the_end_shows_the_mails_and_takes_choices(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    await practice.register()
    fact = f"{home(practice)}/facts/data_received"
    asked = await specialist.submit(fact, {"d_clients": "3"}, fact)
    assert "data received to Dana Reyes, primary contact" in text_of(asked.text)
    form = {**form_on(asked.text, fact), "hold.data_received": "yes"}
    await specialist.client.post(fact, data=form)
    await practice.shown_when(lambda detail: detail.mails[-1].state == "held")
    shown = await said(specialist, home(practice))
    assert "Mail held Send the mail “data received”" in shown, "also once the onboarding is complete"
    with pytest.raises(AlreadyOpen, match="has ended, but a mail of it is held; send it or drop it"):
        await practice.start()
    form_of_held = f"{home(practice)}/commands/send_held"
    await specialist.submit(form_of_held, {"kind": "data_received primary_contact"}, form_of_held)
    await practice.handle.result()


async def test_a_hand_over_shows_its_mail(practice: Practice, specialist: Browser, signed_in: SignedIn) -> None:
    other = await signed_in("specialist")
    await practice.start()
    ask = {"csrf": await specialist.token(), "assignee": other.handle, "why": "Holidays"}
    path = f"{home(practice)}/commands/reassign/mails"
    part = await specialist.client.post(path, data=ask, headers={"HX-Request": "true"})
    shown = text_of(part.text)
    assert f"handed over to {other.handle.title()}, colleague, {other.handle}@pharmacy.test" in shown
    assert "Holidays" in shown


async def test_many_at_once_show_the_mails_of_each(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    ask = {"csrf": await specialist.token(), "id": practice.identity}
    part = await specialist.client.post("/bulk/facts/queued/mails", data=ask, headers={"HX-Request": "true"})
    assert f"queue confirmation to Dana Reyes, primary contact, {practice.contact}" in text_of(part.text)
    assert "still at" not in part.text
    early = {**ask, "d_version": "2026-01", "d_accepted_by": "Dana Reyes"}

    async def foreseen() -> str:
        path = "/bulk/facts/eula_accepted/mails"
        return text_of((await specialist.client.post(path, data=early, headers={"HX-Request": "true"})).text)

    await eventually(foreseen, lambda said: "1 of them is still at “Entry in DataPoint's queue”" in said)
    await specialist.client.post("/bulk/facts/queued", data={**ask, "hold.queue_confirmation": "yes"})
    await practice.shown_when(lambda detail: [mail.state for mail in detail.mails] == ["held"])
    await practice.command("drop_held")


async def test_by_keyboard_the_text_is_one_key_away_and_a_mail_is_held(
    practice: Practice, specialist: Browser, chromium: Chromium
) -> None:
    await practice.start()
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        await seen.go(home(practice))
        page = seen.page
        line = page.locator("summary", has_text="queue confirmation").first
        text = page.locator("#fact-queued-mail-1 pre")
        await expect(text).to_be_hidden()
        await line.focus()
        await page.keyboard.press("Enter")
        await expect(text).to_be_visible()
        await seen.check()
        choices = page.locator("#fact-queued-mail-1-choices summary")
        await choices.focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("Paragraph to add").first.fill(WORDS)
        async with page.expect_response(lambda answer: answer.url.endswith("/facts/queued/mails")):
            await page.get_by_label("Hold it back").first.check()
        await expect(page.locator("#fact-queued-mail-1 summary")).to_contain_text("Held")
        await expect(text).to_contain_text(WORDS)
        await seen.check()
        await page.get_by_role("button", name="Record it").first.click()
        await expect(page.get_by_text("Recorded: in DataPoint's request queue.")).to_be_visible()
    await eventually(practice.show, lambda detail: [mail.state for mail in detail.mails] == ["held"])
    await practice.command("drop_held")


async def test_a_mail_that_is_read_stays_open_while_its_form_changes(
    practice: Practice, specialist: Browser, chromium: Chromium
) -> None:
    await practice.start()
    async with look(chromium, specialist) as seen:
        await seen.go(home(practice))
        page = seen.page
        await page.locator("summary", has_text="Add a paragraph").first.click()
        await page.get_by_label("Paragraph to add").first.fill(WORDS)
        # Leaving the field has the mail composed anew, with the paragraph.
        await page.locator("summary", has_text="Mail at once").first.click()
        letter = page.locator(".letter-text").first
        await expect(letter).to_contain_text(WORDS)
        await expect(letter).to_be_visible()
