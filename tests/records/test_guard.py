"""What stops a feed: an older one, an empty one, another practice's; and what asks a person first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.records import feed_progress, feeds
from tests.records.clinics import FIRST, Clinic, client, ndjson, patient


async def test_a_feed_older_than_the_last_is_refused(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), made_at=FIRST.isoformat())
    old = await riverside.import_rows(client(2), made_at=(FIRST - timedelta(hours=1)).isoformat())
    assert old.state == "refused"
    assert old.why == (
        "The feed was made at 2026-11-01 11:00 UTC, and one made at 2026-11-01 12:00 UTC is in: "
        "an older one would undo what is newer."
    )
    assert [row["id"] for row in await riverside.rows("SELECT id FROM clients")] == ["C1"]


async def test_a_feed_from_the_future_does_not_stop_those_after_it(riverside: Clinic) -> None:
    first = await riverside.import_rows(client(1), made_at="2999-01-01T12:00:00+00:00")
    assert first.state == "done"
    assert "still to come: look at its clock" in first.notes[0]
    assert first.made_at == first.received_at
    assert (await riverside.import_rows(client(1), client(2), made_at=datetime.now(UTC).isoformat())).state == "done"


async def test_an_empty_feed_is_refused_and_one_without_changes_is_not(riverside: Clinic) -> None:
    assert (await riverside.import_rows()).why == (
        "The feed is empty: it has neither a client nor a patient. Look whether the export ran."
    )
    assert (await riverside.import_rows(scope="changes")).state == "done"


async def test_a_feed_of_another_practice_is_refused(riverside: Clinic) -> None:
    feed = await riverside.import_rows(client(1), practice="hilltop")
    assert (feed.state, feed.why) == ("refused", "The feed says that it is of the practice hilltop, not of riverside.")


async def test_a_refused_feed_may_be_sent_again(riverside: Clinic) -> None:
    first = await riverside.receive(ndjson([]))
    await riverside.import_feed(first)
    assert await riverside.receive(ndjson([])) == first + 1


async def test_a_file_whose_name_is_no_text_is_taken(riverside: Clinic) -> None:
    number = await riverside.receive(ndjson([client(1)]), "caf\udce9.ndjson")
    assert (await feed_progress.load_feed(riverside.engine, "riverside", number)).name == "caf?.ndjson"


async def test_a_practice_that_nobody_knows_is_refused(riverside: Clinic) -> None:
    stranger = Clinic(riverside.engine, "stranger", riverside.folder)
    with pytest.raises(InvalidFeed, match="There is no practice stranger"):
        await stranger.receive(ndjson([client(1)]))


@pytest.mark.parametrize(("dead", "asks"), [(1, False), (2, True)])
async def test_more_than_a_tenth_deceased_asks(riverside: Clinic, dead: int, asks: bool) -> None:
    pets = [patient(number, 1) for number in range(10)]
    await riverside.import_rows(client(1), *pets)
    feed = await riverside.import_rows(
        client(1), *[{**pet, "deceased": number < dead} for number, pet in enumerate(pets)]
    )
    assert feed.state == ("asking" if asks else "done")
    if asks:
        assert feed.why == "It marks 2 of 10 patients as deceased."
        assert await riverside.rows("SELECT id FROM patients WHERE deceased") == []


@pytest.mark.parametrize(("left", "asks"), [(2, True), (3, False)])
async def test_half_of_the_clients_dropped_asks(riverside: Clinic, left: int, asks: bool) -> None:
    await riverside.import_rows(*[client(number) for number in range(4)])
    feed = await riverside.import_rows(*[client(number) for number in range(left)], note="fewer")
    assert (feed.state, feed.missing) == ("asking" if asks else "done", 4 - left)
    changes = await riverside.import_rows(client(1, email="n@mail.example"), scope="changes")
    assert (changes.state, changes.missing) == ("done", 0)


async def test_kilograms_that_are_pounds_ask(riverside: Clinic) -> None:
    pets = [patient(number, 1) for number in range(8)]
    await riverside.import_rows(client(1), *pets)
    feed = await riverside.import_rows(client(1), *[{**pet, "weight_kg": 27.56} for pet in pets])
    assert feed.why == "The weights of 8 patients change by the factor from kilograms to pounds."


async def test_mostly_rubbish_asks(riverside: Clinic) -> None:
    feed = await riverside.import_rows(client(1), *[{"kind": "client", "id": ""}] * 3)
    assert (feed.state, feed.why) == ("asking", "3 of its 4 rows are not valid and were set aside.")


async def test_what_a_person_lets_in_comes_in_and_what_they_refuse_does_not(riverside: Clinic) -> None:
    await riverside.import_rows(*[client(number) for number in range(4)])
    one = await riverside.import_rows(client(1, email="one@mail.example"))
    await feeds.approve_feed(riverside.engine, "riverside", one.number, "ana", "They sold a branch")
    await riverside.import_feed(one.number)
    feed = await feed_progress.load_feed(riverside.engine, "riverside", one.number)
    assert (feed.state, feed.decided_by, feed.decided_why) == ("done", "ana", "They sold a branch")
    assert await riverside.value("client", "C1", "email") == "one@mail.example"
    two = await riverside.import_rows(client(1, email="two@mail.example"))
    await feeds.refuse_feed(riverside.engine, "riverside", two.number, "A broken export", "ana")
    await riverside.import_feed(two.number)
    feed = await feed_progress.load_feed(riverside.engine, "riverside", two.number)
    assert (feed.state, feed.decided_why) == ("refused", "A broken export")
    assert await riverside.value("client", "C1", "email") == "one@mail.example"
    assert await riverside.rows("SELECT * FROM staged_clients") == []


async def test_bad_rows_are_set_aside_with_their_reasons_and_the_rest_goes_in(riverside: Clinic) -> None:
    feed = await riverside.import_rows(
        client(1),
        client(2, email="nobody"),
        client(1, surname="Again"),
        patient(1, 1),
        patient(2, 7),
        patient(3, 1, weight_kg=44, species="cat", birth_date="2031-01-01"),
    )
    assert (feed.state, feed.new_clients, feed.new_patients) == ("done", 2, 2)
    assert (feed.set_aside, feed.values_set_aside) == (2, 3)
    found = await feed_progress.list_rejections(riverside.engine, "riverside", feed.number)
    assert [(each.line, each.id, each.field, each.reason) for each in found] == [
        (3, "C2", "email", "email is not an e-mail address: the value is left out."),
        (4, "C1", "", "The same id is in an earlier row, which was imported."),
        (6, "P2", "", "Its client C7 is neither in the feed nor known, or was set aside."),
        (7, "P3", "birth_date", "birth_date lies in the future: the value is left out."),
        (7, "P3", "weight_kg", "weight_kg is more than any cat weighs (is the unit right?): the value is left out."),
    ]
    assert await riverside.value("patient", "P3", "weight_grams") is None
