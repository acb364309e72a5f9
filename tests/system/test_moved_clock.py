"""After time travel, the time that is told is that of the practice's own clock, not of its last step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from desk.explain import explain
from desk.feed_status import load_feed, now_of
from desk.service import Desk
from tests.system.feeds import Feed
from tests.system.harness import Practice

DEADLINE_AND_TWO_HOURS = timedelta(hours=50)


def with_time_travel(desk: Desk) -> Desk:
    return replace(desk, settings=desk.settings.model_copy(update={"development": True}))


async def test_how_long_it_is_overdue_counts_to_the_moved_clock(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.forward(DEADLINE_AND_TWO_HOURS)
    seen = await practice.show()
    assert seen.due_at and seen.now - seen.due_at >= timedelta(hours=2)
    assert any("has been overdue for 2 hours" in sentence for sentence in explain(seen)), explain(seen)


async def test_a_clock_that_was_moved_past_nothing_is_known_too(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    before = datetime.now(UTC)
    await practice.forward(timedelta(hours=10))
    desk = with_time_travel(practice.desk)
    assert (await desk.show(practice.identity)).now - before >= timedelta(hours=10)


async def test_a_watched_feed_tells_the_time_of_its_own_clock(feed: Feed) -> None:
    await feed.begin()
    await feed.beat()
    await feed.listed("flowing")
    before = datetime.now(UTC)
    await feed.forward(timedelta(hours=10))
    desk = with_time_travel(feed.practice.desk)
    now = await now_of(desk, (await load_feed(desk, feed.practice.id)).feed)
    assert timedelta(hours=10) <= now - before < timedelta(hours=11)
