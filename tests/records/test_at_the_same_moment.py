"""Two who work on the same rows or the same feed at the same moment: nothing of either is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records import difference_queries, differences, staging
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.editing import lock_value, write_value
from pharmacy.records.errors import RecordsError
from pharmacy.records.feeds import ImportTakenOver, feed_file
from pharmacy.records.update_rules import rule
from tests.records.clinics import Clinic, client, ndjson, no_heartbeat, patient
from tests.store.locks import somebody_waits


async def test_dp13_what_an_owner_changes_while_a_feed_comes_in_stays(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), patient(1, 1))
    number = await riverside.receive(ndjson([client(1, phone="555-0199"), patient(1, 1)]))
    own = {"email": "own@mail.example"}
    async with clinic_transaction(riverside.engine, "riverside") as connection:
        await write_value(connection, "riverside", rule("client", "email"), "C1", own, "owner", "owner", None)
        coming = asyncio.create_task(riverside.import_feed(number))
        await somebody_waits(riverside.engine)
    await coming
    assert await riverside.value("client", "C1", "email") == "own@mail.example"
    assert await riverside.differences() == [("C1", "email", "kept"), ("C1", "phone", "open")]


async def test_dp13_an_owner_and_staff_who_decide_at_once_do_not_lock_each_other_out(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), patient(1, 1))
    await riverside.import_rows(client(1, phone="555-0199"), patient(1, 1))
    (found,) = await difference_queries.open_differences(riverside.engine, "riverside")
    phone = rule("client", "phone")
    async with clinic_transaction(riverside.engine, "riverside") as connection:
        await lock_value(connection, "riverside", phone, "C1")
        taking = asyncio.create_task(
            differences.take_theirs(riverside.engine, "riverside", found.number, "ana", "By phone")
        )
        await somebody_waits(riverside.engine)
        await write_value(connection, "riverside", phone, "C1", {"phone": "555-0177"}, "owner", "owner", None)
    with pytest.raises(RecordsError, match="does not wait any longer: it was settled by owner"):
        await taking
    assert await riverside.value("client", "C1", "phone") == "555-0177"


async def test_who_was_overtaken_does_not_begin_a_feed_anew(riverside: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await riverside.receive(ndjson([client(1), patient(1, 1)]))

    @asynccontextmanager
    async def slowly(engine: AsyncEngine, practice: str, feed: int) -> AsyncIterator[Path]:
        async with feed_file(engine, practice, feed) as path:
            monkeypatch.setattr(staging, "feed_file", feed_file)
            await riverside.import_feed(number)
            yield path

    monkeypatch.setattr(staging, "feed_file", slowly)
    with pytest.raises(ImportTakenOver):
        await staging.stage_feed(riverside.engine, "riverside", number, no_heartbeat)
    (feed,) = await riverside.rows("SELECT state FROM feeds")
    assert feed["state"] == "done"
