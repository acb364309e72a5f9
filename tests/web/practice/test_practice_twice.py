"""Yes, said twice: by a double click, on the way back, or while the first is still being done. It happens once."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from desk.problem import NoAnswer
from practice_page.actions.messages import Help
from tests.web.browser import Browser, text_of
from tests.web.looking import PHONE, look
from tests.web.practice.world import Clinic, ask, confirm, do, state
from web.practice import form_tokens

EVERY = {
    "technical-contact": ({"name": "Uma Cho", "email": "uma@elsewhere.test"}, "Uma Cho is the technical contact now"),
    "address": ({"email": "dana2@elsewhere.test"}, "From now on we write to dana2@elsewhere.test"),
    "not-received": ({}, "Our team knows and looks into it"),
    "not-me": ({"text": "Try Max.\nHe is in on Fridays."}, "Our team asks the practice"),
    "pause-reminders": ({"until": "DAY"}, "We do not remind you before"),
    "help": ({"text": "Please call.\nThank you!"}, "Our team has your message"),
}


def fields(action: str) -> dict[str, Any]:
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    return {name: value.replace("DAY", day.isoformat()) for name, value in EVERY[action][0].items()}


@pytest.mark.parametrize("action", EVERY)
async def test_a_second_yes_gets_the_answer_of_the_first_and_does_nothing(
    registering: Clinic, phone: Browser, action: str
) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, action, **fields(action))
    first = await confirm(phone, question)
    assert EVERY[action][1] in text_of(first.text)
    after = await state(registering)
    again = await confirm(phone, question)
    assert (again.status_code, text_of(again.text)) == (first.status_code, text_of(first.text))
    assert await state(registering) == after


@pytest.mark.parametrize("action", EVERY)
async def test_two_at_the_same_moment_get_the_same_answer(registering: Clinic, phone: Browser, action: str) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, action, **fields(action))
    before = await state(registering)
    both = await asyncio.gather(*(confirm(phone, question) for _ in range(3)))
    assert [(each.status_code, EVERY[action][1] in text_of(each.text)) for each in both] == [(200, True)] * 3
    for each in both:
        notices = re.search(r'<div role="status">.*?</div>', each.text, re.DOTALL)
        assert notices and text_of(notices[0]).count(EVERY[action][1]) <= 1
        assert 'role="alert"' not in each.text
    commands = {"technical-contact": 1, "address": 2, "not-received": 2}.get(action, 1)
    assert (await state(registering))[2] <= before[2] + commands + 1


async def test_what_could_not_be_done_can_be_confirmed_again(
    registering: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: Any) -> None:
        raise NoAnswer("Nobody answers.")

    path = await registering.link(registering.contact)
    question = await ask(phone, path, "help", text="Please call")
    monkeypatch.setattr(Help, "do", down)
    assert (await confirm(phone, question)).status_code == 503
    monkeypatch.undo()
    assert EVERY["help"][1] in text_of((await confirm(phone, question)).text)


async def test_what_takes_too_long_is_told_without_alarm(
    registering: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, really = asyncio.Event(), asyncio.Event(), Help.do

    async def slowly(*given: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await really(*given)

    path = await registering.link(registering.contact)
    question = await ask(phone, path, "help", text="Please call")
    monkeypatch.setattr(form_tokens, "PATIENCE", 0.0)
    monkeypatch.setattr(Help, "do", slowly)
    first = asyncio.create_task(confirm(phone, question))
    await begun.wait()
    second = await confirm(phone, question)
    assert (second.status_code, "We are on it" in text_of(second.text)) == (409, True)
    go_on.set()
    assert EVERY["help"][1] in text_of((await first).text)


async def to_the_question(page: Page, address: str, path: str) -> None:
    await page.goto(f"{address}{path}")
    await page.get_by_role("link", name="Ask for help").click()
    await page.get_by_label("Your message").fill("Please call.\nThank you!")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", name="This is what happens")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
async def test_back_shows_the_question_again_and_yes_still_says_what_was_done(
    chromium: Chromium, registering: Clinic, phone: Browser, scripts: bool
) -> None:
    path = await registering.link(registering.contact)
    async with look(chromium, phone, size=PHONE, scripts=scripts) as seen:
        page, yes = seen.page, seen.page.get_by_role("button", name="Yes, send it")
        await to_the_question(page, seen.address, path)
        await yes.click()
        await expect(page.get_by_role("status")).to_contain_text("Our team has your message")
        after = await state(registering)
        await page.go_back()
        await expect(page.get_by_role("heading", name="This is what happens")).to_be_visible()
        await expect(page.get_by_text("Please call.")).to_be_visible()
        await page.go_back()
        await expect(page.get_by_label("Your message")).to_be_visible()
        await page.go_forward()
        await yes.click()
        await expect(page.get_by_role("status")).to_have_text(
            f"Our team has your message and answers to {registering.contact}."
        )
        assert await state(registering) == after
        assert seen.complaints == []


@pytest.mark.parametrize("scripts", [True, False])
async def test_back_after_the_link_has_ended_shows_the_question_again(
    chromium: Chromium, registering: Clinic, phone: Browser, scripts: bool
) -> None:
    path = await registering.link(registering.contact)
    async with look(chromium, phone, size=PHONE, scripts=scripts) as seen:
        page, yes = seen.page, seen.page.get_by_role("button", name="Yes, I am not the right person")
        await page.goto(f"{seen.address}{path}/not-me")
        await page.get_by_label("Name").fill("Max Bell")
        await page.get_by_role("button", name="Continue").click()
        await yes.click()
        await expect(page.get_by_role("heading", name="Done")).to_be_visible()
        await page.go_back()
        await yes.click()
        await expect(page.get_by_role("heading", name="Done")).to_be_visible()
        assert seen.complaints == []


async def test_a_double_click_is_one_good_answer(chromium: Chromium, registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    async with look(chromium, phone, size=PHONE) as seen:
        for _ in range(3):
            await to_the_question(seen.page, seen.address, path)
            await seen.page.get_by_role("button", name="Yes, send it").dblclick()
            await expect(seen.page.get_by_role("status").get_by_text("Our team has your message")).to_have_count(1)
            assert await seen.page.get_by_role("alert").count() == 0
    assert (
        len(
            [
                said
                for said in (await registering.desk.state(registering.identity)).onboarding.mails
                if said.kind == "practice_said"
            ]
        )
        == 3
    )


async def test_only_answers_to_forms_are_kept_by_browsers(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, "help", text="Please call")
    wrong = await ask(phone, path, "help", text="")
    assert [each.headers["Cache-Control"] for each in (question, wrong)] == ["private, no-cache"] * 2
    assert "Our team has your message" in await do(phone, path, "help", text="Hello")
    assert (await phone.get(path)).headers["Cache-Control"] == "no-store"
