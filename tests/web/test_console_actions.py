"""Every action that the console offers opens the form that it names, with what it names chosen and the focus on it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Locator, Page, expect

from desk.service import Desk
from tests.system.conftest import replay
from tests.system.harness import Mailbox, Practice, eventually
from tests.web.browser import Browser, next_number, text_of
from tests.web.looking import Look, look

FORMS = "a[href*='/facts/'], a[href*='/commands/']"
TITLES = {
    "Correct the primary contact": "Correct the primary contact",
    "Move the deadline": "Move the deadline",
    "Record an answer": "Write a note",
    "Resume …": "Resume",
    "Send it again": "Send a mail again",
}

Start = Callable[[], Awaitable[Practice]]


@pytest.fixture
async def start(desk: Desk, mailbox: tuple[Mailbox, int]) -> AsyncIterator[Start]:
    async with AsyncExitStack() as ended:

        async def begin() -> Practice:
            one = Practice(desk, mailbox[0], f"action-{next_number()}")
            ended.push_async_callback(replay, desk.client, one.identity, None)
            await one.start()
            return one

        yield begin


async def opens_what_it_names(page: Page, title: str, beside: str) -> None:
    """`title` is the link's text, `beside` the text that stands around it."""
    form = page.locator("[data-focus] form")
    await expect(form).to_have_count(1)
    heading = await page.get_by_role("heading", level=1).inner_text()
    if found := re.fullmatch(r"(?:Show the form|Add details): (.*?)(?: \(.*\))?", title):
        assert heading == found[1]
    elif found := re.fullmatch(r"(?:Take back|Take it back): (.*)", title):
        assert heading == "Take back what was recorded"
        assert await page.locator("[name=fact] option:checked").inner_text() == found[1]
    elif title in ("Correct the primary contact", "Replace the technical contact"):
        assert heading == title
        address = await page.locator("[name=email], [name=d_email]").input_value()
        assert address and f"to {address}:" in beside
    elif title in TITLES:
        assert heading == TITLES[title]
        if title == "Send it again":
            kind, _, role = (await page.locator("[name=kind] option:checked").inner_text()).partition(", to the ")
            assert role and kind in beside.lower()
    else:
        assert heading == title, "the link is called as the form"
    at = """form => {
        const unfilled = [...form.elements].find(one => one.type !== "hidden" && !one.checkValidity());
        const first = form.querySelector("[data-first]") || unfilled;
        return document.activeElement.form === form && [undefined, document.activeElement].includes(first);
    }"""
    assert await form.evaluate(at), "what is to be corrected or filled in has the focus"


async def walk(seen: Look, practices: list[Practice], where: str) -> set[str]:
    """Opens all forms that a page leads to, of these practices. Returns what the links are called."""
    await seen.go(where)
    for closed in await seen.page.locator("details.act.more:not([open])").all():
        await closed.evaluate("one => one.setAttribute('open', '')")
    links = [
        (await one.get_attribute("href") or "", " ".join((await one.inner_text()).split()), await around(one))
        for one in await seen.page.locator(f"main :is({FORMS})").all()
    ]
    wanted = [each for each in links if any(f"/{one.id}/" in each[0] for one in practices)]
    for address, title, beside in wanted:
        await seen.go(address)
        await opens_what_it_names(seen.page, title.replace(" :", ":"), beside)
    return {title.replace(" :", ":") for _, title, _ in wanted}


async def around(link: Locator) -> str:
    return " ".join(str(await link.evaluate("one => (one.closest('li') || one.closest('p, div')).innerText")).split())


async def test_each_link_opens_what_it_names(chromium: Chromium, specialist: Browser, start: Start) -> None:
    lacking, refused, late, asking, held = [await start() for _ in range(5)]
    await lacking.record("queued")
    await lacking.record("data_received", clients=3, patients=4)
    await lacking.record("import_completed", clients=3, patients=4)
    technician = f"tom@{refused.id}.test"
    refused.mailbox.refused |= {refused.contact, technician}
    await refused.record("queued")
    await refused.record("technical_contact_designated", name="Tom Ito", email=technician, phone="555 0117")
    await refused.record("technical_contact_reached")
    await late.record("queued")
    await late.forward(timedelta(days=3))
    await asking.command("tell", why="Please call", kind="help")
    await held.command("hold", until=(await held.show()).now + timedelta(days=3))
    practices = [lacking, refused, late, asking, held]

    async def needs() -> str:
        return text_of((await specialist.get("/needs")).text)

    facts = "Data received and First import completed"
    await eventually(
        needs,
        lambda text: all(
            part in text
            for part in (facts, f"briefing to {technician}:", f"confirmation to {refused.contact}:", "Please call")
        ),
    )
    async with look(chromium, specialist) as seen:
        titles = await walk(seen, practices, "/needs")
        assert titles >= {
            "Take back: Data received",
            "Take back: First import completed",
            "Show the form: EULA accepted",
            "Correct the primary contact",
            "Replace the technical contact",
            "Send it again",
            "Record an answer",
            "Move the deadline",
        }
        for one in practices:
            await walk(seen, [one], f"/onboardings/{one.identity}")


