"""Availability of the receiver, and how watched feeds are listed (DP10)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import get_args

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.onboarding import Entry
from playbooks.feed_watch.values import FeedRow
from store.inbox import availability
from store.journal import feed_status
from store.journal.tables import FEED_STATES, watched_feeds

NOW = datetime.now(UTC)
FEED = FeedRow(
    practice="riverside-vet",
    practice_name="Riverside Vet",
    run="run-1",
    state="flowing",
    since=NOW,
    agent_at=NOW,
    feed_at=None,
    changed_at=None,
    clients=None,
    patients=None,
    assignee="sam",
    reason=None,
    by=None,
    why=None,
    until=None,
    next_at=None,
    version=1,
)
LINE = Entry(
    number=1, kind="clock", name="began", text="The feed is watched", by="datapoint/x", at=NOW, recorded_at=NOW
)


async def heard(engine: AsyncEngine, *stretches: tuple[float, float]) -> None:
    """As if we had heard from so many hours ago to so many hours ago."""
    async with engine.begin() as connection:
        for begin, end in stretches:
            await connection.execute(
                text("INSERT INTO availability VALUES (:begin, :end)"),
                {"begin": NOW - timedelta(hours=begin), "end": NOW - timedelta(hours=end)},
            )


async def hours(engine: AsyncEngine, since: float = 1000) -> list[tuple[int, int]]:
    found = await availability.gaps(engine, NOW - timedelta(hours=since))
    return [tuple(round((NOW - at) / timedelta(hours=1)) for at in (gap.begin, gap.end)) for gap in found]  # type: ignore[misc]


def test_the_table_has_a_column_for_each_field_of_a_feed() -> None:
    columns = {column.name: column.nullable for column in watched_feeds.columns if column.name != "updated_at"}
    assert columns == {name: type(None) in get_args(field.annotation) for name, field in FeedRow.model_fields.items()}


async def test_nothing_is_a_gap_before_anybody_ever_spoke(engine: AsyncEngine) -> None:
    assert await hours(engine) == []


async def test_one_stretch_goes_on_while_any_number_of_processes_speak(engine: AsyncEngine) -> None:
    await asyncio.gather(*(availability.record_heartbeat(engine) for _ in range(8)))
    await availability.record_heartbeat(engine)
    assert await hours(engine) == []


async def test_a_gap_lasts_from_the_last_word_to_the_next_first_one(engine: AsyncEngine) -> None:
    await heard(engine, (200, 100), (96, 50), (49.95, 48))
    assert await hours(engine) == [(100, 96), (48, 0)], "three minutes are no gap, and the present one counts"
    await availability.record_heartbeat(engine)
    assert await hours(engine) == [(100, 96), (48, 0)]
    assert await hours(engine, since=90) == [(48, 0)]


async def test_stretches_of_several_machines_may_overlap(engine: AsyncEngine) -> None:
    await heard(engine, (200, 100), (150, 120), (100, -1))
    assert await hours(engine) == []


async def test_an_older_word_about_a_feed_never_overwrites_a_newer_one(engine: AsyncEngine) -> None:
    await feed_status.publish(engine, FEED.model_copy(update={"version": 3, "state": "quiet"}), [LINE])
    await feed_status.publish(engine, FEED.model_copy(update={"version": 2}), [LINE])
    [found] = await feed_status.listing(engine)
    assert (found.state, found.version) == ("quiet", 3)
    assert [line.name for line in await feed_status.story(engine, found)] == ["began"]
    again = FEED.model_copy(update={"run": "run-2", "version": 1})
    await feed_status.publish(engine, again, [])
    assert await feed_status.find(engine, "riverside-vet") == again, "a practice that came back begins anew"


async def test_those_that_need_a_person_are_listed_first(engine: AsyncEngine) -> None:
    for number, state in enumerate(FEED_STATES):
        await feed_status.publish(engine, FEED.model_copy(update={"practice": f"p-{number}", "state": state}), [])
    listed = [feed.state for feed in await feed_status.listing(engine)]
    assert set(listed[:2]) == {"silent", "reconnecting"}
    assert listed[-1] == "ended"
    assert await feed_status.counts(engine) == dict.fromkeys(FEED_STATES, 1)
    assert [feed.state for feed in await feed_status.listing(engine, states=["paused"])] == ["paused"]
