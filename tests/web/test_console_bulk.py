"""The same for many: what is chosen on the board, done for all that allow it, and why the others refused."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx2
import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from desk.service import Desk
from tests.system.conftest import replay
from tests.system.harness import Mailbox, Practice, eventually
from tests.web.browser import Browser, SignedIn, form_on, next_number, text_of
from tests.web.busy_day import Busy
from tests.web.looking import DESKTOP, PHONE, look


@pytest.fixture
async def two(desk: Desk, mailbox: tuple[Mailbox, int], specialist: Browser) -> AsyncIterator[list[Practice]]:
    """Two practices that wait for a place in the queue, on the board."""
    practices = [Practice(desk, mailbox[0], f"bulk-{next_number()}") for _ in range(2)]
    for one in practices:
        await one.start()

    async def board() -> str:
        return (await specialist.get("/?q=bulk-&status=all")).text

    await eventually(board, lambda html: all(f'value="{one.identity}"' in html for one in practices))
    yield practices
    for one in practices:
        await replay(desk.client, one.identity, None)


def page_of(practices: list[Practice], *more: str) -> str:
    return "/bulk?" + urlencode([("id", each) for each in (*(one.identity for one in practices), *more)])


async def send(browser: Browser, page: str, action: str, practices: list[Practice], **given: str) -> httpx2.Response:
    form = form_on((await browser.get(page)).text, action)
    return await browser.client.post(action, data={**form, "id": [one.identity for one in practices], **given})


async def test_one_fact_for_all_and_why_some_refused(specialist: Browser, two: list[Practice]) -> None:
    first, second = two
    await first.command("withdraw", why="Not now")
    answer = await send(specialist, page_of(two), "/bulk/facts/queued", two)
    said = text_of(answer.text)
    assert "Recorded for 1 of 2: In DataPoint's request queue" in said
    assert f"Refused Practice Why {first.identity}" in said
    assert "onboard " not in said
    seen = await second.show()
    assert [(fact.name, fact.by) for fact in seen.facts] == [("queued", specialist.handle)]
    assert (await first.show()).facts == ()
    await second.mailbox.wait_for(second.contact)


async def test_asking_the_partner_leads_and_is_done_for_all(asking: Browser, two: list[Practice]) -> None:
    page = (await asking.get(page_of(two))).text
    said = text_of(page)
    assert "DataPoint then writes to its primary contact." in said
    assert said.index("Ask for a place: 2 practices") < said.index(
        "In DataPoint's request queue only if somebody has asked already"
    )
    others = said.index("What belongs to other stages")
    assert said.index("queue only if somebody has asked already") < others < said.index("Agent installed")
    answer = await send(asking, page_of(two), "/bulk/partner-request", two)
    assert "Recorded for 2 of 2: In DataPoint's request queue" in text_of(answer.text)
    assert [fact.name for one in two for fact in (await one.show()).facts] == ["queued", "queued"]
    back = "/bulk/facts/queued/back"
    form = {**form_on(answer.text, back), "id": re.findall(r'name="id" value="([^"]+)"', answer.text)}
    unsaid = await asking.client.post(back, data={**form, "why": " "})
    assert "Say why: everybody who reads the journal sees the reason." in text_of(unsaid.text)
    form["why"] = "A slip"
    for _ in range(2):
        said = text_of((await asking.client.post(back, data=form)).text)
        assert "Taken back for 2 of 2: In DataPoint's request queue" in said, "sent twice, it is done once"
    assert f"DataPoint still has Practice {two[0].id} in its queue" in said
    assert said.count("The stage is now “Entry in DataPoint's queue”, waiting on the onboarding team.") == 2


async def test_the_partner_is_asked_only_for_those_that_wait_for_it(
    asking: Browser, two: list[Practice], datapoint_url: str
) -> None:
    known, waiting = two
    await known.record("queued")
    page = (await asking.get(page_of(two))).text
    said = text_of(page)
    assert f"Not asked for, as they do not wait for it: Practice {known.id}." in said
    assert "Ask for a place: 1 of 2 practices" in said
    answer = await send(asking, page_of(two), "/bulk/partner-request", two)
    assert "take back what you have just recorded for 1 practice." in text_of(answer.text)
    asked = (await asking.client.get(f"{datapoint_url}/control")).text
    assert waiting.id in asked and known.id not in asked


async def test_without_its_address_the_partner_is_not_asked_by_a_button(
    specialist: Browser, two: list[Practice]
) -> None:
    page = (await specialist.get(page_of(two))).text
    assert "/bulk/partner-request" not in page
    assert "Ask for the place in its queue on DataPoint's own site, as you always do, then record it" in text_of(page)


async def test_what_was_recorded_for_many_is_taken_back_for_those_alone(
    specialist: Browser, two: list[Practice]
) -> None:
    await two[0].record("queued")
    answer = await send(specialist, page_of(two), "/bulk/facts/queued", two)
    assert "take back what you have just recorded for 1 practice." in text_of(answer.text)
    back = "/bulk/facts/queued/back"
    said = text_of((await specialist.client.post(back, data={**form_on(answer.text, back), "why": "A slip"})).text)
    assert "Taken back for 1 of 1: In DataPoint's request queue" in said
    assert [fact.retracted for one in two for fact in (await one.show()).facts] == [False, True]
    assert "Take it back" not in said


async def test_the_button_for_many_is_in_sight_and_covers_no_row(chromium: Chromium, busy: Busy) -> None:
    for size in (PHONE, DESKTOP):
        async with look(chromium, busy.manager, size=size) as seen:
            await seen.go("/?view=all")
            button = seen.page.get_by_role("button", name="Do the same for all chosen")
            await expect(button).not_to_be_in_viewport()
            await expect(button).to_be_disabled()
            await seen.page.get_by_label("Choose Riverside Veterinary Clinic").check()
            await expect(button).to_be_in_viewport(ratio=1)
            await expect(seen.page.locator("[data-chosen-count]")).to_have_text("1 chosen")
            await seen.page.evaluate("scrollTo(0, document.body.scrollHeight)")
            last = await seen.page.locator("table.board tr").last.bounding_box()
            bar = await button.bounding_box()
            assert last and bar and last["y"] + last["height"] <= bar["y"]


async def test_what_was_done_is_readable_for_all(chromium: Chromium, specialist: Browser, two: list[Practice]) -> None:
    async with look(chromium, specialist, size=PHONE) as seen:
        await seen.go(page_of(two))
        await seen.check()
        await two[0].command("withdraw", why="Not now")
        form = seen.page.locator("details.act", has_text="In DataPoint's request queue")
        await form.locator("summary").click()
        await form.get_by_role("button", name="Record it for").click()
        await expect(seen.page.get_by_text("1 of 2")).to_be_visible()
        await seen.check()


async def test_back_and_reload_of_an_answer_ask_for_the_page_with_the_form(
    chromium: Chromium, specialist: Browser, two: list[Practice]
) -> None:
    async with look(chromium, specialist) as seen:
        page, form = seen.page, seen.page.get_by_role("heading", name="The same for 2 practices")
        note = page.locator("details.act", has_text="Write a note")
        for leave in (page.reload, page.go_back):
            await seen.go(page_of(two))
            await note.locator("summary").click()
            await note.get_by_label("Note").fill("They move in May.")
            await note.get_by_role("button", name="Write a note").click()
            await expect(page.get_by_role("heading", name="Note written for 2 of 2")).to_be_visible()
            if leave == page.go_back:
                await page.get_by_role("link", name="To the board").click()
                await expect(page.get_by_role("heading", name="Board")).to_be_visible()
            await leave()
            await expect(form).to_be_visible()


async def test_back_to_a_refused_form_asks_for_it_anew(
    chromium: Chromium, specialist: Browser, two: list[Practice]
) -> None:
    async with look(chromium, specialist) as seen:
        page, extend = seen.page, f"/onboardings/{two[0].identity}/commands/extend"
        await seen.go(extend)
        await page.get_by_label("Until").fill("2020-01-01T10:00")
        await page.get_by_label("Why").fill("Not yet")
        await page.get_by_role("button", name="Move the deadline").click()
        await expect(page.locator(".notice.problem")).to_be_visible()
        await page.get_by_role("link", name="Reports", exact=True).click()
        await expect(page.get_by_role("heading", name="Reports")).to_be_visible()
        await page.go_back()
        await expect(page.get_by_role("button", name="Move the deadline")).to_be_visible()
        await expect(page.locator(".notice.problem")).to_have_count(0)
        assert page.url.endswith(extend)


async def test_a_form_that_is_sent_twice_acts_once(specialist: Browser, two: list[Practice]) -> None:
    action = "/bulk/commands/note"
    form = form_on((await specialist.get(page_of(two))).text, action)
    data = {**form, "id": [one.identity for one in two], "why": "Told them all about the delay"}
    answers = await asyncio.gather(*(specialist.client.post(action, data=data) for _ in range(2)))
    assert all("Note written for 2 of 2" in text_of(each.text) for each in answers)
    for one in two:
        page = (await specialist.get(f"/onboardings/{one.identity}")).text
        assert page.count("<q>Told them all about the delay</q>") == 1


async def test_a_decision_for_all(specialist: Browser, two: list[Practice]) -> None:
    given = {"assignee": "kim", "why": "Sam is away"}
    said = text_of((await send(specialist, page_of(two), "/bulk/commands/reassign", two, **given)).text)
    assert "2 of 2 handed over" in said
    assert [(await one.show()).assignee for one in two] == ["kim", "kim"]


async def dues(practices: list[Practice]) -> list[datetime]:
    found = [(await one.show()).due_at for one in practices]
    return [each for each in found if each]


async def test_each_deadline_moves_from_where_it_is_and_is_moved_back(specialist: Browser, two: list[Practice]) -> None:
    first, second = two
    own = await dues(two)
    await first.command("extend", until=own[0] + timedelta(days=35))

    async def seen() -> str:
        return (await specialist.get(page_of(two))).text

    far = await dues(two)
    await eventually(seen, lambda page: f'value="{far[0].astimezone(UTC).isoformat()[:16]}' in page)
    page = await seen()
    assert "2 of 2 have a deadline." in text_of(page)
    action, given = "/bulk/commands/extend", {"later": "One week later", "why": "They move"}
    form = {**form_on(page, action), **given, "id": [one.identity for one in two]}
    part = await specialist.client.post(f"{action}/moves", data=form, headers={"HX-Request": "true"})
    ahead = text_of(part.text)
    assert "Practice Due now Then" in ahead and ahead.count(f"Practice {first.id}") == 1
    unsaid = await specialist.client.post(action, data={**form, "later": ""})
    assert (unsaid.status_code, "Say how much later." in text_of(unsaid.text)) == (422, True)
    assert await dues(two) == far
    for _ in range(2):
        answer = await specialist.client.post(action, data=form)
        assert "Deadline moved for 2 of 2" in text_of(answer.text), "sent twice, it is done once"
        moved = await dues(two)
        assert all(
            timedelta(days=7) <= now - before < timedelta(days=14) for now, before in zip(moved, far, strict=True)
        )
    back = f"{action}/back"
    form = {**form_on(answer.text, back), "why": "A slip", "id": [one.identity for one in two]}
    for _ in range(2):
        said = text_of((await specialist.client.post(back, data=form)).text)
        assert "Deadline moved back for 2 of 2" in said
        assert await dues(two) == far
    await second.command("extend", until=far[1] + timedelta(days=99))
    later = await dues(two)
    await eventually(seen, lambda page: f'value="{later[1].astimezone(UTC).isoformat()[:16]}' in page)
    assert "Its deadline has been moved meanwhile" in text_of((await specialist.client.post(back, data=form)).text)
    assert await dues(two) == later


async def test_only_those_to_which_a_form_applies_are_counted(specialist: Browser, two: list[Practice]) -> None:
    held, other = two
    page = text_of((await specialist.get(page_of(two))).text)
    assert "None of them is on hold, so there is nothing to resume." in page and "Resume: " not in page
    await held.command("hold", until=datetime.now(UTC) + timedelta(days=9), why="They move")
    await other.record("queued")

    async def seen() -> str:
        return (await specialist.get(page_of(two))).text

    page = await eventually(seen, lambda page: "1 of 2 is on hold." in text_of(page) and "passed this" in page)
    assert "Resume: 1 practice" in text_of(page)
    queue = page.partition('action="/bulk/facts/queued"')[2].partition("</form>")[0]
    assert "Record it for 1 practice" in text_of(queue) and f'name="also" value="{other.identity}"' in queue
    form = form_on(page, "/bulk/commands/resume")
    assert (form["id"], form["also"]) == (held.identity, other.identity)
    said = text_of((await specialist.client.post("/bulk/commands/resume", data=form)).text)
    assert "1 of 1 resumed" in said and "Refused" not in said
    wrong = {**form_on(page, "/bulk/facts/queued"), "at": "soon"}
    assert "The same for 2 practices" in text_of((await specialist.client.post("/bulk/facts/queued", data=wrong)).text)


async def test_what_is_wrong_is_told_before_anything_is_done(specialist: Browser, two: list[Practice]) -> None:
    for name, given, sentence in (
        ("hold", {"until": "soon", "why": "as they asked"}, "'soon' is not a time"),
        ("note", {"why": " "}, "Write the note."),
    ):
        answer = await send(specialist, page_of(two), f"/bulk/commands/{name}", two, **given)
        assert (answer.status_code, sentence in text_of(answer.text)) == (422, True), text_of(answer.text)
        assert all(f'value="{text}"' in answer.text for text in given.values() if text.strip()), "nothing typed is lost"
    assert all([(await one.show()).status == "open" for one in two])


async def test_what_cannot_be_taken_back_is_done_one_by_one(specialist: Browser, two: list[Practice]) -> None:
    page = (await specialist.get(page_of(two))).text
    assert "/bulk/facts/data_received" not in page and "/bulk/commands/withdraw" not in page
    for action in ("facts/data_received", "commands/withdraw", "commands/retract", "facts/zebra"):
        data = {"csrf": await specialist.token(), "id": two[0].identity, "why": "x", "sure": "yes"}
        assert (await specialist.client.post(f"/bulk/{action}", data=data)).status_code == 404
    assert (await two[0].show()).status == "open"


async def test_nothing_chosen_and_what_is_not_there(specialist: Browser, two: list[Practice]) -> None:
    assert "No practice is chosen" in text_of((await specialist.get("/bulk")).text)
    said = text_of((await specialist.get(page_of(two, "datapoint/nowhere", "<script>"))).text)
    assert "2 chosen practices left out" in said
    mine = {"query": "assignee=me"}
    await two[0].command("reassign", assignee=specialist.handle)

    async def nothing() -> str:
        return (await specialist.client.get("/bulk", params=mine)).text

    page = await eventually(nothing, lambda page: "Choose all of this view: 1 practice" in text_of(page))
    assert 'href="/?assignee=me">To the board' in page

    async def own() -> str:
        return (await specialist.get("/account")).text

    page = await eventually(own, lambda page: "hand over your onboarding" in text_of(page))
    [address] = re.findall(r'href="(/bulk[^"#]+)', page)
    page = (await specialist.get(html.unescape(address))).text
    assert "The same for 1 practice" in text_of(page) and f"Practice {two[0].id}" in page
    assert 'id="do-reassign" open' in page
    given = {**form_on(page, "/bulk/commands/reassign"), "assignee": "kim", "why": "Away"}
    done = (await specialist.client.post("/bulk/commands/reassign", data=given)).text
    assert "1 of 1 handed over" in text_of(done) and 'href="/?assignee=me">To the board' in done
    none = await specialist.client.post("/bulk/facts/queued", data={"csrf": await specialist.token()})
    assert "Choose onboardings on the board first." in text_of(none.text)


async def test_who_only_looks_does_nothing_for_many(signed_in: SignedIn, two: list[Practice]) -> None:
    viewer = await signed_in("viewer")
    assert (await viewer.get(page_of(two))).status_code == 403
    data = {"csrf": await viewer.token(), "id": two[0].identity, "why": "x"}
    assert (await viewer.client.post("/bulk/commands/note", data=data)).status_code == 403