async def test_what_cannot_be_taken_back_is_said_and_nothing_else_is_chosen(
    chromium: Chromium, specialist: Browser, start: Start
) -> None:
    practice = await start()
    await practice.record("queued")
    await practice.record("eula_accepted", version="3", accepted_by="Dana")
    form = f"/onboardings/{practice.identity}/commands/retract?fact="
    async with look(chromium, specialist) as seen:
        await seen.go(f"{form}eula_accepted")
        await expect(seen.page.locator("[name=fact]")).to_have_value("eula_accepted")
        await expect(seen.page.locator("[name=why]")).to_be_focused()
        for fact, why in (
            ("invitation_sent", "was not reported. It counts because “"),
            ("data_received", "not on record"),
        ):
            await seen.go(f"{form}{fact}")
            await expect(seen.page.get_by_role("alert")).to_contain_text(why)
            await expect(seen.page.locator("[name=fact]")).to_have_count(0)
            await seen.check()
    page = (await specialist.get(f"/onboardings/{practice.identity}")).text
    assert '<option value="" selected>Choose …' in page, "the first is not chosen by itself"


async def test_whoever_corrects_an_address_begins_at_the_address(
    chromium: Chromium, specialist: Browser, start: Start
) -> None:
    practice = await start()
    async with look(chromium, specialist) as seen:
        await seen.go(f"/onboardings/{practice.identity}/commands/correct_contact")
        await expect(seen.page.get_by_label("E-mail address")).to_be_focused()
        await seen.page.get_by_label("E-mail address").fill("jo@nowhere")
        await seen.page.get_by_label("Phone").fill("abc")
        await seen.page.get_by_label("Why").fill("Typed wrong.")
        await seen.page.get_by_role("button", name="Correct the primary contact").click()
        await are_wrong(seen.page, "E-mail address: 'jo@nowhere'", "Phone: 'abc' has no telephone number")
        await seen.page.get_by_label("E-mail address").fill("jo@nowhere.test")
        await seen.page.get_by_role("button", name="Correct the primary contact").click()
        await is_wrong(seen.page.get_by_label("Phone"), "Phone: 'abc' has no telephone number")
        await expect(seen.page.locator("[aria-invalid=true]")).to_have_count(1)
        await seen.go(f"/onboardings/{practice.identity}/facts/technical_contact_designated")
        await seen.page.get_by_label("Name").fill("Tom")
        await seen.page.get_by_label("E-mail").fill("tom@nowhere")
        await seen.page.get_by_label("Phone").fill("later")
        await seen.page.get_by_role("button", name="Record it").click()
        await are_wrong(seen.page, "tom@nowhere", "Phone: 'later' has no telephone number")
        await seen.page.get_by_label("Phone").fill("")
        await seen.page.get_by_role("button", name="Record it").click()
        await is_wrong(seen.page.get_by_label("E-mail"), "tom@nowhere")
        seen.complaints.clear()  # a refusal is told as such
        await seen.check()


async def are_wrong(page: Page, email: str, phone: str) -> None:
    """Checks that both fields say why, and that the first can be mended at once."""
    await is_wrong(page.get_by_label("E-mail"), email)
    await expect(page.get_by_label("Phone")).to_have_accessible_description(re.compile(re.escape(phone)))
    await expect(page.locator("[aria-invalid=true]")).to_have_count(2)


async def is_wrong(field: Locator, why: str) -> None:
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile(re.escape(why)))


async def test_a_fact_that_ends_it_out_of_order_is_asked_back(specialist: Browser, start: Start) -> None:
    practice = await start()
    for fact in ("data_received", "practice_information_given"):
        await practice.record(fact)
    await practice.record("technical_contact_designated", name="Tom", email=f"tom@{practice.id}.test")
    path = f"/onboardings/{practice.identity}/facts/eula_accepted"
    given = {"d_version": "3", "d_accepted_by": "Dana"}
    assert "it ends the onboarding and cannot be taken back" in text_of((await specialist.get(path)).text)
    asked = await specialist.submit(path, given, path)
    assert "This cannot be taken back. It closes the onboarding" in text_of(asked.text)
    assert (await practice.show()).status == "open"
    form = {"id": [practice.identity], "csrf": await specialist.token(), "key": "many"}
    answer = await specialist.client.post("/bulk/facts/eula_accepted", data={**form, **given})
    assert "It would end this onboarding and cannot be taken back" in text_of(answer.text)
    assert (await practice.show()).status == "open"


async def test_a_closed_onboarding_offers_no_form(specialist: Browser, start: Start) -> None:
    practice = await start()
    await practice.record("queued")
    await practice.command("withdraw")
    for which in ("commands/retract?fact=queued", "facts/queued", "commands/hold"):
        page = (await specialist.get(f"/onboardings/{practice.identity}/{which}")).text
        assert "closed" in text_of(page) or "nothing can be taken back" in text_of(page)
        assert 'name="why"' not in page
