"""A practice's conversation: who calls is answered from one page, and what was said is logged once."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import ViewportSize, expect

from playbooks.engine.onboarding import Command
from playbooks.feed_watch.values import FeedRow
from store.journal import feed_status
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn, form_on, next_number, text_of
from tests.web.clinic_data import DataPractice, client, clinic
from tests.web.looking import DESKTOP, EVERY_WINDOW, PHONE, look

__all__ = ["clinic"]
SCRIPT = "<script>alert(1)</script>"
CALL = {"direction": "incoming", "name": "Dana Reyes", "said": "Have you our data?"}
ON_THE_PAGE = "section => [section.offsetTop, section.offsetHeight]"


def home(practice: Practice) -> str:
    return f"/practices/{practice.id}/conversation"


def calls(practice: Practice) -> str:
    return f"/practices/{practice.id}/conversation/calls"


async def shown(browser: Browser, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


async def listed(practice: Practice, browser: Browser) -> None:
    """The practice is started, and the journal has it."""
    await practice.start()
    await eventually(lambda: browser.get(home(practice)), lambda answer: answer.status_code == 200)


async def begun(practice: Practice, browser: Browser) -> None:
    """The practice is started, and its first mail has been sent."""
    await listed(practice, browser)
    await practice.record("queued")
    await practice.mailbox.wait_for(practice.contact)
    await eventually(
        lambda: shown(browser, home(practice)), lambda said: "Sent You" in said or "it has not come" in said
    )


async def test_a_caller_is_answered_from_one_page(practice: Practice, specialist: Browser) -> None:
    await begun(practice, specialist)
    page = (await specialist.get(home(practice))).text
    said = text_of(page)
    assert "is in DataPoint's queue: please watch for its e-mail" in said
    assert f"to Dana Reyes {practice.contact}" in said
    assert "Did it arrive? Sent The mail server took it, and it has not come back." in said
    assert "When did we hear from them? No mail, call or answer from them yet." in said
    assert "Have we their data? No, no file has come yet." in said
    assert "Invitation from DataPoint Whose turn: DataPoint" in said
    assert "Dana Reyes, primary contact" in said
    letter = re.search(r'<pre class="letter-text" tabindex="0">([^<]+)', page)
    assert letter and "Hello Dana Reyes" in unescape(letter[1])
    mail = re.search(r'href="(/mails/one[^"]+)"', page)
    assert mail and (await specialist.get(unescape(mail[1]))).status_code == 200


async def test_a_caller_is_told_of_data_that_is_on_record_without_a_file(
    practice: Practice, specialist: Browser
) -> None:
    await listed(practice, specialist)
    await practice.record("data_received", clients=40, patients=60)
    told = r"Have we their data\? \S+ reported data on [^;]+; no file has reached us yet\."
    assert re.search(told, said := await shown(specialist, home(practice))), said
    await practice.command("retract", fact="data_received")
    assert "Have we their data? No, no file has come yet." in await shown(specialist, home(practice))


async def test_a_caller_is_told_since_when_we_have_their_data_and_whether_it_still_comes(
    clinic: DataPractice, specialist: Browser
) -> None:
    first = (await clinic.import_rows(client(1))).received_at
    said = await shown(specialist, home(clinic))
    assert re.search(r"Have we their data\? Yes, 1 client and 0 patients in all\. It came [^.]+\.", said), said
    last = first + timedelta(days=40)
    lost = last + timedelta(days=3)
    nothing: dict[str, Any] = dict.fromkeys(
        ("agent_at", "changed_at", "clients", "patients", "assignee", "reason", "by", "why", "until", "next_at")
    )
    known: dict[str, Any] = {"practice": clinic.id, "practice_name": f"Practice {clinic.id}", "run": "r", "version": 1}
    feed = FeedRow(**known, **nothing | {"feed_at": last}, state="reconnecting", since=lost)
    await feed_status.publish(clinic.desk.database, feed, [])
    page = (await specialist.get(home(clinic))).text
    wanted = (
        r"Yes, 1 client and 0 patients in all\. The first came [^.]+, the last [^.]+\. "
        r"Nothing came after that: the connection has been lost since"
    )
    assert re.search(wanted, text_of(page)), text_of(page)
    answer = page.partition("Yes, 1 client ")[2].partition("</dd>")[0]
    assert re.findall(r'datetime="(\d{4}-\d\d-\d\d)', answer) == [f"{each:%Y-%m-%d}" for each in (first, last, lost)]


async def test_a_caller_is_told_of_mails_to_and_from_them(practice: Practice, specialist: Browser) -> None:
    await begun(practice, specialist)
    email, phone = f"maria-{practice.contact}", "(773) 555-0199"
    await practice.record("technical_contact_designated", name="Maria Lopez", email=email, phone=phone)
    await practice.mailbox.wait_for(email)
    board = await eventually(lambda: specialist.get(f"/?q={email}"), lambda page: "Maria Lopez" in page.text)
    address = re.search(r'href="(/practices/[^"]+\?caller=[0-9a-f]+)"', board.text)
    assert address and email not in address[1]
    wanted = re.compile(rf"When did we write to Maria Lopez\? [^?]+ to Maria Lopez {email}")
    said = await eventually(lambda: shown(specialist, address[1]), lambda said: wanted.search(said) is not None)
    assert "No mail, call or answer from Maria Lopez yet." in said
    page = (await specialist.get(address[1])).text
    assert 'value="Maria Lopez"' in page and f'value="{phone}"' in page
    call = {**form_on(page, calls(practice)), **CALL, "name": "Maria Lopez"}
    answer = await specialist.client.post(calls(practice), data=call)
    said = text_of(answer.text)
    assert re.search(r"When did we hear from Maria Lopez\? [^?]+: Maria Lopez called", said)
    dana = re.search(r'href="([^"]+caller=[0-9a-f]+)">Dana Reyes</a>', answer.text)
    assert dana
    said = await shown(specialist, dana[1])
    assert re.search(rf"When did we write to Dana Reyes\? [^?]+ to Dana Reyes {practice.contact}", said)
    recorded = r"When did we hear from Dana Reyes\? [^?]+: Technical contact named, recorded by"
    assert re.search(recorded, said), "what others report of them is"


async def test_what_others_record_as_come_from_a_practice_was_heard_from_it(
    practice: Practice, specialist: Browser
) -> None:
    await listed(practice, specialist)
    await practice.record("queued")
    await practice.record("invitation_sent")
    assert "No mail, call or answer from them yet." in await shown(specialist, home(practice)), "not from them"
    await practice.record("eula_accepted", version="2026-01", accepted_by="Dana Reyes")
    said = await shown(specialist, home(practice))
    assert re.search(r"When did we hear from them\? [^?]+: EULA accepted, recorded by \S+", said), said
    await practice.command("retract", fact="eula_accepted")
    assert "No mail, call or answer from them yet." in await shown(specialist, home(practice))


async def test_answers_stay_in_sight_while_a_call_is_logged(
    chromium: Chromium, practice: Practice, specialist: Browser
) -> None:
    await begun(practice, specialist)
    async with look(chromium, specialist) as seen:
        await seen.go(home(practice))
        answers = seen.page.locator("section", has=seen.page.get_by_role("heading", name="What a caller asks"))
        for size in (PHONE, DESKTOP):
            await seen.page.set_viewport_size(size)
            before = await answers.evaluate(ON_THE_PAGE)
            await seen.page.get_by_text("Log a call").click()
            await expect(seen.page.get_by_label("What was said")).to_be_visible()
            await expect(seen.page.get_by_label("Who called")).to_be_focused()
            assert await answers.evaluate(ON_THE_PAGE) == before, "the form opens beside or below them"
            await seen.page.get_by_text("Log a call").click()


async def test_on_an_onboarding_a_call_is_logged_beside_what_is_read(
    chromium: Chromium, practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    async with look(chromium, specialist) as seen:
        await seen.go(f"/onboardings/{practice.identity}")
        standing = seen.page.locator("section", has=seen.page.locator("#standing"))
        before = await standing.evaluate(ON_THE_PAGE)
        await seen.page.get_by_text("Log a call").click()
        await expect(seen.page.get_by_label("Who called")).to_be_focused()
        await expect(seen.page.get_by_label("What was said")).to_be_in_viewport()
        assert await standing.evaluate(ON_THE_PAGE) == before


async def test_what_contacts_say_is_there_and_mails_to_colleagues_are_apart(
    practice: Practice, specialist: Browser
) -> None:
    await begun(practice, specialist)
    who = {"role": "primary_contact", "reply": "question", "contact": {"email": practice.contact}}
    order = Command(by="contact:dana", kind="Dana asks for help", why=f"Which zebra? {SCRIPT}", **who)
    await practice.desk.command(practice.identity, "tell", order)
    said = await eventually(lambda: shown(specialist, home(practice)), lambda found: "Dana asks for help" in found)
    assert re.search(r"When did we hear from them\? [^?]+: Dana asks for help", said)
    assert "Which zebra?" in said and "sam@" not in said
    assert SCRIPT not in (await specialist.get(home(practice))).text
    team = await eventually(lambda: shown(specialist, f"{home(practice)}?show=team"), lambda found: "sam@" in found)
    assert "Hello Dana Reyes" not in team and "(assignee)" in team
    only = await shown(specialist, f"{home(practice)}?q=WHICH+zebra")
    assert "Dana asks for help" in only and "Hello Dana Reyes" not in only
    assert "Nothing matches" in await shown(specialist, f"{home(practice)}?q=giraffe")


async def test_a_call_is_logged_once_with_the_telephone_on_record(practice: Practice, specialist: Browser) -> None:
    await listed(practice, specialist)
    form = {**form_on((await specialist.get(home(practice))).text, calls(practice)), **CALL}
    answers = await asyncio.gather(*(specialist.client.post(calls(practice), data=form) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    page = (await specialist.get(home(practice))).text
    said = text_of(page)
    assert page.count("<blockquote>Have you our data?</blockquote>") == 1
    assert f"Dana Reyes called us by {specialist.name}" in said
    assert re.search(r"When did we hear from them\? [^?]+: Dana Reyes called", said)
    assert 'href="tel:3125550100"' in page
    other = await specialist.client.post(calls(practice), data={**form, "said": "Something else"})
    assert other.status_code == 422
    assert "This form was sent before with other values. Nothing was changed" in text_of(other.text)


async def test_a_call_is_logged_from_the_onboardings_page(practice: Practice, specialist: Browser) -> None:
    await listed(practice, specialist)
    onboarding = f"/onboardings/{practice.identity}"
    assert f'href="{home(practice)}"' in (await specialist.get(onboarding)).text
    answer = await specialist.submit(onboarding, CALL | {"direction": "outgoing"}, calls(practice))
    assert str(answer.url).endswith(onboarding)
    assert "The call with Dana Reyes is logged. Conversation" in text_of(answer.text)
    assert "We called Dana Reyes" in await shown(specialist, f"{home(practice)}?show=calls")
    again = CALL | {"said": "And another thing", "back": f"{home(practice)}?caller=somebody"}
    said = text_of((await specialist.submit(home(practice), again, calls(practice))).text)
    assert "The call with Dana Reyes is logged." in said
    assert "is logged. Conversation" not in said, "no link to the page that one is on"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"said": " "}, "Write with whom the call was, and what was said."),
        ({"name": ""}, "Write with whom the call was, and what was said."),
        (
            {"name": "", "phone": "call +1 555"},
            "Write with whom the call was, and what was said. Phone: 'call +1 555' has no telephone number",
        ),
        ({"direction": "sideways"}, "Who called"),
        ({"at": "2096-01-01T10:00"}, "Sun 1 Jan 2096, 10:00 CST is in the future"),
        ({"phone": "call +1 555"}, "Phone: 'call +1 555' has no telephone number; write one, as in 312 555 0100"),
        ({"at": "soon"}, "'soon' is not a time"),
    ],
)
async def test_what_is_wrong_with_a_call_is_told_and_nothing_typed_is_lost(
    practice: Practice, specialist: Browser, given: dict[str, str], said: str
) -> None:
    await listed(practice, specialist)
    answer = await specialist.submit(home(practice), {**CALL, "phone": "+1 555 010 0118", **given}, calls(practice))
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert f'value="{given.get("phone", "+1 555 010 0118")}"' in answer.text
    assert "Dana Reyes called us" not in await shown(specialist, f"{home(practice)}?show=calls")


async def test_a_call_is_taken_back_with_a_reason_and_stays(practice: Practice, specialist: Browser) -> None:
    await listed(practice, specialist)
    await specialist.submit(home(practice), CALL, calls(practice))
    page = (await specialist.get(home(practice))).text
    found = re.search(rf'action="({calls(practice)}/\d+/take-back)"', page)
    assert found
    empty = await specialist.submit(home(practice), {"why": " "}, found[1])
    assert "Say why you take the call back" in text_of(empty.text)
    done = await specialist.submit(home(practice), {"why": "It was another practice"}, found[1])
    said = text_of(done.text)
    assert f"Taken back by {specialist.name}: It was another practice" in said
    assert "Have you our data?" in said
    assert "No mail, call or answer from them yet." in said


async def test_who_only_looks_logs_no_call_and_nobody_reads_of_what_is_not(
    practice: Practice, signed_in: SignedIn
) -> None:
    viewer = await signed_in("viewer")
    await listed(practice, viewer)
    said = await shown(viewer, home(practice))
    assert "What a caller asks" in said
    assert "Log a call" not in said
    assert (await viewer.client.post(calls(practice), data={"csrf": await viewer.token(), **CALL})).status_code == 403
    unknown = await viewer.get("/practices/nobody-knows-it/conversation")
    assert unknown.status_code == 404 and "There is no practice nobody-knows-it" in text_of(unknown.text)


async def test_an_address_that_is_out_of_date_shows_the_first_page(practice: Practice, specialist: Browser) -> None:
    await listed(practice, specialist)
    await specialist.submit(home(practice), CALL, calls(practice))
    said = await shown(specialist, f"{home(practice)}?after=nonsense&show=calls")
    assert "The list has changed. This is its first page." in said and "Dana Reyes called us" in said


async def test_everybody_can_read_it_and_log_a_call(
    chromium: Chromium, practice: Practice, specialist: Browser
) -> None:
    await begun(practice, specialist)
    async with look(chromium, specialist, windows=EVERY_WINDOW) as seen:
        page = seen.page
        await seen.go(home(practice))
        await seen.check()
        await page.get_by_text("Log a call").click()
        await page.get_by_label("With whom").fill("Dana Reyes")
        said = page.get_by_label("What was said")
        cut = page.get_by_text("Only the first 4,000 characters fit.")
        await said.fill("Have you our data? " * 120)
        for key, told in (("a", 0), ("c", 0), ("v", 0), ("v", 1), ("a", 1), ("v", 0)):
            await said.press(f"Control+{key}")
            await expect(cut).to_have_count(told)
        await said.fill("Have you our data? " * 20)
        await page.get_by_role("button", name="Log the call").click()
        await expect(page.get_by_text("The call with Dana Reyes is logged.")).to_be_visible()
        for summary in await page.locator("#items summary").all():
            await summary.click()
        await seen.check()
        await page.keyboard.press("/")
        await expect(page.get_by_role("searchbox", name="Search")).to_be_focused()


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_what_is_wrong_with_a_call_is_said_in_sight_at_its_form_on_the_page_that_has_it(
    chromium: Chromium, practice: Practice, specialist: Browser, size: ViewportSize
) -> None:
    await begun(practice, specialist)
    async with look(chromium, specialist, size=size) as seen:
        page = seen.page
        for path in (f"/onboardings/{practice.identity}", home(practice)):
            await seen.go(path)
            await page.get_by_text("Log a call").click()
            await page.get_by_label("With whom").fill("Dana Reyes")
            phone = page.get_by_role("region", name="Log a call").get_by_label("Phone")
            await phone.fill("none")
            await page.get_by_label("What was said").fill("Have you our data?")
            await page.get_by_role("button", name="Log the call").click()
            wrong = page.locator("#log-call").get_by_text("Phone: 'none' has no telephone number")
            await expect(wrong).to_be_focused()
            await expect(wrong).to_be_in_viewport(ratio=1)
            assert page.url == f"{seen.address}{path}"
            # htmx gives fields their new values a moment after it has shown them.
            await expect(phone).to_have_value("none")
            await phone.fill("")
            await page.get_by_role("button", name="Log the call").click()
            said = page.get_by_text("The call with Dana Reyes is logged.")
            await expect(said).to_be_visible()
            assert page.url == f"{seen.address}{path}"
            if path != home(practice):
                await expect(said.get_by_role("link")).to_have_attribute("href", home(practice))
            await page.get_by_text("Log a call").click()
            await page.get_by_label("With whom").fill("Dana Reyes")
            await phone.fill("none")
            await page.get_by_label("What was said").fill("Have you our data?")
            await page.get_by_role("button", name="Log the call").click()
            await expect(wrong).to_be_visible()
            await expect(said).to_be_hidden()


async def test_who_called_is_found_by_name_and_telephone(practice: Practice, specialist: Browser) -> None:
    await listed(practice, specialist)
    name, phone = f"Zoe at reception {practice.id}", f"(937) 55{next_number() % 10}-{next_number() % 10_000:04}"
    page = (await specialist.get(home(practice))).text
    call = {**form_on(page, calls(practice)), **CALL, "name": name, "phone": phone}
    await specialist.client.post(calls(practice), data=call)
    for search in (name, phone.replace("-", ".")):
        board = (await specialist.get(f"/?q={quote(search)}")).text
        assert f'href="{home(practice)}">{name}</a>' in board and phone in board, search
        found = text_of((await specialist.get(f"/palette?q={quote(search)}")).text)
        assert f"{name} Called or was called · {practice.id}" in found
