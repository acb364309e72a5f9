"""Handing over: to colleagues alone, who are told by one mail; taken back as one act; and who stands in for whom."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx2
import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy.ext.asyncio import AsyncEngine

from desk.service import Desk
from playbooks.engine.transition import Refused
from store.accounts import accounts
from store.accounts.problem import AccountProblem
from tests.system.conftest import replay
from tests.system.harness import Mailbox, Practice, eventually
from tests.web.browser import Browser, SignedIn, form_on, next_number, text_of
from tests.web.looking import TWO_WINDOWS, look
from tests.web.test_console_start_many import ended, give

TABLE = "id,name,time_zone,country,state,contact_name,contact_email,assignee"


@pytest.fixture
async def three(desk: Desk, mailbox: tuple[Mailbox, int], specialist: Browser) -> AsyncIterator[list[Practice]]:
    """Three practices on the board, all of the specialist; the last of nobody."""
    practices = [Practice(desk, mailbox[0], f"hand-{next_number()}") for _ in range(3)]
    for one in practices:
        mine = None if one is practices[-1] else specialist.handle
        await desk.start("datapoint", one.request().model_copy(update={"assignee": mine}), specialist.handle)

    async def board() -> str:
        return (await specialist.get("/?q=hand-&status=all")).text

    await eventually(board, lambda html: all(f'value="{one.identity}"' in html for one in practices))
    yield practices
    for one in practices:
        await replay(desk.client, one.identity, None)


async def assignees(practices: list[Practice]) -> list[str | None]:
    return [(await one.show()).assignee for one in practices]


async def hand_over(browser: Browser, practices: list[Practice], to: str) -> httpx2.Response:
    page = (await browser.get("/bulk?" + urlencode([("id", one.identity) for one in practices]))).text
    action = "/bulk/commands/reassign"
    data = {**form_on(page, action), "id": [one.identity for one in practices], "assignee": to, "why": "Holidays"}
    first, second = await asyncio.gather(*(browser.client.post(action, data=data) for _ in range(2)))
    assert first.text.count("<tr data-row>") == second.text.count("<tr data-row>"), "a double click acts once"
    return first


async def test_who_gets_a_started_onboarding_is_told_of_an_assignment(
    specialist: Browser, signed_in: SignedIn, desk: Desk, mailbox: tuple[Mailbox, int]
) -> None:
    other = await signed_in("specialist")

    async def start(assignee: str) -> str:
        number = next_number()
        given = {
            "playbook": "datapoint",
            "name": f"Gift Vets {number}",
            "time_zone": "America/Chicago",
            "country": "US",
        }
        given |= {"state": "IL", "contact_name": "Dana Reyes", "contact_email": f"dana@gift-{number}.test"}
        answer = await specialist.submit("/start", {**given, "assignee": assignee}, "/start", follow_redirects=False)
        return answer.headers["location"].removeprefix("/onboardings/")

    own, given = await start(specialist.handle), await start(other.handle)
    [letter] = await mailbox[0].wait_for(f"{other.handle}@pharmacy.test")
    name = given.partition("/")[2].replace("-", " ").title()
    assert str(letter["Subject"]) == f"{specialist.handle.title()} started {name} for you"
    body = letter.get_body(("plain",))
    assert body is not None and "assigned it to you" in body.get_content() and given in body.get_content()
    for page in (await other.get(f"/onboardings/{given}"), await specialist.get("/account")):
        assert "/hand-overs/" not in page.text, "nobody handed anything over"
    for identity in (own, given):
        await replay(desk.client, identity, None)


async def test_a_table_tells_each_colleague_once_of_all_their_practices(
    specialist: Browser, signed_in: SignedIn, mailbox: tuple[Mailbox, int]
) -> None:
    other, number = await signed_in("specialist"), next_number()
    rows = [
        f"told{number}-{word},{word} {number},America/Chicago,US,IL,Jo,jo@{word}-{number}.test,{handle}"
        for word, handle in (("elm", other.handle), ("oak", specialist.handle), ("fir", other.handle), ("ash", ""))
    ]
    await ended(specialist, str((await give(specialist, "\n".join((TABLE, *rows)).encode())).url))
    [letter] = await mailbox[0].wait_for(f"{other.handle}@pharmacy.test")
    body = letter.get_body(("plain",))
    assert str(letter["Subject"]) == f"{specialist.handle.title()} started 2 onboardings for you"
    assert body is not None and set(re.findall(rf"told{number}-(\w+)", body.get_content())) == {"elm", "fir"}
    assert not mailbox[0].to(f"{specialist.handle}@pharmacy.test")


def place_of(page: str) -> str:
    found = re.search(r'href="(/hand-overs/\w+)"', page)
    assert found is not None
    return found[1]


async def test_one_mail_for_many_and_all_taken_back(
    specialist: Browser, signed_in: SignedIn, three: list[Practice], mailbox: tuple[Mailbox, int]
) -> None:
    other, third = await signed_in("specialist"), await signed_in("specialist")
    answer = await hand_over(specialist, three, other.handle)
    assert await assignees(three) == [other.handle] * 3
    twice = text_of((await hand_over(specialist, three[:1], other.handle)).text)
    assert f"Practice {three[0].id} is assigned to {other.name} already." in twice

    async def mine() -> str:
        return (await specialist.get("/?assignee=me")).text

    empty = await eventually(mine, lambda html: "No onboarding matches these filters." in html)
    for shown in (empty, (await specialist.get("/account")).text):
        assert f"You handed 3 onboardings over to {other.name}" in text_of(shown)
        assert place_of(shown) == place_of(answer.text)
    receiver = f"{other.handle}@pharmacy.test"
    [letter] = await mailbox[0].wait_for(receiver)
    body = letter.get_body(("plain",))
    assert body is not None
    assert f"{specialist.handle.title()} handed 3 onboardings over to you" in str(letter["Subject"])
    assert "Holidays" in body.get_content() and all(one.identity in body.get_content() for one in three)
    await three[1].command("reassign", assignee=third.handle)
    place = place_of(answer.text)
    page = (await other.get(place)).text
    assert f"before: {specialist.handle.title()}" in text_of(page) and "before: nobody" in text_of(page)
    taken_back = await specialist.submit(place, {"why": "The wrong person"}, f"{place}/back")
    said = text_of(taken_back.text)
    assert "2 of 3 taken back" in said
    assert f"Practice {three[1].id} It is now assigned to {third.name}." in said
    assert f"Taken back from {other.name}; assigned to {specialist.handle.title()}." in said
    assert await assignees(three) == [specialist.handle, third.handle, None]
    [_, letter] = await mailbox[0].wait_for(receiver, 2)
    assert "took 2 onboardings back from you" in str(letter["Subject"])
    form = {"csrf": await specialist.token(), "why": "Once more"}
    again = text_of((await specialist.client.post(f"{place}/back", data=form)).text)
    assert f"{specialist.name} has already taken this hand-over back" in again
    assert "Taken back by" in again


async def test_a_single_one_is_handed_over_and_taken_back(
    chromium: Chromium, specialist: Browser, signed_in: SignedIn, three: list[Practice], mailbox: tuple[Mailbox, int]
) -> None:
    other, one = await signed_in("specialist"), three[0]
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        await seen.go(f"/onboardings/{one.identity}/commands/reassign")
        await expect(seen.page.get_by_label("Colleague")).to_be_focused()
        await seen.check()
        await seen.page.get_by_label("Colleague").select_option(other.handle)
        await seen.page.get_by_label("Why").fill("She knows them")
        await seen.page.get_by_role("button", name="Hand over").click()
        await expect(seen.page.get_by_text(f"{other.handle} gets a mail.")).to_be_visible()
        await seen.page.get_by_role("link", name="See it or take it back").click()
        await seen.check()
        await seen.page.get_by_label("Why").fill("The wrong person")
        await seen.page.get_by_role("button", name="Take it back").click()
        await expect(seen.page.get_by_role("heading", name="1 of 1 taken back")).to_be_visible()
        await seen.check()
    assert (await one.show()).assignee == specialist.handle
    assert len(await mailbox[0].wait_for(f"{other.handle}@pharmacy.test", 2)) == 2


async def test_unknown_colleagues_are_refused_everywhere(
    specialist: Browser, admin: Browser, three: list[Practice], api: httpx2.AsyncClient, database: AsyncEngine
) -> None:
    one, gone = three[0], f"gone-{next_number()}"
    async with await Browser.of_new_person(admin.address, database, "specialist", gone, name="Gus Moran"):
        await accounts.set_active(database, gone, False, admin.handle)
    meant = f"There is no colleague '{specialist.handle}x'; did you mean {specialist.handle}"
    for wrong, why in (
        (f"{specialist.handle}x", meant),
        ("nobody at all, truly", "There is no colleague 'nobody at all, truly'; choose one of "),
        (gone, f"Gus Moran ({gone}) is deactivated"),
    ):
        path = f"/onboardings/{one.identity}/commands/reassign"
        answer = await specialist.submit(path, {"assignee": wrong, "why": "x"}, path)
        assert (answer.status_code, why in text_of(answer.text)) == (422, True), text_of(answer.text)
        assert why in text_of((await hand_over(specialist, three, wrong)).text)
        answer = await api.post(f"/api{path}", json={"assignee": wrong, "why": "x"})
        assert answer.status_code == 409 or answer.status_code == 422
        assert why in answer.json()["detail"]
        file = one.request().model_dump(mode="json", exclude_none=True)
        file["practice"]["id"], file["assignee"], file["playbook"] = f"{one.id}-x", wrong, "datapoint"
        answer = await api.post("/api/onboardings", json=file)
        assert why in answer.json()["detail"]
        with pytest.raises(Refused, match=re.escape(why)):
            await one.command("reassign", assignee=wrong)
    assert await assignees(three) == [specialist.handle, specialist.handle, None]
    with pytest.raises(AccountProblem, match="There is nobody with the handle"):
        until = datetime.now(UTC) + timedelta(days=3)
        await accounts.set_absence(database, specialist.handle, until, "nobody", specialist.handle)
    with pytest.raises(AccountProblem, match="Gus Moran is deactivated"):
        await accounts.set_absence(database, specialist.handle, until, gone, specialist.handle)


async def test_a_handle_is_taken_in_any_case(specialist: Browser, signed_in: SignedIn, three: list[Practice]) -> None:
    other = await signed_in("specialist")
    await three[0].command("reassign", assignee=f" {other.handle.upper()} ")
    assert (await three[0].show()).assignee == other.handle


async def test_the_board_says_for_whom_one_stands_in(
    chromium: Chromium, specialist: Browser, signed_in: SignedIn, three: list[Practice], database: AsyncEngine
) -> None:
    deputy = await signed_in("specialist")
    assert "You cover for" not in (await deputy.get("/")).text
    until = datetime.now(UTC) + timedelta(days=3)
    await accounts.set_absence(database, specialist.handle, until, deputy.handle, specialist.handle)
    async with look(chromium, deputy, windows=TWO_WINDOWS) as seen:
        await seen.go("/")
        notice = seen.page.get_by_text(f"You cover for {specialist.handle.title()} until")
        await expect(notice).to_contain_text("2 open onboardings")
        await seen.check()
        await notice.get_by_role("link", name="2 open onboardings").click()
        await expect(seen.page.get_by_role("link", name=f"Practice {three[0].id}").first).to_be_visible()
        await expect(seen.page.get_by_text(f"({deputy.handle} covers)").first).to_be_visible()
        await seen.check()
    assert "You cover for" not in (await specialist.get("/")).text
