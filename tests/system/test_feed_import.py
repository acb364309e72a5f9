"""A feed on its way in: the workflow asks, decides, queues and tells; on real servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk import feed_imports
from desk.problem import DeskProblem
from pharmacy.records import feed_progress
from tests.records.clinics import client, ndjson, patient
from tests.system.feeds import Feed as Watched
from tests.system.feeds import seen
from tests.system.harness import Practice, eventually


async def handed_in(practice: Practice, folder: Path, content: bytes, name: str = "feed.ndjson") -> int:
    path = folder / name
    path.write_bytes(content)
    return (await feed_imports.hand_in(practice.desk, practice.id, path, name, "ana")).number


async def test_dp6_the_first_feed_that_is_in_records_that_data_are_received(practice: Practice, tmp_path: Path) -> None:
    await practice.start()
    await practice.register()
    number = await handed_in(practice, tmp_path, ndjson([client(1), client(2), patient(1, 1)]))
    feed = await seen(practice, number, "done")
    assert (feed.new_clients, feed.new_patients) == (2, 1)
    shown = await practice.shown_when(lambda shown: shown.status == "complete")
    (fact,) = [fact for fact in shown.facts if fact.name == "data_received"]
    assert fact.data == {"clients": 2, "patients": 1} and fact.by == "feed 1"
    await practice.shown_when(lambda shown: ("data_received", "sent") in [(m.kind, m.state) for m in shown.mails])


async def test_feeds_are_brought_in_one_after_the_other(practice: Practice, tmp_path: Path) -> None:
    await practice.start()
    numbers = []
    for version in range(4):
        rows = [client(1, email=f"v{version}@mail.example"), client(2), patient(1, 1)]
        numbers.append(await handed_in(practice, tmp_path, ndjson(rows), f"{version}.ndjson"))
    assert numbers == [1, 2, 3, 4]
    feeds = [await seen(practice, number, "done", "refused") for number in numbers]
    assert [feed.state for feed in feeds] == ["done"] * 4
    assert [feed.updated_clients for feed in feeds] == [0, 1, 1, 1]


async def test_a_suspicious_feed_waits_for_a_person(practice: Practice, tmp_path: Path) -> None:
    await practice.start()
    pets = [patient(number, 1) for number in range(5)]
    await handed_in(practice, tmp_path, ndjson([client(1), *pets]), "first.ndjson")
    dead = [{**pet, "deceased": True} for pet in pets]
    two = await handed_in(practice, tmp_path, ndjson([client(1), *dead]), "two.ndjson")
    asking = await seen(practice, two, "asking")
    assert asking.why == "It marks 5 of 5 patients as deceased."
    three = await handed_in(practice, tmp_path, ndjson([client(1), client(2), *pets]), "three.ndjson")
    waiting = await feed_progress.load_feed(practice.desk.database, practice.id, three)
    assert (waiting.state, waiting.waits_for) == ("received", two)
    assert waiting.in_words == "Feed 3 waits until a person has decided about feed 2"
    with pytest.raises(DeskProblem, match="Feed 3 does not wait for a decision"):
        await feed_imports.decide(practice.desk, practice.id, three, True, "bo", "Too early")
    await feed_imports.decide(practice.desk, practice.id, two, False, "bo", "A slip in the export")
    assert (await seen(practice, two, "refused")).decided_why == "A slip in the export"
    assert (await seen(practice, three, "done")).new_clients == 1
    with pytest.raises(DeskProblem, match="does not wait"):
        await feed_imports.decide(practice.desk, practice.id, two, True, "bo", "Changed my mind")


async def test_dp10_the_watch_hears_of_feeds_and_of_what_changed_in_them(feed: Watched, tmp_path: Path) -> None:
    await feed.connect()
    rows = ndjson([client(1), patient(1, 1)])
    await handed_in(feed.practice, tmp_path, rows)
    first = await eventually(feed.look, lambda watch: watch.feed_at is not None)
    assert first.changed_at and (first.clients, first.patients) == (1, 1)
    # A practice in which nothing happens exports the very same file again: that is no silence.
    await handed_in(feed.practice, tmp_path, rows)
    again = await eventually(feed.look, lambda watch: watch.feed_at != first.feed_at)
    assert again.changed_at == first.changed_at
    await handed_in(feed.practice, tmp_path, rows + b"\n")
    same_rows = await eventually(feed.look, lambda watch: watch.feed_at != again.feed_at)
    assert same_rows.changed_at == first.changed_at


async def test_a_feed_that_is_none_is_refused_in_a_sentence(practice: Practice, tmp_path: Path) -> None:
    await practice.start()
    number = await handed_in(practice, tmp_path, b"town,size\nPeoria,3\n", "clients.csv")
    feed = await seen(practice, number, "refused")
    assert feed.why == "clients.csv needs a column id, and one of name, given_name, surname; found were: town, size."


async def test_nobodys_feed_is_refused_at_once(practice: Practice, tmp_path: Path) -> None:
    with pytest.raises(DeskProblem, match="There is no practice"):
        await handed_in(practice, tmp_path, ndjson([client(1)]))
