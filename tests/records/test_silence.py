"""DP10: a practice whose feed waits with us is not silent; one that has sent nothing since may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from activities.feed_watch import FeedWatch
from configuration.settings import Settings
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.feed_tables import feeds
from tests.records.clinics import Clinic, client, ndjson, patient
from workflows.contracts import Silence


async def waiting(at: Clinic) -> int:
    silence = Silence(practice=at.id, since=datetime.now(UTC) - timedelta(days=5))
    return (await FeedWatch(at.engine, Settings()).evidence(silence)).waiting


async def test_dp10_a_feed_that_waits_with_us_is_no_silence(riverside: Clinic, hilltop: Clinic) -> None:
    pets = [patient(number, 1) for number in range(5)]
    await riverside.import_rows(client(1), *pets)
    assert await waiting(riverside) == 0
    number = await riverside.receive(ndjson([client(1), *({**pet, "deceased": True} for pet in pets)]))
    assert await waiting(riverside) == 1, "it has come"
    await riverside.import_feed(number)
    assert await waiting(riverside) == 1, "it asks a person"
    assert await waiting(hilltop) == 0
    async with clinic_transaction(riverside.engine, "riverside") as connection:
        await connection.execute(feeds.update().values(received_at=datetime.now(UTC) - timedelta(hours=73)))
    assert await waiting(riverside) == 0, "and since then nothing has come"
