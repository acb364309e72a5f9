"""After time travel a practice's pages tell its own time, and count from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.system.feeds import Feed
from tests.system.world import Practice
from tests.web.browser import Browser, text_of

MOVED = "The clock of this practice was moved: it is there"


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


async def test_a_watched_feed(watched: Feed, specialist: Browser) -> None:
    await watched.begin()
    await watched.beat()
    await watched.listed("flowing")
    page = f"/practices/{watched.practice.id}/data"
    said = text_of((await specialist.get(page)).text)
    assert MOVED not in said and "Agent last seen now" in said, said
    await watched.forward(timedelta(hours=10))
    said = text_of((await specialist.get(page)).text)
    assert MOVED in said and "Agent last seen 10 hours ago" in said, said
