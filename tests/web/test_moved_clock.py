"""After time travel a practice's pages tell its own time, and count from it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.system.feeds import Feed
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, form_on, text_of

MOVED = "This practice's clock was moved ahead and shows"


@pytest.fixture
async def watched(practice: Practice) -> AsyncIterator[Feed]:
    feed = Feed(practice)
    yield feed
    await feed.handle.terminate("the test is over")


async def test_an_onboarding(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    page = f"/onboardings/{practice.identity}"
    assert MOVED not in text_of((await specialist.get(page)).text)
    await practice.forward(timedelta(hours=50))
    said = text_of((await specialist.get(page)).text)
    assert MOVED in said
    assert "Since 2 days ago" in said and "Due 2 hours ago" in said, said


async def test_a_call_is_logged_by_the_clock_that_the_conversation_shows(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    await practice.forward(timedelta(hours=50))
    await practice.record("queued")
    await practice.mailbox.wait_for(practice.contact)
    page = f"/practices/{practice.id}/conversation"
    call = {"direction": "incoming", "name": "Dana Reyes", "said": "Have you our data?"}
    answer = await specialist.submit(page, call, f"/practices/{practice.id}/conversation/calls")
    said = text_of(answer.text)
    assert MOVED in said
    listed = said.partition("Mails to colleagues")[2]
    assert 0 < listed.index("Dana Reyes called us") < listed.index("is in DataPoint's queue"), "the latest first"
    [*times] = re.findall(r'<time datetime="([^"]+)"', answer.text.partition('id="items"')[2])
    assert all(datetime.fromisoformat(each) - datetime.now(UTC) > timedelta(hours=49) for each in times), times
    mails = (await specialist.get(f"/onboardings/{practice.identity}")).text.partition('id="mails"')[2]
    assert re.findall(r'<time datetime="([^"]+)"', mails.partition("</section>")[0])[0] in times, "said alike there"


async def test_a_line_of_the_board_counts_from_no_clock_that_is_not_its_own(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    await practice.forward(timedelta(hours=10))
    await practice.record("queued")
    due_at = (await practice.show()).due_at
    assert due_at
    day = due_at.astimezone(ZoneInfo("America/Chicago"))

    async def board() -> str:
        return text_of((await specialist.get(f"/?q={practice.id}")).text)

    said = await eventually(board, lambda said: "Invitation" in said.partition("Assigned to")[2])
    assert f"due {day:%a} {day.day} {day:%b}" in said and "due in" not in said, said


async def test_a_watched_feed(watched: Feed, specialist: Browser) -> None:
    await watched.begin()
    await watched.beat()
    await watched.listed("flowing")
    page = f"/practices/{watched.practice.id}/data"

    async def shown() -> str:
        return text_of((await specialist.get(page)).text)

    said = await eventually(shown, lambda said: "Agent last seen now" in said)
    assert MOVED not in said, said
    await watched.forward(timedelta(hours=10))
    said = text_of((await specialist.get(page)).text)
    assert said.count(MOVED) == 1 and "Agent last seen 10 hours ago" in said, said
    assert "All times on this page follow it." in said
    action = f"/data/feeds/{watched.practice.id}"
    form = form_on((await specialist.get(page)).text, action)
    file = {"file": ("clients.csv", b"client_id,name\nC1,Jo Bell\n")}
    await specialist.client.post(action, data=form, files=file)
    await eventually(shown, lambda said: "follow it, except those of feeds that do not say when they were" in said)
